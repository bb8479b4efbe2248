from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.models import InboundMail, Mailbox, MailboxItem, RawMail
from mainstay.support.channels.rules import MANAGE_MAILBOXES, SEE_INBOUND, ItemState, MailState
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Audience


def visible_mails(actor: Actor) -> QuerySet[InboundMail]:
    """Incoming mails in every state, but those that stand in a customer's own queue; staff only. Newest first
    is the caller's `-received_at, -id`."""
    if not (actor.is_staff and actor.may(SEE_INBOUND)):
        return InboundMail.objects.none()
    theirs = Ticket.objects.filter(id=OuterRef("ticket_id"), audience=Audience.OPERATOR)
    placed = InboundMail.objects.filter(Q(ticket_id__isnull=True) | Q(Exists(theirs)))
    # A second copy of a mail names no ticket; it is as visible as the first.
    firsts = placed.filter(dedupe_key=OuterRef("dedupe_key")).exclude(state=MailState.DUPLICATE)
    return placed.filter(~Q(state=MailState.DUPLICATE) | Q(Exists(firsts)))


def visible_mail(actor: Actor, mail_id: UUID) -> InboundMail:
    row = visible_mails(actor).filter(id=mail_id).first()
    if row is None:
        raise NotFound
    return row


def raw_mail(actor: Actor, mail_id: UUID) -> bytes:
    """As it came. NotFound also once retention has removed it."""
    visible_mail(actor, mail_id)
    kept = RawMail.objects.filter(id=mail_id).first()
    if kept is None:
        raise NotFound
    return bytes(kept.content)


def read_mail(actor: Actor, mail_id: UUID) -> ParsedMail:
    """Parsed anew, for showing; its HTML is not safe before `core.text.html` had it."""
    return parse_mail(raw_mail(actor, mail_id), trusted_servers=settings.MAINSTAY_MAIL_VERDICTS_FROM)


def visible_mailboxes(actor: Actor) -> QuerySet[Mailbox]:
    """Where mail comes in, by name. Administrators only."""
    actor.require(MANAGE_MAILBOXES)
    if not actor.is_staff:
        raise NotFound
    return Mailbox.objects.order_by("name", "id")


def visible_mailbox(actor: Actor, mailbox_id: UUID) -> Mailbox:
    row = visible_mailboxes(actor).filter(id=mailbox_id).first()
    if row is None:
        raise NotFound
    return row


def passed_over(actor: Actor, mailbox: Mailbox, *, limit: int) -> list[MailboxItem]:
    """Mails on the server that could not be fetched, the latest first."""
    actor.require(MANAGE_MAILBOXES)
    found = MailboxItem.objects.filter(mailbox_id=mailbox.id, state=ItemState.PASSED_OVER)
    return list(found.order_by("-id")[:limit])


def mailbox_counts(actor: Actor) -> dict[UUID, int]:
    """Mails that were passed over, by mailbox."""
    actor.require(MANAGE_MAILBOXES)
    found = MailboxItem.objects.filter(state=ItemState.PASSED_OVER).values("mailbox_id")
    return {row["mailbox_id"]: row["count"] for row in found.annotate(count=Count("id"))}
