"""Who may do what to a ticket: role × operation, as one table (PPL-10)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from mainstay.core.actor import Role
from mainstay.people.tenants.tests.make import (
    World,
    builders_scope,
    make_member,
    make_staff,
    make_user,
    operator_key,
    sign_in,
    tenant_key,
)
from mainstay.support.tickets.tests.make import make_note, make_ticket
from tests.api.cast import Call, with_key

T = "/support/tickets"
NEW = {"subject": "s", "body": "b"}
# Done to a ticket of Ana's (the owner), which nobody shares. The letters are the operations below.
OPERATIONS: dict[str, Callable[[str, World], Call]] = {
    "r": lambda t, w: Call("GET", f"{T}/{t}"),
    "m": lambda t, w: Call("POST", f"{T}/{t}/messages", {"body": "x"}),
    "n": lambda t, w: Call("POST", f"{T}/{t}/messages", {"body": "x", "visibility": "operator"}),
    "s": lambda t, w: Call("PUT", f"{T}/{t}/status", {"status": "resolved"}),
    "v": lambda t, w: Call("PUT", f"{T}/{t}/severity", {"severity": "P2"}),
    "a": lambda t, w: Call("PUT", f"{T}/{t}/assignee", {"assignee_id": str(w.ari.id)}),
    "h": lambda t, w: Call("POST", f"{T}/{t}/shares", {"member": {"id": str(w.felix.id)}}),
    "o": lambda t, w: Call("POST", T, {**NEW, "tenant": "acme", "requester": {"id": str(w.ana.id)}}),
}
MATRIX = {
    "owner": "rmsho",
    "tenant_admin": "rmsho",
    "pm": "",
    "field": "",
    "client": "",
    "vendor": "",
    "agent": "rmnsvaho",
    "support_manager": "rmnsvaho",
    "engineer": "rmnsvaho",
    "admin": "rmnsvaho",
    "csm": "rmno",
    "cs_manager": "rn",
    "product": "rn",
    "services": "rn",
    "executive": "rn",
    "tenant key": "rmsho",
    "tenant key: tickets:read": "r",
    "operator key": "rmnsvaho",
    "operator key: tickets:read": "r",
    "operator key: tickets:read tickets:notes": "rn",
    "operator key: tickets:read tickets:triage": "rva",
    "Gus": "",
}


# Done to a ticket of Clara's (a portal user), in Acme's own queue: through the doors, what the table in
# `tests/permissions` says of the actions.
QUEUE_OPERATIONS: dict[str, Callable[[str, World], Call]] = {
    **{letter: OPERATIONS[letter] for letter in "rmnsva"},
    "t": lambda t, w: Call("POST", f"{T}/{t}/messages", {"body": "x", "visibility": "tenant"}),
    "w": lambda t, w: Call("PUT", f"{T}/{t}/status", {"status": "waiting_on_customer"}),
    "g": lambda t, w: Call("PUT", f"{T}/{t}/handler", {"handler": {"id": str(w.ana.id)}}),
    "p": lambda t, w: Call("PUT", f"{T}/{t}/priority", {"priority": "low"}),
    "e": lambda t, w: Call("POST", f"{T}/{t}/escalate", {"note": "Yours."}),
}
_OPERATORS = (
    "agent",
    "support_manager",
    "engineer",
    "admin",
    "csm",
    "cs_manager",
    "product",
    "services",
    "executive",
)
QUEUE_MATRIX = {
    "owner": "rmstwgpe",
    "tenant_admin": "rmstwgpe",
    **dict.fromkeys(("pm", "field", "client", "vendor", *_OPERATORS, "operator key", "Gus"), ""),
    "tenant key": "rmstwgpe",
    "tenant key: tickets:read": "r",
    "tenant key: tickets:read tickets:write": "rmse",
    "tenant key: tickets:read tickets:triage": "rp",
    "tenant key: tickets:read tickets:triage people:read": "rgp",
    "tenant key: tickets:read tickets:notes": "rt",
}


def caller(name: str, world: World) -> Client:
    who, _colon, scopes = name.partition(": ")
    if who == "Gus":
        return sign_in(Client(), world.gus)
    if who == "tenant key":
        return with_key(tenant_key(world.acme, *scopes.split()))
    if who == "operator key":
        return with_key(operator_key(*scopes.split()))
    with builders_scope():
        role = Role(name)
        person: Any = (
            make_member(world.acme, "Somebody", role)
            if role in Role.__members__.values() and _is_member(role)
            else make_staff("Somebody", role)
        )
    make_user(person)
    return sign_in(Client(), person)


def _is_member(role: Role) -> bool:
    from mainstay.core.actor import MEMBER_ROLES

    return role in MEMBER_ROLES


@pytest.mark.parametrize("name", MATRIX)
def test_who_may_do_what(name: str, world: World) -> None:
    client = caller(name, world)
    allowed = ""
    for letter, operation in OPERATIONS.items():
        ticket = make_ticket(world.ana)  # each on a fresh one
        answer = operation(str(ticket.id), world).send(client)
        assert answer.status_code in (200, 201, 403, 404, 422), answer.content
        if answer.status_code < 300:
            allowed += letter
    assert sorted(allowed) == sorted(MATRIX[name])


@pytest.mark.parametrize("name", QUEUE_MATRIX)
def test_who_may_do_what_in_the_customers_own_queue(name: str, world: World) -> None:
    client = caller(name, world)
    allowed = ""
    for letter, operation in QUEUE_OPERATIONS.items():
        ticket = make_ticket(world.clara)
        answer = operation(str(ticket.id), world).send(client)
        assert answer.status_code in (200, 201, 403, 404, 409, 422), answer.content
        if answer.status_code < 300:
            allowed += letter
    assert sorted(allowed) == sorted(QUEUE_MATRIX[name])


def test_the_list_of_the_own_queue(world: World) -> None:
    ticket = make_ticket(world.clara)
    for who, seen in (("ana", True), ("felix", False), ("gus", False), ("ari", False), ("max", False)):
        client = sign_in(Client(), {**world.members, **world.staff}[who])
        for query in ("?audience=tenant", "?handler=none", f"?number={ticket.number}"):
            rows = Call("GET", f"{T}{query}").send(client).json()["items"]
            assert bool(rows) is seen, (who, query)
    ana = sign_in(Client(), world.ana)
    assert Call("GET", f"{T}?handler=me").send(ana).json()["items"] == []
    Call("PUT", f"{T}/{ticket.id}/handler", {"handler": {"email": world.ana.email}}).send(ana)
    (row,) = Call("GET", f"{T}?handler=me").send(ana).json()["items"]
    assert (row["handler"]["name"], row["audience"]) == ("Ana", "tenant")
    clara = sign_in(Client(), world.clara)
    assert Call("GET", f"{T}/{ticket.id}").send(clara).json()["handler"] is None
    Call("POST", f"{T}/{ticket.id}/escalate", {}).send(ana)
    ari = sign_in(Client(), world.ari)
    assert Call("GET", f"{T}/{ticket.id}").send(ari).json()["handler"] is None


def test_every_role_has_its_line() -> None:
    for table in (MATRIX, QUEUE_MATRIX):
        assert {role.value for role in Role} - {"contact"} <= {*table}


def test_own_and_shared_tickets(world: World) -> None:
    """Félix sees his own and what is shared with him; Clara never more than her own."""
    own = {name: make_ticket(person) for name, person in world.members.items()}
    felix, clara, ana = (sign_in(Client(), p) for p in (world.felix, world.clara, world.ana))

    def seen(client: Client) -> set[str]:
        rows = Call("GET", T).send(client).json()["items"]
        return {name for name, ticket in own.items() if str(ticket.id) in {row["id"] for row in rows}}

    assert (seen(ana), seen(felix), seen(clara)) == ({"ana", "felix", "clara"}, {"felix"}, {"clara"})
    share = Call("POST", f"{T}/{own['ana'].id}/shares", {"member": {"id": str(world.felix.id)}})
    assert [m["name"] for m in share.send(ana).json()["members"]] == ["Félix"]
    assert seen(felix) == {"ana", "felix"}
    take = Call("DELETE", f"{T}/{own['ana'].id}/shares?member={world.felix.id}")
    assert take.send(ana).json()["members"] == []
    assert seen(felix) == {"felix"}
    everybody = Call("POST", f"{T}/{own['ana'].id}/shares", {"everybody": True})
    assert everybody.send(ana).json()["everybody"] is True
    assert (seen(felix), seen(clara)) == ({"ana", "felix"}, {"clara"})


def test_notes_are_the_operators_alone(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_note(ticket, world.ari, "They pay late.")
    bodies = {
        who: [m["body"] for m in Call("GET", f"{T}/{ticket.id}").send(client).json()["messages"]]
        for who, client in {
            "ari": sign_in(Client(), world.ari),
            "ana": sign_in(Client(), world.ana),
            "key": with_key(tenant_key(world.acme)),
        }.items()
    }
    assert [who for who, found in bodies.items() if "They pay late." in found] == ["ari"]
