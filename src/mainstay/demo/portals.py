"""What the people of the customers' own portals ask their customer: some of it answered, some waiting, one passed
on to the operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mainstay.core.actor import PORTAL_ROLES, Actor
from mainstay.people.tenants.actions import change_branding
from mainstay.people.tenants.branding import Branding
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.tickets.actions import (
    NewMessage,
    NewTicket,
    add_tenant_note,
    change_status,
    escalate_ticket,
    give_ticket,
    open_ticket,
    reply_to_ticket,
)
from mainstay.support.tickets.rules import Severity, Source, Status

ActorOf = Callable[[Member], Actor]


@dataclass(frozen=True, slots=True)
class Asked:
    subject: str
    body: str
    hours_ago: float
    answer: str = ""
    note: str = ""
    is_solved: bool = False
    passed_on: str = ""
    """The word to the operator."""


_BRANDING: Final = {
    "en": Branding("{name} client desk", "clients@{domain}", "+49 30 5550 142", "#0a6e5c"),
    "es": Branding("Atención de {name}", "clientes@{domain}", "+34 91 555 01 42", "#8a3ffc"),
}
_ASKED: Final = {
    "en": (
        Asked("Where do I find the hand-over protocol?", "You said it would be in the portal by Tuesday.", 3),
        Asked(
            "The lift in building B is not on the list",
            "The inspection was last week, and I see the other three lifts only.",
            26,
            answer="You are right, it was filed under building C. I have moved it; please look again.",
            note="Second time this month that site and building were mixed up.",
        ),
        Asked(
            "May our insurer get access?",
            "They would like to read the last two years.",
            120,
            answer="Yes. I have sent them an invitation to their own portal account.",
            is_solved=True,
        ),
        Asked(
            "Photos are turned on their side",
            "All photos of the last round are turned by 90 degrees when I open them in the portal.",
            9,
            answer="I see it too. I ask the makers of the software.",
            passed_on="Happens with photos taken upright on Android tablets; those of our iPads are fine.",
        ),
    ),
    "es": (
        Asked("¿Dónde está el acta de entrega?", "Me dijisteis que estaría en el portal el martes.", 4),
        Asked(
            "Falta una firma en el informe",
            "El informe de la nave norte no lleva la firma de nuestro encargado.",
            30,
            answer="Gracias por avisar; lo corregimos hoy.",
        ),
    ),
}


def play_portals(
    actor_of: ActorOf,
    tenants: Sequence[Tenant],
    people: Mapping[UUID, list[Member]],
    domains: Sequence[str],
    now: datetime,
) -> None:
    for tenant, domain in zip(tenants, domains, strict=True):
        clients = [one for one in people[tenant.id] if one.role in PORTAL_ROLES]
        if not clients:
            continue
        owner = people[tenant.id][0]
        _show(actor_of(owner), tenant, domain, now)
        for number, asked in enumerate(_ASKED[tenant.language]):
            _play(actor_of, asked, clients[number % len(clients)], people[tenant.id], now)


def _show(owner: Actor, tenant: Tenant, domain: str, now: datetime) -> None:
    shown = _BRANDING[tenant.language]
    branding = Branding(
        shown.support_name.format(name=tenant.name),
        shown.support_email.format(domain=domain),
        shown.support_phone,
        shown.colour,
    )
    change_branding(owner, branding, at=now - timedelta(days=90))


def _play(actor_of: ActorOf, asked: Asked, client: Member, people: Sequence[Member], now: datetime) -> None:
    at, owner = now - timedelta(hours=asked.hours_ago), actor_of(people[0])
    new = NewTicket(
        subject=asked.subject,
        body=asked.body,
        source=Source.PORTAL,
        tenant_id=client.tenant_id,
        requester_id=client.id,
        severity=Severity.P3,
        language=client.language,
    )
    ticket = open_ticket(actor_of(client), new, at=at)
    later = at + timedelta(minutes=50)
    if asked.answer:
        give_ticket(owner, ticket.id, people[0].id, at=later)
        reply_to_ticket(owner, ticket.id, NewMessage(body=asked.answer, source=Source.PORTAL), at=later)
    if asked.note:
        add_tenant_note(owner, ticket.id, NewMessage(body=asked.note, source=Source.PORTAL), at=later)
    if asked.is_solved:
        change_status(owner, ticket.id, Status.RESOLVED, at=later)
    if asked.passed_on:
        escalate_ticket(owner, ticket.id, note=asked.passed_on, at=later + timedelta(minutes=5))
