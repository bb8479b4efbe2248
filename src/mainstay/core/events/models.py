"""One append-only table is audit log, timeline, outbox and feed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Func

from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import Kind, Wall, plumbing_wall


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """The writing transaction's 64-bit id; read only as an opaque, ordered value."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(value)


class CurrentXid(Func):
    function = "pg_current_xact_id"
    output_field = Xid8Field()


class Event(models.Model):
    """Followed in the order of `(tx, n)`, below the snapshot's xmin: by id or time a reader loses events whose
    transaction commits late."""

    n = models.BigAutoField(primary_key=True)
    tx = Xid8Field(db_default=CurrentXid(), editable=False)
    at = models.DateTimeField()
    name = models.TextField()
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    visibility = models.TextField()
    data = models.JSONField(default=dict)
    door = models.TextField(default="")
    ip = models.GenericIPAddressField(null=True)
    request_id = models.TextField(default="")
    cause = models.BigIntegerField(null=True)
    depth = models.SmallIntegerField(default=0)

    wall = Wall(
        kind=Kind.TENANT,
        tenant_optional=True,
        tenant="select, insert",
        staff="select, insert",
        job="select, insert",
        tenant_where="visibility <> 'operator'",
        staff_where="visibility <> 'tenant'",
    )

    class Meta:
        db_table = "event"
        indexes = [
            models.Index(fields=["tx", "n"], name="ix_event_follow"),
            models.Index(fields=["subject_id", "n"], name="ix_event_subject"),
            models.Index(fields=["tenant", "n"], name="ix_event_tenant"),
            models.Index(
                fields=["actor_id", "n"],
                name="ix_event_actor",
                condition=models.Q(actor_id__isnull=False),
            ),
        ]


class Position(models.Model):
    """How far each follower has read."""

    follower = models.TextField(primary_key=True)
    tx = Xid8Field()
    n = models.BigIntegerField()
    top_n = models.BigIntegerField(default=0)
    """The highest `n` it ever passed: what lies above was not handled, whatever its `tx`."""
    cluster = models.TextField(default="")
    """Identity of the database cluster in which `tx` counts; another one after a restore (see `rebase.py`)."""
    moved_at = models.DateTimeField()

    wall = plumbing_wall(("sweep", "select, insert, update, delete"), ("staff", "select"))

    class Meta:
        db_table = "event_position"


class Handled(models.Model):
    """One handler's record of one event ahead of the position: makes a batch that died half-way safe to redo.

    Where the handler failed, `error` says how; the row then waits for `next_at`, or, with `given_up_at`, for
    somebody to look.
    """

    id = models.BigAutoField(primary_key=True)
    handler = models.TextField()
    event_n = models.BigIntegerField()
    at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    next_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    wall = plumbing_wall(
        ("job", "select, insert, update, delete"),
        ("sweep", "select, insert, update, delete"),
        ("staff", "select, insert, update, delete"),
    )

    class Meta:
        db_table = "event_handled"
        constraints = [models.UniqueConstraint(fields=["handler", "event_n"], name="uq_event_handled")]
        indexes = [
            models.Index(
                fields=["next_at"], name="ix_event_handled_next", condition=models.Q(next_at__isnull=False)
            ),
            models.Index(
                fields=["given_up_at"],
                name="ix_event_handled_given_up",
                condition=models.Q(given_up_at__isnull=False),
            ),
        ]
