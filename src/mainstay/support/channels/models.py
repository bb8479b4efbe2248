"""Mail as it came in, the mailboxes it came from, and which header ids belong to which ticket."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mainstay.core.secrets import SealedField
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import operator_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow, one_of
from mainstay.support.channels.rules import AfterFetch, ItemState, MailboxKind, MailState, Security
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


class Mailbox(Row):
    """Where mail is fetched from, or whose webhooks bring it; and how it is doing."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10)
    address = models.CharField(max_length=320)
    """The address people write to; copies of one mail are recognised within it."""
    is_enabled = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    """Grows with each change by a person: who serves the mailbox begins anew."""
    created_at = models.DateTimeField()

    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=10, default=Security.TLS.value)
    username = models.CharField(max_length=320, blank=True)
    password = SealedField(blank=True, default="")
    folder = models.CharField(max_length=255, default="INBOX")
    after_fetch = models.CharField(max_length=10, default=AfterFetch.LEAVE.value)
    move_to = models.CharField(max_length=255, blank=True)
    delete_after_days = models.PositiveSmallIntegerField(default=30)
    start_at = models.DateTimeField()
    """Mail that the server had got before stays unread by us."""

    provider = models.CharField(max_length=20, blank=True)
    secret = SealedField(blank=True, default="")
    """The key that the provider signs with."""
    token = SealedField(blank=True, default="")
    """The unguessable part of the webhook's address; looked up by its hash."""
    token_hash = models.CharField(max_length=64, blank=True)

    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    served_by = models.UUIDField(null=True)
    """Who fetches at present; what somebody who lost the mailbox still wants to write is refused."""

    connected_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    """When it last worked."""
    last_mail_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=20, blank=True)
    trouble_words = models.CharField(max_length=300, blank=True)
    """What the server said."""
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    """In a row."""
    next_at = models.DateTimeField(null=True)
    """No attempt before."""
    alerted_at = models.DateTimeField(null=True)
    test_asked_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    test_trouble = models.CharField(max_length=20, blank=True)
    test_words = models.CharField(max_length=300, blank=True)

    wall = operator_wall()

    class Meta:
        db_table = "mailbox"
        constraints = [
            one_of("kind", MailboxKind, "ck_mailbox_kind"),
            one_of("security", Security, "ck_mailbox_security"),
            one_of("after_fetch", AfterFetch, "ck_mailbox_after_fetch"),
            models.UniqueConstraint(
                fields=["token_hash"], name="uq_mailbox_token", condition=~Q(token_hash="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_secret(self) -> bool:
        """Whether one is stored, without opening it."""
        return bool(self.__dict__.get("secret"))


class MailboxItem(Row):
    """One mail on an IMAP server: what is still to be fetched, what was, and what cannot be."""

    mailbox = ForeignKey(Mailbox)
    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    state = models.CharField(max_length=12, default=ItemState.WAITING.value)
    header_id = models.CharField(max_length=998, blank=True)
    size = models.BigIntegerField(default=0)
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    mail_id = models.UUIDField(null=True)
    """The InboundMail that it became."""
    attempts = models.SmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    """When to fetch it."""
    clear_at = models.DateTimeField(null=True)
    """When to mark, move or delete it on the server."""

    wall = operator_wall()

    class Meta:
        db_table = "mailbox_item"
        constraints = [
            one_of("state", ItemState, "ck_mailbox_item_state"),
            models.UniqueConstraint(fields=["mailbox", "uid_validity", "uid"], name="uq_mailbox_item"),
        ]
        indexes = [
            models.Index(
                fields=["mailbox", "next_at"], name="ix_mailbox_item_next", condition=Q(next_at__isnull=False)
            ),
            models.Index(
                fields=["mailbox", "clear_at"],
                name="ix_mailbox_item_clear",
                condition=Q(clear_at__isnull=False),
            ),
            models.Index(fields=["mailbox", "header_id"], name="ix_mailbox_item_header"),
            models.Index(
                fields=["mailbox", "id"],
                name="ix_mailbox_item_passed",
                condition=Q(state=ItemState.PASSED_OVER.value),
            ),
        ]


find_mailbox = lookup_function(
    LookupFunction(
        "find_mailbox(wanted text)",
        "TABLE (mailbox_id uuid, provider varchar, address varchar, secret text, is_enabled boolean)",
        "SELECT id, provider, address, secret, is_enabled FROM mailbox "
        "WHERE token_hash = wanted AND wanted <> ''",
    )
)
"""For the webhooks' door, which knows nothing but the address that was posted to."""
mailbox_trouble = lookup_function(
    LookupFunction(
        "mailbox_trouble(moment timestamptz)",
        "TABLE (failing bigint)",
        "SELECT count(*) FROM mailbox WHERE is_enabled AND failing_since < moment - interval '5 minutes'",
        granted_to=("app", "staff"),
    )
)
"""For the health endpoint: a count, and nothing of whose mail it is."""
