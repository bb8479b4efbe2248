"""What leaves by mail: every mail is one row that is outbox, queue and log at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from mainstay.core.ids import new_id
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import operator_wall, tenant_wall
from mainstay.core.wall.models import Row, one_of
from mainstay.people.messages.rules import DeliveryState


class Delivery(models.Model):
    """One mail to one person. `tenant` is null for mails about no customer (sign-in links, staff notices)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    kind = models.CharField(max_length=60)
    """What it is about, dotted: `ticket.confirmation`, `access.sign_in_link` …"""
    cause = models.BigIntegerField(null=True)
    """The event that it answers; one mail per kind, event and address."""
    email = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    person_id = models.UUIDField(null=True)
    ticket_id = models.UUIDField(null=True)
    ticket_number = models.BigIntegerField(null=True)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=998)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    attachments = models.JSONField(default=list)
    """Of {filename, content_type, storage_key}."""
    is_automatic = models.BooleanField(default=True)
    is_secret = models.BooleanField(default=False)
    """Carries a link that signs somebody in: the text is wiped once sent, and not shown on pages."""
    state = models.CharField(max_length=12, default=DeliveryState.QUEUED.value)
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    wall = tenant_wall(tenant="insert", tenant_optional=True, doors_may_leave=True)

    class Meta:
        db_table = "delivery"
        constraints = [
            one_of("state", DeliveryState, "ck_delivery_state"),
            models.UniqueConstraint(
                fields=["tenant", "kind", "cause", "email"],
                name="uq_delivery_cause",
                condition=Q(cause__isnull=False),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="ix_delivery_next", condition=Q(next_at__isnull=False)),
            models.Index(fields=["created_at", "id"], name="ix_delivery_recent"),
            models.Index(fields=["email", "created_at"], name="ix_delivery_email"),
            models.Index(fields=["tenant", "ticket_id", "created_at"], name="ix_delivery_ticket"),
        ]


class Suppression(Row):
    """An address that is not written to any more: it bounced for good, or asked for it."""

    email = models.CharField(max_length=320, unique=True)
    reason = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField()

    wall = operator_wall()

    class Meta:
        db_table = "suppression"


mail_backlog = lookup_function(
    LookupFunction(
        "mail_backlog(moment timestamptz)",
        "TABLE (late bigint, refused bigint)",
        "SELECT count(*) FILTER (WHERE next_at < moment - interval '10 minutes'), "
        "count(*) FILTER (WHERE attempts > 0) FROM delivery WHERE next_at IS NOT NULL",
    )
)
"""For the health endpoint, which asks as the doors role: counts, and nothing of what they are about."""
