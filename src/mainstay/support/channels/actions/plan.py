"""Deciding what an incoming mail is and where it belongs. Reads across customers; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from mainstay.core.actor import TENANT_MANAGERS
from mainstay.people.messages.post import message_domain
from mainstay.people.tenants.models import Member, VerifiedDomain
from mainstay.people.tenants.rules import MemberState, clean_email, domain_of
from mainstay.support.channels.mime.classify import Classification, Kind, classify
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.threading import (
    Candidates,
    Claim,
    Evidence,
    Outcome,
    choose_thread,
    thread_candidates,
)
from mainstay.support.channels.mime.tokens import read_reply_token
from mainstay.support.channels.models import InboundMail, MailThread
from mainstay.support.channels.rules import CAP_WINDOW, SENDER_CAP, THREAD_CAP, MailState
from mainstay.support.tickets.models import Follower, Ticket

_MACHINES = frozenset({Kind.AUTO_REPLY, Kind.LIST})


@dataclass(frozen=True, slots=True)
class Plan:
    """`state` says what the mail becomes; TICKETED and JOINED name the customer, JOINED the ticket too.

    `member_id` is None where the sender's address is new and becomes a contact by its verified domain.
    """

    state: MailState
    kind: Kind
    sender: str
    reasons: tuple[str, ...] = ()
    tenant_id: UUID | None = None
    ticket_id: UUID | None = None
    member_id: UUID | None = None
    claimed_number: int | None = None

    @property
    def is_automatic(self) -> bool:
        return self.kind is not Kind.PERSON


def plan_mail(mail: ParsedMail, row: InboundMail, *, now: datetime) -> Plan:
    verdict = classify(mail, own_addresses=_own_addresses(), own_domains=[message_domain()])
    sender = clean_email(mail.from_.email) if mail.from_ else ""
    if verdict.kind in (Kind.BOUNCE, Kind.REPORT, Kind.OWN) and not row.assigned_tenant_id:
        state = MailState.BOUNCE if verdict.kind is Kind.BOUNCE else MailState.SET_ASIDE
        return Plan(state, verdict.kind, sender, verdict.reasons)
    if not sender:
        return Plan(MailState.TRIAGE, verdict.kind, "", (*verdict.reasons, "no_sender"))
    if row.assigned_tenant_id:
        return _assigned(verdict, sender, row.assigned_tenant_id)
    members = list(
        Member.objects.filter(email=sender).exclude(state=MemberState.SUSPENDED).order_by("created_at")
    )
    claims = _claims(thread_candidates(mail, [settings.SECRET_KEY], [message_domain()]), row)
    decision = choose_thread(
        claims,
        sender,
        sender_verified=_verified(mail),
        sender_known=bool(members),
        subject_needs_verified=False,
    )
    if decision.outcome is Outcome.JOIN and decision.ticket is not None:
        return _join(verdict, sender, decision.ticket, members, row, now)
    number = _number(decision.claimed)
    reasons = tuple(filter(None, (*verdict.reasons, decision.reason)))
    if decision.outcome is Outcome.TRIAGE:
        return Plan(MailState.TRIAGE, verdict.kind, sender, reasons, claimed_number=number)
    return _start(Facts(verdict.kind, sender, members, reasons, number), mail, row, now)


@dataclass(frozen=True, slots=True)
class Facts:
    kind: Kind
    sender: str
    members: Sequence[Member]
    reasons: tuple[str, ...]
    claimed_number: int | None

    def plan(
        self, state: MailState, *reasons: str, tenant_id: UUID | None = None, member_id: UUID | None = None
    ) -> Plan:
        return Plan(
            state,
            self.kind,
            self.sender,
            (*self.reasons, *reasons),
            tenant_id,
            member_id=member_id,
            claimed_number=self.claimed_number,
        )


def _assigned(verdict: Classification, sender: str, tenant_id: UUID) -> Plan:
    """A person has decided; only the sender's place among the customer's people is left to find."""
    member = Member.objects.filter(tenant_id=tenant_id, email=sender).first()
    return Plan(
        MailState.TICKETED,
        verdict.kind,
        sender,
        verdict.reasons,
        tenant_id,
        member_id=member.id if member else None,
    )


def _start(facts: Facts, mail: ParsedMail, row: InboundMail, now: datetime) -> Plan:
    """A mail that belongs to no ticket yet."""
    if facts.kind in _MACHINES:
        return facts.plan(MailState.SET_ASIDE)
    if not row.is_released:
        if _verified(mail) is False:
            return facts.plan(MailState.TRIAGE, "sender_failed_authentication")
        if _is_over_cap(Q(from_email=facts.sender), SENDER_CAP, now):
            return facts.plan(MailState.HELD, "sender_cap")
    if len(facts.members) == 1:
        member = facts.members[0]
        return facts.plan(MailState.TICKETED, tenant_id=member.tenant_id, member_id=member.id)
    if facts.members:
        return facts.plan(MailState.TRIAGE, "sender_of_several_customers")
    verified = VerifiedDomain.objects.filter(domain=domain_of(facts.sender))
    tenants = set(verified.values_list("tenant_id", flat=True))
    if len(tenants) == 1:
        return facts.plan(MailState.TICKETED, tenant_id=tenants.pop())
    return facts.plan(MailState.TRIAGE, "unknown_sender")


def _join(
    verdict: Classification,
    sender: str,
    ticket: Ticket,
    members: Sequence[Member],
    row: InboundMail,
    now: datetime,
) -> Plan:
    author = next((m for m in members if m.tenant_id == ticket.tenant_id), None)
    if author is None:  # a staff follower's or a forged address: nobody of this customer
        return Plan(
            MailState.TRIAGE, verdict.kind, sender, ("sender_not_of_customer",), claimed_number=ticket.number
        )
    if not row.is_released and _is_over_cap(Q(ticket_id=ticket.id), THREAD_CAP, now):
        return Plan(MailState.HELD, verdict.kind, sender, ("thread_cap",), claimed_number=ticket.number)
    return Plan(
        MailState.JOINED,
        verdict.kind,
        sender,
        verdict.reasons,
        ticket.tenant_id,
        ticket.id,
        author.id,
        ticket.number,
    )


def _claims(found: Candidates, row: InboundMail) -> list[Claim[Ticket]]:
    """Every ticket the mail names, with who may write into it."""
    by_id: dict[UUID, Evidence] = {}
    by_number: dict[int, Evidence] = {}
    for ref in (*found.tokens, *_tokens(row.envelope_to)):
        if isinstance(ref, UUID):
            by_id.setdefault(ref, Evidence.TOKEN)
        else:
            by_number.setdefault(ref, Evidence.TOKEN)
    for own in found.own_ids:
        if isinstance(own.ticket, int):
            by_number.setdefault(own.ticket, Evidence.REFERENCE)
    threads = MailThread.objects.filter(header_id__in=found.message_ids[:100])
    for ticket_id in threads.values_list("ticket_id", flat=True):
        by_id.setdefault(ticket_id, Evidence.REFERENCE)
    for number in found.subject_numbers:
        by_number.setdefault(number, Evidence.SUBJECT)
    tickets = list(
        Ticket.objects.filter(Q(id__in=by_id) | Q(number__in=by_number)).select_related("requester")
    )
    return [_claim(ticket, by_id.get(ticket.id) or by_number[ticket.number]) for ticket in tickets]


def _tokens(addresses: Iterable[str]) -> list[UUID | int]:
    found = (read_reply_token([settings.SECRET_KEY], address) for address in addresses)
    return [token for token in found if token is not None]


def _claim(ticket: Ticket, evidence: Evidence) -> Claim[Ticket]:
    followers = Follower.objects.filter(ticket_id=ticket.id, member__isnull=False)
    participants = {ticket.requester.email, *followers.values_list("member__email", flat=True)}
    colleagues = Member.objects.filter(tenant_id=ticket.tenant_id).exclude(state=MemberState.SUSPENDED)
    if not ticket.is_shared_with_tenant:
        colleagues = colleagues.filter(role__in=TENANT_MANAGERS)
    return Claim(
        ticket, evidence, frozenset(participants), frozenset(colleagues.values_list("email", flat=True))
    )


def _is_over_cap(of: Q, cap: int, now: datetime) -> bool:
    taken = InboundMail.objects.filter(
        of, received_at__gt=now - CAP_WINDOW, state__in=(MailState.TICKETED, MailState.JOINED)
    )
    return taken.count() >= cap


def _verified(mail: ParsedMail) -> bool | None:
    return {"pass": True, "fail": False}.get(mail.auth.dmarc or "")


def _number(claimed: Sequence[Ticket]) -> int | None:
    return claimed[0].number if claimed else None


def _own_addresses() -> list[str]:
    return [str(settings.DEFAULT_FROM_EMAIL)]
