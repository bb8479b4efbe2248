"""Tickets, their messages, the files with them, and who follows along."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat

from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import tenant_wall
from mainstay.core.wall.models import TenantRow, one_of
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.support.tickets.rules import (
    ACTIVE,
    SUBJECT_LIMIT,
    Audience,
    MessageVisibility,
    Priority,
    Sender,
    Severity,
    Source,
    Status,
)

_QUEUE = Q(status__in=sorted(s.value for s in ACTIVE), audience=Audience.OPERATOR.value)


class Ticket(TenantRow):
    number = models.BigIntegerField(unique=True)
    """From the sequence `ticket_number`: one series per operator, gaps allowed."""
    requester = ForeignKey(Member)
    subject = models.CharField(max_length=SUBJECT_LIMIT)
    severity = models.CharField(max_length=2, default=Severity.P3.value)
    proposed_severity = models.CharField(max_length=2, null=True)
    priority = models.CharField(max_length=10, default=Priority.MEDIUM.value)
    category = models.CharField(max_length=40, blank=True)
    module = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=20, default=Status.OPEN.value)
    assignee = ForeignKey(Staff, null=True)
    handler = ForeignKey(Member, null=True)
    """Who at the customer works on it, while it is in the customer's own queue."""
    tier = models.SmallIntegerField(default=1)
    source = models.CharField(max_length=10)
    audience = models.CharField(max_length=10, default=Audience.OPERATOR.value)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    custom = models.JSONField(default=dict)
    language = models.CharField(max_length=10, default="en")
    context = models.JSONField(default=dict)
    is_reproducible = models.BooleanField(null=True)
    is_shared_with_tenant = models.BooleanField(default=False)
    is_platform_issue = models.BooleanField(default=False)
    """A portal user said that the product itself is at fault: the operator got it at once."""
    escalated_at = models.DateTimeField(null=True)
    """When the customer passed it on to the operator; its promises run from here."""
    external_ids = models.JSONField(default=dict)
    follow_up_of = ForeignKey("self", null=True)
    body_hash = models.CharField(max_length=64, blank=True)
    """Of the first message; finds a form that was sent twice."""
    opened_at = models.DateTimeField()
    """When the operator got it; a mail assigned from triage keeps its arrival."""
    first_response_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField()
    last_sender = models.CharField(max_length=10, default=Sender.CUSTOMER.value)
    message_count = models.PositiveIntegerField(default=0)
    next_due_at = models.DateTimeField(null=True)
    """The nearest running promise; the SLA room sets it, so that the queue is one indexed query."""
    updated_at = models.DateTimeField()

    wall = tenant_wall(staff_where="audience = 'operator'")

    class Meta:
        db_table = "ticket"
        constraints = [
            one_of("status", Status, "ck_ticket_status"),
            one_of("severity", Severity, "ck_ticket_severity"),
            one_of("priority", Priority, "ck_ticket_priority"),
            one_of("source", Source, "ck_ticket_source"),
            one_of("audience", Audience, "ck_ticket_audience"),
        ]
        indexes = [
            models.Index(fields=["next_due_at", "id"], name="ix_ticket_queue_due", condition=_QUEUE),
            models.Index(fields=["last_message_at", "id"], name="ix_ticket_queue_recent", condition=_QUEUE),
            models.Index(
                fields=["assignee", "next_due_at", "id"], name="ix_ticket_queue_assignee", condition=_QUEUE
            ),
            models.Index(
                fields=["next_due_at", "id"],
                name="ix_ticket_queue_unassigned",
                condition=_QUEUE & Q(assignee__isnull=True),
            ),
            models.Index(
                fields=["last_message_at", "id"],
                name="ix_ticket_queue_waiting",
                condition=Q(status=Status.WAITING.value, audience=Audience.OPERATOR.value),
            ),
            models.Index(
                fields=["next_due_at", "id"],
                name="ix_ticket_queue_proposed",
                condition=_QUEUE & Q(proposed_severity__isnull=False),
            ),
            models.Index(fields=["last_message_at", "id"], name="ix_ticket_recent"),
            models.Index(fields=["tenant", "last_message_at", "id"], name="ix_ticket_tenant_recent"),
            models.Index(fields=["opened_at", "id"], name="ix_ticket_opened"),
            models.Index(fields=["tenant", "opened_at", "id"], name="ix_ticket_tenant_opened"),
            models.Index(fields=["tenant", "requester", "last_message_at", "id"], name="ix_ticket_requester"),
            models.Index(fields=["tenant", "requester", "body_hash"], name="ix_ticket_same"),
            models.Index(
                fields=["tenant", "last_message_at", "id"],
                name="ix_ticket_tenants_own",
                condition=Q(audience=Audience.TENANT.value),
            ),
            models.Index(
                fields=["resolved_at", "id"],
                name="ix_ticket_to_close",
                condition=Q(status=Status.RESOLVED.value),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class Escalation(TenantRow):
    """That the customer passed a ticket on, and what it told the operator beside. Not for portal users."""

    ticket = ForeignKey(Ticket)
    member = ForeignKey(Member, null=True)
    """Null: a program of the customer's did it."""
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()

    wall = tenant_wall()

    class Meta:
        db_table = "ticket_escalation"
        indexes = [models.Index(fields=["tenant", "ticket", "created_at"], name="ix_escalation_ticket")]


class Message(TenantRow):
    ticket = ForeignKey(Ticket)
    sender = models.CharField(max_length=10)
    member = ForeignKey(Member, null=True)
    staff = ForeignKey(Staff, null=True)
    visibility = models.CharField(max_length=10, default=MessageVisibility.ALL.value)
    source = models.CharField(max_length=10)
    body = models.TextField(blank=True)
    """Markdown for what is written here; plain text for mail, whole, with its quotes."""
    body_format = models.CharField(max_length=10, default="markdown")
    body_html = models.TextField(blank=True)
    """The mail's own HTML as it came; sanitised when shown, never before."""
    is_automatic = models.BooleanField(default=False)
    marks = ArrayField(models.CharField(max_length=60), default=list)
    """What was odd about it when it was accepted (`subject_shortened`, `charset_guessed` …)."""
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)

    wall = tenant_wall(tenant_where="visibility <> 'operator'", staff_where="visibility <> 'tenant'")

    class Meta:
        db_table = "message"
        constraints = [
            one_of("visibility", MessageVisibility, "ck_message_visibility"),
            one_of("sender", Sender, "ck_message_sender"),
        ]
        indexes = [models.Index(fields=["tenant", "ticket", "created_at", "id"], name="ix_message_ticket")]


class MessageEdit(TenantRow):
    """What a message said before it was edited."""

    message = ForeignKey(Message)
    visibility = models.CharField(max_length=10)
    body = models.TextField()
    edited_by_kind = models.CharField(max_length=20)
    edited_by = models.UUIDField(null=True)
    edited_at = models.DateTimeField()

    wall = tenant_wall(
        tenant="select, insert",
        staff="select, insert",
        tenant_where="visibility <> 'operator'",
        staff_where="visibility <> 'tenant'",
    )

    class Meta:
        db_table = "message_edit"


class Attachment(TenantRow):
    """A file with a message. Until it is sent with one, `message` is null and only its uploader may use it."""

    message = ForeignKey(Message, null=True)
    visibility = models.CharField(max_length=10, default=MessageVisibility.ALL.value)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200)
    content_id = models.CharField(max_length=255, blank=True)
    is_inline = models.BooleanField(default=False)
    scan = models.CharField(max_length=10, default="unscanned")
    """`unscanned`, `clean` or `infected`: what the scan hook said."""
    uploaded_by_kind = models.CharField(max_length=20)
    uploaded_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    wall = tenant_wall(tenant_where="visibility <> 'operator'", staff_where="visibility <> 'tenant'")

    class Meta:
        db_table = "attachment"
        constraints = [
            # Files are outside of the database and its wall: a row cannot name one of another customer's.
            models.CheckConstraint(
                condition=Q(
                    storage_key__startswith=Concat(Cast("tenant_id", models.TextField()), Value("/"))
                ),
                name="ck_attachment_own_file",
            )
        ]
        indexes = [models.Index(fields=["storage_key"], name="ix_attachment_stored")]


class Follower(TenantRow):
    """A member whom the ticket is shared with, or a staff member who watches it; each gets its public replies."""

    ticket = ForeignKey(Ticket)
    member = ForeignKey(Member, null=True)
    staff = ForeignKey(Staff, null=True)
    created_at = models.DateTimeField()

    wall = tenant_wall(tenant="select, insert, update, delete")

    class Meta:
        db_table = "follower"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "ticket", "member"],
                name="uq_follower_member",
                condition=Q(member__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["tenant", "ticket", "staff"],
                name="uq_follower_staff",
                condition=Q(staff__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, staff__isnull=True)
                | Q(member__isnull=True, staff__isnull=False),
                name="ck_follower_one",
            ),
        ]
