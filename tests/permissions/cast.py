"""Who acts, and on what: one customer, Acme, with a ticket of each kind."""

from __future__ import annotations

import io
from dataclasses import dataclass
from uuid import UUID

from mainstay.core.actor import STAFF_ROLES, TENANT_MANAGERS, Actor, ActorKind, Role, key_scopes_for
from mainstay.core.storage.files import save
from mainstay.people.access.actions import create_api_key, invite_member
from mainstay.people.access.models import ApiKey
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import (
    World,
    acting_as,
    actor_of,
    builders_scope,
    make_member,
    make_staff,
    make_world,
    some_id,
)
from mainstay.support.tickets.actions import (
    NewMessage,
    add_note,
    add_tenant_note,
    escalate_ticket,
    give_ticket,
    share_ticket,
    store_file,
)
from mainstay.support.tickets.models import Attachment, Ticket
from mainstay.support.tickets.rules import Source
from mainstay.support.tickets.tests.make import OPENED_AT, make_reply, make_ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@dataclass(frozen=True)
class Cast:
    world: World
    actors: dict[str, Actor]
    tickets: dict[str, Ticket]
    own: dict[str, Ticket]
    """Of each who can have one."""
    files: dict[str, Attachment]
    """On the escalated ticket: with a message for all, with a note of the customer's, with one of the operator's."""
    newcomer: Member
    """Invited by Ana."""
    key: ApiKey


def make_cast() -> Cast:
    world = make_world()
    with builders_scope():
        berta = make_member(world.acme, "Berta", Role.TENANT_ADMIN)
        pia = make_member(world.acme, "Pia", Role.PM)
        viktor = make_member(world.acme, "Viktor", Role.VENDOR)
        contact = make_member(world.acme, "Konrad", Role.CONTACT)
        staff = {str(role): make_staff(str(role), role) for role in sorted(STAFF_ROLES)}
    people = {
        "owner": world.ana,
        "tenant_admin": berta,
        "pm": pia,
        "field": world.felix,
        "client": world.clara,
        "vendor": viktor,
        "contact": contact,
        "other owner": world.gus,
    }
    actors = {name: actor_of(person) for name, person in {**people, **staff}.items()}
    theirs, ours = (frozenset(key_scopes_for(side)) for side in (TENANT_MANAGERS, STAFF_ROLES))
    for name, kind, tenant_id, scopes in (
        ("key: all", ActorKind.TENANT_KEY, world.acme.id, theirs),
        ("key: tickets:read", ActorKind.TENANT_KEY, world.acme.id, frozenset({"tickets:read"})),
        ("key: none", ActorKind.TENANT_KEY, world.acme.id, frozenset[str]()),
        ("operator key: all", ActorKind.OPERATOR_KEY, None, ours),
        ("operator key: none", ActorKind.OPERATOR_KEY, None, frozenset[str]()),
    ):
        actors[name] = Actor(kind, tenant_id, some_id(), key_scopes=scopes)
    actors["anonymous"] = Actor(ActorKind.VISITOR, world.acme.id)
    own = {
        name: make_ticket(people[name])
        for name in ("owner", "tenant_admin", "pm", "field", "client", "vendor")
    }
    with acting_as(world.ana) as ana:
        invite_member(ana, world.acme.id, email="nadia@acme.example", role="pm", at=OPENED_AT)
        key, _token = create_api_key(ana, name="Import", scopes=["tickets:read"], at=OPENED_AT)
    with builders_scope():
        newcomer = Member.objects.get(email="nadia@acme.example")
    tickets = _tickets(world, pia)
    return Cast(world, actors, tickets, own, _files(world, tickets["escalated"]), newcomer, key)


def _tickets(world: World, pia: Member) -> dict[str, Ticket]:
    with builders_scope():
        cleo = make_member(world.acme, "Cleo", Role.CLIENT)
        someone = make_member(world.acme, "Sol", Role.PM)
    tickets = {"colleague's": make_ticket(someone), "shared": make_ticket(someone)}
    tickets |= {name: make_ticket(cleo) for name in ("client's", "given to pm", "escalated")}
    tickets["platform issue"] = make_ticket(cleo, is_platform_issue=True)
    for ticket in tickets.values():
        make_reply(ticket, cleo if ticket.requester_id == cleo.id else someone)
    with acting_as(world.ana) as ana:
        share_ticket(ana, tickets["shared"].id, with_everybody=True, at=OPENED_AT)
        give_ticket(ana, tickets["given to pm"].id, pia.id, at=OPENED_AT)
    return tickets


def _files(world: World, ticket: Ticket) -> dict[str, Attachment]:
    """Then it is passed on."""
    files = {}
    for name, person in (("all", world.ana), ("tenant", world.ana), ("operator", world.ari)):
        stored = save(world.acme.id, f"{name}.png", io.BytesIO(PNG))
        if name == "operator":
            with acting_as(world.ana) as ana:
                escalate_ticket(ana, ticket.id, at=OPENED_AT)
        with acting_as(person) as actor:
            files[name] = store_file(actor, world.acme.id, stored, at=OPENED_AT)
            new = NewMessage(body=name, source=Source.PORTAL, attachment_ids=(files[name].id,))
            if name == "all":
                make_reply(ticket, world.ana, name, attachment_ids=new.attachment_ids)
            elif name == "tenant":
                add_tenant_note(actor, ticket.id, new, at=OPENED_AT)
            else:
                add_note(actor, ticket.id, new, at=OPENED_AT)
    return files


def person_id(cast: Cast, name: str) -> UUID:
    found = cast.actors[name].person_id
    assert found is not None
    return found
