"""Hours, promises, and the clocks that count them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from mainstay.core.ids import new_id
from mainstay.core.presets import FromPreset
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import Kind, Wall, shared_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow, one_of
from mainstay.people.tenants.models import Tenant
from mainstay.support.sla.rules import ClockKind
from mainstay.support.tickets.models import Ticket

_OPEN = Q(met_at__isnull=True, stopped_at__isnull=True)


class PolicyVersion(models.Model):
    """One row; its version is a new random id whenever a calendar, holiday or matrix changes.

    Every query that is about to use the promises reads it along, so the copies that processes keep in
    memory are never stale. No row: nothing is promised yet.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.UUIDField(default=new_id)
    changed_at = models.DateTimeField(db_default=Now())

    wall = shared_wall()

    class Meta:
        db_table = "sla_policy_version"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ck_sla_policy_version_one")]


class Calendar(FromPreset, Row):
    names = models.JSONField(default=dict)
    zone = models.CharField(max_length=64, blank=True)
    """Empty: the operator's."""
    weekly = models.JSONField(default=dict)
    """As the presets write it: {"monday": ["09:00-13:00", "14:00-18:00"]}."""
    country = models.CharField(max_length=10, blank=True)
    region = models.CharField(max_length=20, blank=True)
    """Where its public holidays were filled from."""

    wall = shared_wall()

    class Meta:
        db_table = "sla_calendar"


class Holiday(Row):
    """One date of a calendar on which other hours hold; no hours is closed all day."""

    calendar = ForeignKey(Calendar)
    on = models.DateField()
    hours = models.JSONField(default=list)
    """As in the presets: ["09:00-13:00"] for half a day."""
    names = models.JSONField(default=dict)
    is_public = models.BooleanField(default=False)
    """From the list of public holidays, as against a date that the operator wrote."""

    wall = shared_wall()

    class Meta:
        db_table = "sla_holiday"
        constraints = [models.UniqueConstraint(fields=["calendar", "on"], name="uq_sla_holiday")]


class Matrix(FromPreset, Row):
    version = models.PositiveIntegerField(default=1)
    names = models.JSONField(default=dict)
    rows = models.JSONField(default=dict)
    """As the presets write it: plan → severity → kind → promise."""
    is_live = models.BooleanField(default=False)

    wall = shared_wall()

    class Meta:
        db_table = "sla_matrix"
        constraints = [
            models.UniqueConstraint(fields=["is_live"], condition=Q(is_live=True), name="uq_sla_matrix_live")
        ]


class Clock(TenantRow):
    """One promise of one ticket; the columns are those of `rules.Clock`, which explains them."""

    ticket = ForeignKey(Ticket)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    calendar_key = models.CharField(max_length=40)
    amount = models.DurationField(null=True)
    is_goal = models.BooleanField(default=False)
    warn_percent = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    runs = ArrayField(models.DateTimeField(), default=list)
    """Since, until, since, until … of the runs that ended."""
    consumed = models.DurationField()
    running_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    is_warning_told = models.BooleanField(default=False)
    is_breach_told = models.BooleanField(default=False)
    """The watch recorded the event. An action may find a breach first, but leaves the telling to the watch:
    a customer's role cannot write what only the operator reads, and one teller tells once."""
    next_at = models.DateTimeField(null=True)
    """When the watch has something to do here; null: never again unless something changes."""

    wall = tenant_wall()

    class Meta:
        db_table = "sla_clock"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "ticket", "number"], name="uq_sla_clock_number"),
            one_of("kind", ClockKind, "ck_sla_clock_kind"),
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="ix_sla_clock_next", condition=Q(next_at__isnull=False)
            ),
            models.Index(fields=["tenant", "ticket"], name="ix_sla_clock_open", condition=_OPEN),
        ]


class Recomputation(models.Model):
    """Work for the worker: bring open clocks to the promises now in force, in batches.

    It goes through twice. The second pass, begun when every transaction that may have read the old promises
    is over, finds the tickets that were being opened during the first.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(Tenant, null=True)
    """Null: all customers'."""
    reason = models.CharField(max_length=40)
    requested_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    """When the next batch may run; null when done."""
    passes = models.PositiveSmallIntegerField(default=0)
    after_tenant_id = models.UUIDField(null=True)
    after_ticket_id = models.UUIDField(null=True)
    seen_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    wall = Wall(kind=Kind.STAFF_ONLY, tenant_optional=True, staff="select, insert, update, delete")

    class Meta:
        db_table = "sla_recomputation"
        indexes = [
            models.Index(
                fields=["next_at"], name="ix_sla_recomputation_next", condition=Q(next_at__isnull=False)
            )
        ]
