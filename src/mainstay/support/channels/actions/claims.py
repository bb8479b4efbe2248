"""Which tickets a mail names, and who may write into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.post import delivery_of, message_domain
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.threading import Claim, Evidence, thread_candidates
from mainstay.support.channels.mime.tokens import OwnMessageId, read_reply_token, read_staff_token
from mainstay.support.channels.models import InboundMail, MailThread
from mainstay.support.tickets.models import Follower, Ticket

_LOOKED_UP = 100


def find_claims(mail: ParsedMail, row: InboundMail) -> list[Claim[Ticket]]:
    found = thread_candidates(mail, [settings.SECRET_KEY], [message_domain()])
    by_id: dict[UUID, Evidence] = {}
    by_number: dict[int, Evidence] = {}
    for ref in (*found.tokens, *_tokens(row.envelope_to)):
        if isinstance(ref, UUID):
            by_id.setdefault(ref, Evidence.TOKEN)
        else:
            by_number.setdefault(ref, Evidence.TOKEN)
    threads = MailThread.objects.filter(header_id__in=found.message_ids[:_LOOKED_UP])
    for ticket_id in (*_of_own_ids(found.own_ids), *threads.values_list("ticket_id", flat=True)):
        by_id.setdefault(ticket_id, Evidence.REFERENCE)
    for number in found.subject_numbers:
        by_number.setdefault(number, Evidence.SUBJECT)
    tickets = list(
        Ticket.objects.filter(Q(id__in=by_id) | Q(number__in=by_number)).select_related(
            "requester", "handler"
        )
    )
    return [_claim(ticket, by_id.get(ticket.id) or by_number[ticket.number]) for ticket in tickets]


def staff_ticket(mail: ParsedMail, row: InboundMail, staff_id: UUID) -> UUID | None:
    """The ticket whose notice this staff member was sent: only that notice carried their own address."""
    addresses = (*row.envelope_to, *mail.delivered_to, *(a.email for a in (*mail.to, *mail.cc)))
    found = (read_staff_token([settings.SECRET_KEY], a, staff_id) for a in addresses[:500])
    return next((ticket_id for ticket_id in found if ticket_id), None)


def _tokens(addresses: Iterable[str]) -> list[UUID | int]:
    found = (read_reply_token([settings.SECRET_KEY], address) for address in addresses)
    return [token for token in found if token is not None]


def _of_own_ids(own_ids: Sequence[OwnMessageId]) -> list[UUID]:
    """Anybody can write an id of our form: it must be that of a mail we sent, or of a ticket's root."""
    named = {d for own in own_ids[:_LOOKED_UP] if (d := delivery_of(own.delivery))}
    if not named:
        return []
    sent = Delivery.objects.filter(id__in=named, ticket_id__isnull=False)
    roots = Ticket.objects.filter(id__in=named)
    return [t for t in (*sent.values_list("ticket_id", flat=True), *roots.values_list("id", flat=True)) if t]


def _claim(ticket: Ticket, evidence: Evidence) -> Claim[Ticket]:
    # People of the customer's own portal are on their own tickets only, whatever is shared with whom.
    followers = Follower.objects.filter(ticket_id=ticket.id, member__isnull=False)
    followers = followers.exclude(member__role__in=PORTAL_ROLES)
    participants = {ticket.requester.email, *followers.values_list("member__email", flat=True)}
    if ticket.handler is not None:
        participants.add(ticket.handler.email)
    colleagues = Member.objects.filter(tenant_id=ticket.tenant_id).exclude(state=MemberState.SUSPENDED)
    colleagues = colleagues.exclude(role__in=PORTAL_ROLES)
    if not ticket.is_shared_with_tenant:
        colleagues = colleagues.filter(role__in=TENANT_MANAGERS)
    return Claim(
        ticket, evidence, frozenset(participants), frozenset(colleagues.values_list("email", flat=True))
    )
