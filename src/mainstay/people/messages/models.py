"""What leaves by mail: every mail is one row that is outbox, queue and log at once. And what people are told
inside, with how each of them wants to hear of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from mainstay.core.events.types import Visibility
from mainstay.core.ids import new_id
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import operator_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow, one_of
from mainstay.people.messages.rules import Channel, DeliveryState, Rhythm
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member


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
    visibility = models.CharField(max_length=10, default=Visibility.ALL.value)
    """`tenant`: about a ticket of the customer's own queue; the operator carries it and does not read it."""
    is_secret = models.BooleanField(default=False)
    """Carries a link that signs somebody in: the text is wiped once sent, and not shown on pages."""
    state = models.CharField(max_length=12, default=DeliveryState.QUEUED.value)
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    wall = tenant_wall(
        tenant="insert", tenant_optional=True, doors_may_leave=True, staff_where="visibility <> 'tenant'"
    )

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
        granted_to=("app", "staff"),
    )
)
"""For the health endpoint, which asks as the doors role, and the page System: counts, and nothing of what they
are about."""


class NoticeFields(models.Model):
    """`next_at` is when somebody who has not read it by then is written to: soon, or with the next digest."""

    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.UUIDField(null=True)
    params = models.JSONField(default=dict)
    """What the kind's sentence is filled in with, in the reader's language, when it is read."""
    link = models.CharField(max_length=300, blank=True)
    """A path of ours."""
    cause = models.BigIntegerField(null=True)
    """The event that it tells of; one notice per kind, event and person."""
    channel = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Notice(NoticeFields, TenantRow):
    """To a member."""

    member = ForeignKey(Member)

    wall = tenant_wall(
        tenant="select, insert, update (read_at)", staff="select, insert, delete", tenant_own="member_id"
    )

    class Meta:
        db_table = "notice"
        constraints = [
            one_of("channel", Channel, "ck_notice_channel"),
            models.UniqueConstraint(
                fields=["tenant", "member", "kind", "cause"],
                name="uq_notice_cause",
                condition=Q(cause__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "member", "created_at", "id"], name="ix_notice_inbox"),
            models.Index(
                fields=["tenant", "member", "subject_id"],
                name="ix_notice_unread",
                condition=Q(read_at__isnull=True),
            ),
            models.Index(fields=["next_at", "id"], name="ix_notice_next", condition=Q(next_at__isnull=False)),
            models.Index(fields=["read_at"], name="ix_notice_read", condition=Q(read_at__isnull=False)),
        ]


class StaffNotice(NoticeFields, models.Model):
    """To a staff member. `tenant` is the customer it is about, if it is about one; customers' own actions may
    leave some here, and read none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    staff = ForeignKey(Staff)

    wall = tenant_wall(tenant="insert", tenant_optional=True)

    class Meta:
        db_table = "staff_notice"
        constraints = [
            one_of("channel", Channel, "ck_staff_notice_channel"),
            models.UniqueConstraint(
                fields=["tenant", "staff", "kind", "cause"],
                name="uq_staff_notice_cause",
                condition=Q(cause__isnull=False),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["staff", "created_at", "id"], name="ix_staff_notice_inbox"),
            models.Index(
                fields=["staff", "subject_id"],
                name="ix_staff_notice_unread",
                condition=Q(read_at__isnull=True),
            ),
            models.Index(
                fields=["next_at", "id"], name="ix_staff_notice_next", condition=Q(next_at__isnull=False)
            ),
            models.Index(fields=["read_at"], name="ix_staff_notice_read", condition=Q(read_at__isnull=False)),
        ]


class ChoiceFields(models.Model):
    choices = models.JSONField(default=dict)
    """Kind → channel, where it differs from the kind's default."""
    rhythm = models.CharField(max_length=10, default=Rhythm.DAILY.value)
    """Of the digest."""

    class Meta:
        abstract = True


class NoticeChoices(ChoiceFields, TenantRow):
    """How a member wants to hear of things."""

    member = ForeignKey(Member)

    wall = tenant_wall(tenant_own="member_id")

    class Meta:
        db_table = "notice_choices"
        constraints = [
            one_of("rhythm", Rhythm, "ck_notice_choices_rhythm"),
            models.UniqueConstraint(fields=["tenant", "member"], name="uq_notice_choices"),
        ]


class StaffNoticeChoices(ChoiceFields, Row):
    """How a staff member wants to hear of things."""

    staff = ForeignKey(Staff)

    wall = operator_wall()

    class Meta:
        db_table = "staff_notice_choices"
        constraints = [
            one_of("rhythm", Rhythm, "ck_staff_notice_choices_rhythm"),
            models.UniqueConstraint(fields=["staff"], name="uq_staff_notice_choices"),
        ]


_BOUND = "nullif(current_setting('mainstay.tenant', true), '')::uuid"
_FREE = "current_setting('role') ~ '_(staff|sweep)$'"

notice_people = lookup_function(
    LookupFunction(
        "notice_people(members uuid[], colleagues uuid[])",
        "TABLE (person_id uuid, tenant_id uuid, choices jsonb, rhythm text, zone text)",
        # What is put in are the two conditions above, no one's words.
        f"""
        SELECT m.id, m.tenant_id, coalesce(c.choices, '{{}}'), coalesce(c.rhythm, 'daily'),
               coalesce(nullif(m.zone, ''), t.zone)
        FROM member m JOIN tenant t ON t.id = m.tenant_id
        LEFT JOIN notice_choices c ON c.tenant_id = m.tenant_id AND c.member_id = m.id
        WHERE m.id = ANY(members) AND m.state <> 'suspended'
          AND (m.tenant_id = {_BOUND} OR ({_BOUND} IS NULL AND {_FREE}))
        UNION ALL
        SELECT s.id, NULL, coalesce(c.choices, '{{}}'), coalesce(c.rhythm, 'daily'), s.zone
        FROM staff s LEFT JOIN staff_notice_choices c ON c.staff_id = s.id
        WHERE s.id = ANY(colleagues) AND s.is_active
        """,  # noqa: S608
        granted_to=("tenant", "staff", "job", "sweep"),
    )
)
"""How people want to be told: asked by whoever tells them, who may not read it otherwise. A scope that is bound
to a customer learns of that customer's people and of staff."""

notice_staff = lookup_function(
    LookupFunction(
        "notice_staff(wanted text[])",
        "TABLE (staff_id uuid)",
        "SELECT id FROM staff WHERE is_active AND roles && wanted::varchar[] ORDER BY id",
        granted_to=("tenant", "staff", "job", "sweep"),
    )
)
"""Ids of active staff with one of the roles, also for customers' scopes, which may not read staff's roles."""
