"""Another customer's things cannot be told from things that do not exist."""

from uuid import UUID

import pytest
from django.test import Client

from mainstay.people.tenants.tests.make import sign_in, some_id
from tests.api.cast import CALLS, Call, Route, Things, routes, with_key

WITH_ID = [route for route in routes() if route.has_id]


def about(call: Call, thing: UUID, other: UUID) -> Call:
    assert str(thing) in call.path
    return Call(call.method, call.path.replace(str(thing), str(other)), call.body, call.form)


def thing_of(call: Call) -> UUID:
    """The id in the path."""
    return next(UUID(part) for part in call.path.partition("?")[0].split("/") if len(part) == 36)


@pytest.mark.parametrize("route", WITH_ID, ids=lambda r: r.name)
def test_another_customers_key(route: Route, things: Things) -> None:
    call = CALLS[route.name](things)
    gus = with_key(things.globex_key)
    theirs, none = call.send(gus), about(call, thing_of(call), some_id()).send(gus)
    assert theirs.status_code in ((403, 404) if call.is_staffs else (404,))
    assert theirs.status_code == none.status_code
    assert _without_id(theirs) == _without_id(none)


@pytest.mark.parametrize("route", WITH_ID, ids=lambda r: r.name)
def test_another_customers_owner_signed_in(route: Route, things: Things, client: Client) -> None:
    call = CALLS[route.name](things)
    gus = sign_in(client, things.world.gus)
    theirs, none = call.send(gus), about(call, thing_of(call), some_id()).send(gus)
    assert theirs.status_code in ((403, 404) if call.is_staffs else (404,))
    assert _without_id(theirs) == _without_id(none)


def test_ids_inside_a_body(things: Things) -> None:
    """Ana, her ticket's file, Félix: named by Globex's key, they are nobody and nothing."""
    world, gus = things.world, with_key(things.globex_key)
    new = {"subject": "x", "body": "y", "requester": {"email": world.gus.email}}
    made = Call("POST", "/support/tickets", new).send(gus)
    assert made.status_code == 201
    mine = made.json()["id"]
    refused = [
        (Call("POST", "/support/tickets", {**new, "requester": {"id": str(world.ana.id)}}), "requester"),
        (Call("POST", "/support/tickets", {**new, "requester": {"email": world.ana.email}}), "requester"),
        (Call("POST", "/support/tickets", {**new, "tenant": "acme"}), "tenant"),
        (
            Call(
                "POST",
                "/support/tickets",
                {**new, "subject": "z", "attachments": [str(things.attachment.id)]},
            ),
            "attachments",
        ),
        (
            Call(
                "POST",
                f"/support/tickets/{mine}/messages",
                {"body": "b", "author": {"id": str(world.ana.id)}},
            ),
            "author",
        ),
        (
            Call("POST", f"/support/tickets/{mine}/shares", {"member": {"id": str(world.felix.id)}}),
            "member",
        ),
        (Call("GET", "/support/tickets?tenant=acme"), "tenant"),
        (Call("GET", f"/people?tenant={world.acme.id}"), "tenant"),
        (
            Call("POST", "/support/attachments", form={"file": b"x", "tenant_id": str(world.acme.id)}),
            "tenant_id",
        ),
    ]
    for call, field in refused:
        answer = call.send(gus)
        assert (answer.status_code, [*answer.json()["fields"]]) == (422, [field]), call


def test_lists_hold_only_ones_own(things: Things) -> None:
    gus = with_key(things.globex_key)
    assert Call("GET", "/support/tickets").send(gus).json()["items"] == []
    people = Call("GET", "/people").send(gus).json()["items"]
    assert [person["name"] for person in people] == ["Gus"]
    for query in (f"requester={things.world.ana.id}", "requester_email=ana@acme.example", "number=1"):
        assert Call("GET", f"/support/tickets?{query}").send(gus).json()["items"] == []


def _without_id(answer: object) -> dict[str, object]:
    body = answer.json()  # type: ignore[attr-defined]
    body.pop("request_id")
    return body
