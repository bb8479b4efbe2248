"""Who is told of a missed promise: the assignee, the support managers, and for P1 the engineers.

A later handler: called with a batch of one customer's events, inside a scope bound to it. One mail a person
and batch, so that a worker which was down does not bury anybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mainstay.core.actor import Role
from mainstay.core.events.types import Fact
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.staff.models import Staff
from mainstay.support.sla.labels import KINDS
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Severity


@dataclass(frozen=True, slots=True)
class Missed:
    ticket: Ticket
    kind: str
    severity: str
    due_at: datetime
    n: int

    @property
    def link(self) -> str:
        return f"{settings.MAINSTAY_URL}/desk/tickets/{self.ticket.number}"

    @property
    def promise(self) -> str:
        return str(KINDS[self.kind])

    @property
    def due_text(self) -> str:
        local = timezone.localtime(self.due_at)
        return f"{date_format(local, 'DATETIME_FORMAT')} ({local.tzname()})"


def mail_breaches(facts: Sequence[Fact]) -> None:
    missed = _missed(facts)
    if not missed:
        return
    told: dict[UUID, list[Missed]] = defaultdict(list)
    people = _people({one.ticket.assignee_id for one in missed} - {None})
    for one in missed:
        for person in people.values():
            if _is_concerned(person, one):
                told[person.id].append(one)
    mails = [_mail(people[person_id], ones) for person_id, ones in told.items()]
    queue_mail(mails, at=max(fact.at for fact in facts))


def _missed(facts: Sequence[Fact]) -> list[Missed]:
    tickets = {
        ticket.id: ticket
        for ticket in Ticket.objects.filter(id__in={fact.subject_id for fact in facts}).select_related(
            "tenant"
        )
    }
    return [
        Missed(
            ticket=tickets[fact.subject_id],
            kind=fact.data["kind"],
            severity=fact.data["severity"],
            due_at=datetime.fromisoformat(fact.data["due_at"]),
            n=fact.n,
        )
        for fact in facts
        if fact.subject_id in tickets
    ]


def _people(assignees: Iterable[UUID | None]) -> dict[UUID, Staff]:
    active = Staff.objects.filter(is_active=True)
    roles = [Role.SUPPORT_MANAGER.value, Role.ENGINEER.value]
    found = active.filter(roles__overlap=roles) | active.filter(id__in=list(assignees))
    return {person.id: person for person in found.order_by("id")}


def _is_concerned(person: Staff, missed: Missed) -> bool:
    if person.id == missed.ticket.assignee_id or Role.SUPPORT_MANAGER in person.roles:
        return True
    return missed.severity == Severity.P1 and Role.ENGINEER in person.roles


def _mail(person: Staff, missed: Sequence[Missed]) -> Mail:
    first = missed[0]
    is_single = len(missed) == 1
    with translation.override(person.language), timezone.override(person.zone):
        if is_single:
            subject = _("Missed: %(promise)s, %(severity)s, ticket #%(number)s") % {
                "promise": first.promise,
                "severity": first.severity,
                "number": first.ticket.number,
            }
        else:
            subject = ngettext(
                "%(count)s promise missed at %(customer)s",
                "%(count)s promises missed at %(customer)s",
                len(missed),
            ) % {"count": len(missed), "customer": first.ticket.tenant.name}
        context = {"person": person, "missed": missed, "signature": settings.MAINSTAY_OPERATOR_NAME}
        text = render_to_string("sla/mail/breached.txt", context)
    return Mail(
        kind="sla.breached",
        email=person.email,
        name=person.name,
        person_id=person.id,
        tenant_id=first.ticket.tenant_id,
        ticket_id=first.ticket.id if is_single else None,
        ticket_number=first.ticket.number if is_single else None,
        cause=first.n,
        language=person.language,
        subject=subject,
        text=text.strip() + "\n",
    )
