"""A small believable world, made by the product's own actions: what is shown is what the product does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from operator import itemgetter
from random import Random
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from mainstay.core.actor import Actor, ActorKind, Origin, Role, system_actor
from mainstay.core.errors import Conflict
from mainstay.core.events.follow import enrol, skip_to_present
from mainstay.core.events.wiring import later_handlers
from mainstay.core.wall.scope import sweep
from mainstay.demo import cast
from mainstay.demo.portals import Deed, Scene, portal_deeds, scene
from mainstay.demo.post import send_mails
from mainstay.demo.scripts import Planned, Step, Story, stories
from mainstay.people.access.models import Membership, User
from mainstay.people.staff.actions import add_staff
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.actions import (
    NewTenant,
    add_member,
    assign_csm,
    create_tenant,
    join_member,
    verify_domain,
)
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.sla.actions import install_presets, tell_due
from mainstay.support.tickets.actions import (
    NewMessage,
    NewTicket,
    add_note,
    assign_ticket,
    change_status,
    classify_ticket,
    escalate_ticket,
    open_ticket,
    reply_to_ticket,
)
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Audience, Severity, Source, Status

SEED: Final = 20260101
FRESH: Final = timedelta(days=2)
"""What happened since then is followed up for real: its mails stand in the outbox."""
_BEGINNING: Final = timedelta(days=400)
_DONE: Final = "demo_world"
_SEAT_PRICE: Final = {"free": 0, "starter": 19, "professional": 29, "business": 39, "enterprise": 54}
_SEGMENT: Final = {
    "free": "self_serve",
    "starter": "smb",
    "professional": "smb",
    "business": "mid_market",
    "enterprise": "enterprise",
}


class HalfMade(RuntimeError):
    """An earlier attempt was interrupted; it cannot be continued."""


@dataclass(slots=True)
class World:
    staff: list[Staff]
    tenants: list[Tenant]
    people: dict[UUID, list[Member]]
    """By customer, the owner first."""
    tickets: dict[int, Ticket]


def make_world(now: datetime, *, seed: int = SEED) -> bool:
    """Returns False where it stands already."""
    with sweep("demo"):
        tenants = list(Tenant.objects.values_list("attributes", flat=True))
    if any(_DONE in attributes for attributes in tenants):
        return False
    if tenants:
        raise HalfMade
    today = now.replace(second=0, microsecond=0)
    with sweep("demo", timeout_ms=120_000) as actor:
        world = _make_people(actor, today, Random(seed))  # noqa: S311
        plan = stories([(c.plan, c.language) for c in cast.CUSTOMERS], seed=seed, today=today)
        happened = sorted(_deeds(world, plan, today), key=itemgetter(0))
        past = [deed for deed in happened if deed[0] < today - FRESH]
        _play(actor, past)
    with sweep("demo"):
        enrol(later_handlers(), at=now)
        skip_to_present()
    with sweep("demo", timeout_ms=120_000) as actor:
        _play(actor, happened[len(past) :])
        tell_due(actor, now, limit=10_000)
        first = world.tenants[0]
        Tenant.objects.filter(id=first.id).update(attributes={_DONE: str(seed)})
    _make_sign_ins(world, now)
    send_mails(now)
    return True


def _make_people(actor: Actor, today: datetime, rng: Random) -> World:
    began = today - _BEGINNING
    install_presets(actor, "standard", at=began)
    staff = [
        add_staff(
            actor,
            email=person.email,
            name=person.name,
            public_name=person.public_name,
            roles=[str(role) for role in person.roles],
            language=person.languages[0],
            at=began,
        )
        for person in cast.STAFF
    ]
    for person, row in zip(cast.STAFF, staff, strict=True):
        Staff.objects.filter(id=row.id).update(languages=list(person.languages), zone="Europe/Berlin")
    csms = [row for row in staff if Role.CSM in row.roles]
    world = World(staff, [], {}, {})
    for number, customer in enumerate(cast.CUSTOMERS):
        tenant, people = _make_customer(actor, customer, rng, began + timedelta(days=number * 7 % 290))
        if customer.plan not in ("free", "starter"):
            assign_csm(actor, tenant.id, csms[number % len(csms)].id, at=tenant.created_at)
        world.tenants.append(tenant)
        world.people[tenant.id] = people
    return world


def _make_customer(
    actor: Actor, customer: cast.Customer, rng: Random, at: datetime
) -> tuple[Tenant, list[Member]]:
    names = [(n, role, lang) for n, role, lang in cast.TOUR.get(customer.name, ())]
    wanted = 1 + {"free": 1, "starter": 2, "professional": 4, "business": 5, "enterprise": 7}[customer.plan]
    roles = [
        Role.OWNER,
        Role.TENANT_ADMIN,
        Role.PM,
        Role.PM,
        Role.FIELD,
        Role.FIELD,
        Role.CLIENT,
        Role.VENDOR,
    ]
    while len(names) < wanted:
        first, last = (
            rng.choice(cast.FIRST_NAMES[customer.language]),
            rng.choice(cast.LAST_NAMES[customer.language]),
        )
        if all(first not in name for name, _, _ in names):
            names.append((f"{first} {last}", roles[len(names)], customer.language))
    owner_name = names[0][0]
    tenant, owner = create_tenant(
        actor,
        NewTenant(
            name=customer.name,
            plan=customer.plan,
            owner_email=_address(owner_name, customer),
            owner_name=owner_name,
            language=customer.language,
            zone=customer.zone,
            industry=customer.industry,
            segment=_SEGMENT[customer.plan],
            mrr=Decimal(customer.seats * _SEAT_PRICE[customer.plan]),
            currency="EUR" if customer.zone.startswith("Europe") else "USD",
            seats=customer.seats,
        ),
        at=at,
    )
    join_member(actor, owner, name=owner_name, at=at)
    people = [owner]
    for name, role, language in names[1:]:
        member, _is_new = add_member(
            actor, tenant.id, email=_address(name, customer), role=role, name=name, language=language, at=at
        )
        join_member(actor, member, name=name, at=at)
        people.append(member)
    verify_domain(actor, tenant.id, customer.domain, at=at)
    return tenant, people


def _address(name: str, customer: cast.Customer) -> str:
    return f"{cast.plain(name.split()[0])}@{customer.domain}"


def _deeds(world: World, plan: list[Story], today: datetime) -> Iterable[Deed]:
    for story in plan:
        for step in story.steps:
            yield step.at, partial(_do, world, story, step)
    domains = [customer.domain for customer in cast.CUSTOMERS]
    yield from portal_deeds(partial(_scene, world), world.tenants, domains, today)


def _scene(world: World, tenant: Tenant) -> Scene:
    """With somebody who speaks the language."""
    agents = [
        row
        for person, row in zip(cast.STAFF, world.staff, strict=True)
        if Role.AGENT in person.roles and tenant.language in person.languages
    ]
    agent = agents[world.tenants.index(tenant) % len(agents)]
    return scene(tenant, world.people, agent, _member_actor, _staff_actor)


def _play(actor: Actor, deeds: Iterable[Deed]) -> None:
    """In the order of time, so that the audit log reads as it happened; the SLA watch runs along."""
    watched_at: datetime | None = None
    for at, do in deeds:
        if watched_at is None or at - watched_at > timedelta(hours=8):
            tell_due(actor, at, limit=1_000)
            watched_at = at
        do()


def _do(world: World, story: Story, step: Planned) -> None:
    tenant = world.tenants[story.customer]
    people = world.people[tenant.id]
    requester = people[story.writer % len(people)]
    agent = _agent(world, story, step.story)
    if step.step is Step.OPEN:
        world.tickets[step.story] = _open(tenant, people[0], requester, story, step)
        return
    ticket = world.tickets[step.story]
    acting = _staff_actor(agent)
    if step.step is Step.ASSIGN:
        assign_ticket(acting, ticket.id, agent.id, at=step.at)
        words = story.conversation
        classify_ticket(
            acting,
            ticket.id,
            category=words.category,
            module=words.module,
            tags=(),
            is_reproducible=None,
            at=step.at,
        )
    elif step.step is Step.AGENT:
        reply_to_ticket(acting, ticket.id, NewMessage(body=step.text, source=Source.PORTAL), at=step.at)
    elif step.step is Step.CUSTOMER:
        new = NewMessage(body=step.text, source=story.source)
        reply_to_ticket(_member_actor(requester), ticket.id, new, at=step.at)
    elif step.step is Step.NOTE:
        add_note(acting, ticket.id, NewMessage(body=step.text, source=Source.PORTAL), at=step.at)
    else:
        status = {Step.WAIT: Status.WAITING, Step.RESOLVE: Status.RESOLVED, Step.CLOSE: Status.CLOSED}[
            step.step
        ]
        by = system_actor(tenant.id, origin=Origin(door="schedule")) if step.step is Step.CLOSE else acting
        try:
            change_status(by, ticket.id, status, at=step.at)
        except Conflict:
            pass  # the customer's last word came after it was closed, say


def _open(tenant: Tenant, owner: Member, requester: Member, story: Story, step: Planned) -> Ticket:
    """What a portal user asks here comes to the operator: every other one because the owner passes it on."""
    words = story.conversation
    is_mail = story.source is Source.EMAIL
    ticket = open_ticket(
        _member_actor(requester),
        NewTicket(
            subject=words.subject,
            body=words.body,
            source=story.source,
            tenant_id=tenant.id,
            requester_id=requester.id,
            severity=None if is_mail else words.severity,
            module="" if is_mail else words.module,
            language=words.language,
            is_platform_issue=step.story % 2 == 0,
        ),
        at=step.at,
    )
    if ticket.audience == Audience.TENANT:
        ticket = escalate_ticket(_member_actor(owner), ticket.id, at=step.at + timedelta(minutes=2))
    return ticket


def _agent(world: World, story: Story, number: int) -> Staff:
    """Somebody who speaks the language; always the same for one ticket."""
    speakers = [
        row
        for person, row in zip(cast.STAFF, world.staff, strict=True)
        if Role.AGENT in person.roles and story.conversation.language in person.languages
    ]
    if story.conversation.severity is Severity.P1:
        speakers.append(next(row for row in world.staff if Role.ENGINEER in row.roles))
    return speakers[number % len(speakers)]


def _staff_actor(row: Staff) -> Actor:
    roles = frozenset(Role(role) for role in row.roles)
    return Actor(ActorKind.STAFF, None, row.id, roles, name=row.name, origin=Origin(door="web"))


def _member_actor(member: Member) -> Actor:
    roles = frozenset({Role(member.role)})
    return Actor(
        ActorKind.MEMBER, member.tenant_id, member.id, roles, name=member.name, origin=Origin(door="web")
    )


def _make_sign_ins(world: World, now: datetime) -> None:
    """Users are the doors' own tables, hence outside of any scope. One password for all, hashed once."""
    hashed = make_password(cast.PASSWORD)
    tour = {name for people in cast.TOUR.values() for name, _, _ in people}
    seats: list[tuple[str, dict[str, object]]] = [
        (row.email, {"staff": row})
        for person, row in zip(cast.STAFF, world.staff, strict=True)
        if person.signs_in
    ]
    for members in world.people.values():
        seats += [(m.email, {"member": m, "tenant_id": m.tenant_id}) for m in members if m.name in tour]
    with transaction.atomic():
        for email, seat in seats:
            user = User.objects.create(email=email, password=hashed, created_at=now)
            Membership.objects.create(user=user, created_at=now, **seat)
