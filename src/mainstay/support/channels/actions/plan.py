"""Deciding what an incoming mail is and where it belongs. Reads across customers; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db.models import Q

from mainstay.core.actor import Role
from mainstay.core.house.current import house
from mainstay.core.text.headers import clean_line
from mainstay.people.messages.post import message_domain
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, VerifiedDomain
from mainstay.people.tenants.rules import MemberState, clean_email, domain_of
from mainstay.support.channels.actions.claims import find_claims, staff_ticket
from mainstay.support.channels.mime.classify import Classification, Kind, classify
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.threading import Claim, Evidence, Outcome, choose_thread
from mainstay.support.channels.models import InboundMail
from mainstay.support.channels.rules import CAP_WINDOW, REPEAT_WINDOW, SENDER_CAP, THREAD_CAP, MailState
from mainstay.support.tickets.models import Attachment, Message, Ticket
from mainstay.support.tickets.rules import REPLY, Source, Status

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
    staff_id: UUID | None = None
    """Set where one of our own people answers the customer by mail."""

    @property
    def is_automatic(self) -> bool:
        return self.kind is not Kind.PERSON


def plan_mail(mail: ParsedMail, row: InboundMail, *, now: datetime) -> Plan:
    if row.door == "smtp" and not row.envelope_from:
        mail = replace(mail, return_path="")  # the envelope's word; the header is only written on delivery
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
    claims = find_claims(mail, row)
    staff = Staff.objects.filter(email=sender, is_active=True).first()
    by_staff = _by_staff(staff, verdict, claims, mail, row) if staff else None
    if by_staff and (by_staff.staff_id or not members):
        return by_staff
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


def _by_staff(
    staff: Staff, verdict: Classification, claims: Sequence[Claim[Ticket]], mail: ParsedMail, row: InboundMail
) -> Plan | None:
    """One of our people answers a ticket's notice. A From costs nothing to forge, and the customer has the
    ticket's own reply address: so it takes the address that only this person was sent, or DMARC's word."""
    proven = staff_ticket(mail, row, staff.id)
    ticket = Ticket.objects.filter(id=proven).first() if proven else None
    if ticket is None:
        named = sorted((c for c in claims if c.evidence is not Evidence.SUBJECT), key=lambda c: c.evidence)
        ticket = named[0].ticket if named else None
        proven = None
    if ticket is None:
        return None
    number, verified = ticket.number, _verified(mail)
    if verdict.kind is not Kind.PERSON:
        return Plan(MailState.SET_ASIDE, verdict.kind, staff.email, verdict.reasons, claimed_number=number)
    reason = ""
    if not {Role(role) for role in staff.roles} & REPLY.roles:
        reason = "staff_may_not_reply"
    elif verified is False:
        reason = "sender_failed_authentication"
    elif not (proven or verified):
        reason = "staff_reply_unproven"
    if reason and not (row.is_released and reason != "staff_may_not_reply"):
        return Plan(MailState.TRIAGE, verdict.kind, staff.email, (reason,), claimed_number=number)
    return Plan(
        MailState.JOINED,
        verdict.kind,
        staff.email,
        ("staff_reply",),
        ticket.tenant_id,
        ticket.id,
        claimed_number=number,
        staff_id=staff.id,
    )


@dataclass(frozen=True, slots=True)
class Facts:
    kind: Kind
    sender: str
    members: Sequence[Member]
    reasons: tuple[str, ...]
    claimed_number: int | None

    def plan(
        self,
        state: MailState,
        *reasons: str,
        tenant_id: UUID | None = None,
        member_id: UUID | None = None,
        ticket_id: UUID | None = None,
    ) -> Plan:
        return Plan(
            state,
            self.kind,
            self.sender,
            (*self.reasons, *reasons),
            tenant_id,
            ticket_id,
            member_id=member_id,
            claimed_number=self.claimed_number,
        )


def _assigned(verdict: Classification, sender: str, tenant_id: UUID) -> Plan:
    """A person has decided; only the sender's place among the customer's people is left to find."""
    member = Member.objects.filter(tenant_id=tenant_id, email=sender).first()
    if member and member.erased_at is not None:
        return Plan(MailState.TRIAGE, verdict.kind, sender, (*verdict.reasons, "sender_suspended"))
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
        first = _repeated(member, mail, row)
        if first:
            return facts.plan(
                MailState.JOINED,
                "likely_repeat",
                tenant_id=member.tenant_id,
                member_id=member.id,
                ticket_id=first.id,
            )
        return facts.plan(MailState.TICKETED, tenant_id=member.tenant_id, member_id=member.id)
    if facts.members:
        return facts.plan(MailState.TRIAGE, "sender_of_several_customers")
    if Member.objects.filter(email=facts.sender).exists():
        return facts.plan(MailState.TRIAGE, "sender_suspended")
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


def _repeated(member: Member, mail: ParsedMail, row: InboundMail) -> Ticket | None:
    """The ticket that the same words opened a moment ago: sent twice, or a machine that hides what it is and
    answers each of our confirmations. A message in a ticket is not confirmed, so the loop ends there."""
    lately = InboundMail.objects.filter(
        from_email=member.email,
        subject=clean_line(mail.subject, 998),
        received_at__gt=row.received_at - REPEAT_WINDOW,
        received_at__lte=row.received_at,
        state__in=(MailState.TICKETED, MailState.JOINED),
    )
    for ticket_id in lately.order_by("received_at").values_list("ticket_id", flat=True)[:5]:
        if ticket_id is None:
            continue
        ticket = Ticket.objects.filter(id=ticket_id, tenant_id=member.tenant_id).exclude(status=Status.CLOSED)
        first = ticket.filter(requester_id=member.id).first()
        same = Message.objects.filter(ticket_id=ticket_id, source=Source.EMAIL, body=mail.text)
        if first and any(
            _has_files(message_id, mail) for message_id in same.values_list("id", flat=True)[:5]
        ):
            return first
    return None


def _has_files(message_id: UUID, mail: ParsedMail) -> bool:
    """Photos that are sent one after another have no words to tell them apart."""
    stored = Attachment.objects.filter(message_id=message_id).values_list("sha256", flat=True)
    return sorted(stored) == sorted(sha256(file.content).hexdigest() for file in mail.attachments)


def _is_over_cap(of: Q, cap: int, now: datetime) -> bool:
    taken = InboundMail.objects.filter(
        of, received_at__gt=now - CAP_WINDOW, state__in=(MailState.TICKETED, MailState.JOINED)
    )
    return taken.count() >= cap


def _verified(mail: ParsedMail) -> bool | None:
    if mail.auth.dmarc and "from_several" in mail.defects:
        return False  # the verdict is about one of them, and nobody says which
    return {"pass": True, "fail": False}.get(mail.auth.dmarc or "")


def _number(claimed: Sequence[Ticket]) -> int | None:
    return claimed[0].number if claimed else None


def _own_addresses() -> list[str]:
    return [house().mail_from]
