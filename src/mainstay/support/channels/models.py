"""Mail as it came in, and which header ids belong to which ticket."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import operator_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow, one_of
from mainstay.support.channels.rules import MailState
from mainstay.support.tickets.models import Message, Ticket


class InboundMail(Row):
    """One mail over one door. It belongs to no customer; the ticket that it became does.

    The door writes envelope and raw mail and nothing else, before it answers 250; all the rest is filled in
    when it is taken in.
    """

    door = models.CharField(max_length=10)
    mailbox = models.CharField(max_length=320, blank=True)
    envelope_from = models.CharField(max_length=1000, blank=True)
    envelope_to = ArrayField(models.CharField(max_length=1000), default=list)
    peer = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, default=MailState.RECEIVED.value)
    kind = models.CharField(max_length=12, blank=True)
    """person, auto_reply, bounce, list, own, report."""
    reasons = ArrayField(models.CharField(max_length=200), default=list)
    marks = ArrayField(models.CharField(max_length=60), default=list)
    message_id = models.CharField(max_length=998, blank=True)
    dedupe_key = models.CharField(max_length=64, blank=True)
    from_email = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=998, blank=True)
    snippet = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    authentication = models.JSONField(default=dict)
    ticket_id = models.UUIDField(null=True)
    claimed_number = models.BigIntegerField(null=True)
    """The ticket it says it belongs to, where the sender was not one of its people."""
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    assigned_tenant_id = models.UUIDField(null=True)
    """What a person decided in triage; the next intake does it."""
    is_released = models.BooleanField(default=False)
    """A person let it in: caps and failed checks of the sender no longer hold it."""
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    wall = operator_wall(doors_may_leave=True)

    class Meta:
        db_table = "inbound_mail"
        constraints = [
            one_of("state", MailState, "ck_inbound_state"),
            models.UniqueConstraint(
                fields=["dedupe_key"],
                name="uq_inbound_dedupe",
                condition=~Q(dedupe_key="") & ~Q(state=MailState.DUPLICATE.value),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="ix_inbound_next", condition=Q(next_at__isnull=False)
            ),
            models.Index(fields=["state", "received_at", "id"], name="ix_inbound_state"),
            models.Index(fields=["from_email", "received_at"], name="ix_inbound_sender"),
            models.Index(fields=["ticket_id"], name="ix_inbound_ticket"),
        ]


class RawMail(Row):
    """The mail byte by byte. `id` is the InboundMail's."""

    content = models.BinaryField()
    received_at = models.DateTimeField()

    wall = operator_wall(doors_may_leave=True)

    class Meta:
        db_table = "raw_mail"
        indexes = [models.Index(fields=["received_at"], name="ix_raw_mail_age")]


class MailThread(TenantRow):
    """A Message-ID that was seen on, or sent from, a ticket: what a reply's References are held against."""

    ticket = ForeignKey(Ticket)
    message = ForeignKey(Message, null=True)
    header_id = models.CharField(max_length=998)
    created_at = models.DateTimeField()

    wall = tenant_wall(tenant="")

    class Meta:
        db_table = "mail_thread"
        indexes = [models.Index(fields=["header_id"], name="ix_mail_thread_header")]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "header_id", "ticket"], name="uq_mail_thread")
        ]
