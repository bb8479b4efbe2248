"""What the people of the customers' own portals ask their customer: some of it answered, some waiting, some passed
on to the operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from mainstay.core.actor import PORTAL_ROLES, Actor
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.actions import change_branding
from mainstay.people.tenants.branding import Branding
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.tickets.actions import (
    NewMessage,
    NewTicket,
    add_tenant_note,
    assign_ticket,
    change_status,
    escalate_ticket,
    give_ticket,
    open_ticket,
    reply_to_ticket,
)
from mainstay.support.tickets.rules import Severity, Source, Status

Deed = tuple[datetime, Callable[[], None]]
"""What is done, and when."""


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
    operators_answer: str = ""


@dataclass(slots=True)
class Scene:
    """One customer's portal: who acts, and the tickets as they come to be."""

    owner: Member
    clients: list[Member]
    agent: Staff
    member_actor: Callable[[Member], Actor]
    staff_actor: Callable[[Staff], Actor]
    tickets: dict[str, UUID] = field(default_factory=dict)


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


# One for each customer of the language, in their order. The first waits for whoever tries the demonstration.
_PASSED_ON: Final = {
    "en": (
        Asked(
            "Photos are turned on their side",
            "All photos of the last round are turned by 90 degrees when I open them in the portal.",
            2,
            answer="I see it too. I ask the makers of the software.",
            passed_on="Happens with photos taken upright on Android tablets; those of our iPads are fine.",
        ),
        Asked(
            "The map of the substations stays grey",
            "I only see a grey square where the map should be. My colleague has the same.",
            31,
            answer="It is grey for us as well. I have passed it on.",
            passed_on="All browsers, since this morning. The list beside the map works.",
            operators_answer="The provider of the map changed an address. It works again; please reload the page.",
        ),
        Asked(
            "The inspection report does not open",
            "The file is there, but the reader says that it is damaged.",
            54,
            answer="Here, too. I let the makers of the software have a look.",
            passed_on="Only reports with more than 200 photos.",
            operators_answer="Very long reports were cut off. Yours is being made anew and is there in an hour.",
        ),
        Asked(
            "I cannot upload the permit",
            "It stops at 99 % and begins again.",
            77,
            answer="Thank you, we can repeat it. It is with the makers of the software now.",
            passed_on="A PDF of 24 MB; smaller ones arrive.",
            operators_answer="The limit was counted wrongly near 25 MB. Could you try once more?",
        ),
    ),
    "es": (
        Asked(
            "El portal no guarda mi firma",
            "Firmo, pulso Guardar y la página vuelve a pedir la firma.",
            28,
            answer="Nos pasa lo mismo; lo hemos trasladado al fabricante.",
            passed_on="Solo en tabletas; en el ordenador se guarda.",
            operators_answer="Ya está corregido. Basta con volver a abrir la página.",
        ),
    ),
}


def portal_deeds(
    scene_of: Callable[[Tenant], Scene], tenants: Sequence[Tenant], domains: Sequence[str], now: datetime
) -> Iterator[Deed]:
    passed_on = {language: iter(asked) for language, asked in _PASSED_ON.items()}
    for number, (tenant, domain) in enumerate(zip(tenants, domains, strict=True)):
        scene = scene_of(tenant)
        if not scene.clients:
            continue
        yield now - timedelta(days=90), partial(_show, scene, tenant, domain, now - timedelta(days=90))
        own = next(passed_on[tenant.language], None)
        for turn, asked in enumerate((*_ASKED[tenant.language], *((own,) if own else ()))):
            # not everywhere in the same minute
            late = (
                timedelta()
                if number == 0 or asked is own
                else timedelta(hours=asked.hours_ago * number * 0.19)
            )
            client = scene.clients[turn % len(scene.clients)]
            yield from _deeds(scene, asked, client, now - timedelta(hours=asked.hours_ago) - late)


def scene(
    tenant: Tenant,
    people: Mapping[UUID, list[Member]],
    agent: Staff,
    member_actor: Callable[[Member], Actor],
    staff_actor: Callable[[Staff], Actor],
) -> Scene:
    own = people[tenant.id]
    clients = [one for one in own if one.role in PORTAL_ROLES]
    return Scene(own[0], clients, agent, member_actor, staff_actor)


def _show(scene: Scene, tenant: Tenant, domain: str, at: datetime) -> None:
    shown = _BRANDING[tenant.language]
    branding = Branding(
        shown.support_name.format(name=tenant.name),
        shown.support_email.format(domain=domain),
        shown.support_phone,
        shown.colour,
    )
    change_branding(scene.member_actor(scene.owner), branding, at=at)


def _deeds(scene: Scene, asked: Asked, client: Member, at: datetime) -> Iterator[Deed]:
    later = at + timedelta(minutes=50)
    yield at, partial(_ask, scene, asked, client, at)
    if asked.answer:
        yield later, partial(_answer, scene, asked, later)
    if asked.passed_on:
        passed_at = later + timedelta(minutes=5)
        yield passed_at, partial(_pass_on, scene, asked, passed_at)
    if asked.operators_answer:
        answered_at = later + timedelta(minutes=95)
        yield answered_at, partial(_answer_as_operator, scene, asked, answered_at)


def _ask(scene: Scene, asked: Asked, client: Member, at: datetime) -> None:
    new = NewTicket(
        subject=asked.subject,
        body=asked.body,
        source=Source.PORTAL,
        tenant_id=client.tenant_id,
        requester_id=client.id,
        severity=Severity.P3,
        language=client.language,
    )
    scene.tickets[asked.subject] = open_ticket(scene.member_actor(client), new, at=at).id


def _answer(scene: Scene, asked: Asked, at: datetime) -> None:
    owner, ticket_id = scene.member_actor(scene.owner), scene.tickets[asked.subject]
    give_ticket(owner, ticket_id, scene.owner.id, at=at)
    reply_to_ticket(owner, ticket_id, NewMessage(body=asked.answer, source=Source.PORTAL), at=at)
    if asked.note:
        add_tenant_note(owner, ticket_id, NewMessage(body=asked.note, source=Source.PORTAL), at=at)
    if asked.is_solved:
        change_status(owner, ticket_id, Status.RESOLVED, at=at)


def _pass_on(scene: Scene, asked: Asked, at: datetime) -> None:
    owner = scene.member_actor(scene.owner)
    escalate_ticket(owner, scene.tickets[asked.subject], note=asked.passed_on, at=at)


def _answer_as_operator(scene: Scene, asked: Asked, at: datetime) -> None:
    agent, ticket_id = scene.staff_actor(scene.agent), scene.tickets[asked.subject]
    assign_ticket(agent, ticket_id, scene.agent.id, at=at)
    reply_to_ticket(agent, ticket_id, NewMessage(body=asked.operators_answer, source=Source.PORTAL), at=at)
