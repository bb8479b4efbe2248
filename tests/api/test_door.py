"""No operation without the door, none without a row in the cast's table."""

import pytest
from django.test import Client

from mainstay.core.api.router import Router
from mainstay.people.tenants.tests.make import tenant_key
from tests.api.cast import CALLS, Route, Things, caller, routes, with_key

ROUTES = routes()


def test_there_are_operations_to_walk() -> None:
    assert len(ROUTES) > 15


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_every_operation_stands_behind_the_door(route: Route) -> None:
    assert getattr(route.view, "door", None) is not None, "declare it on mainstay.core.api.router.Router"


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_every_operation_has_its_row(route: Route) -> None:
    assert route.name in CALLS, "add a valid request to tests/api/cast.py"


def test_no_two_operations_share_a_name() -> None:
    assert len({r.name for r in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_the_rows_requests_are_valid(route: Route, promises: None, things: Things) -> None:
    call = CALLS[route.name](things)
    assert call.method == route.method
    answer = call.send(caller(things, call))
    assert answer.status_code in (200, 201, 204), b"".join(answer)
    assert answer["RateLimit-Remaining"]
    assert answer["X-Request-ID"]
    answer.close()


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_nobody_in_particular_gets_nowhere(route: Route, things: Things) -> None:
    answer = CALLS[route.name](things).send(Client())
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.is_safe], ids=lambda r: r.name)
def test_a_key_without_scopes_changes_nothing(route: Route, things: Things) -> None:
    answer = CALLS[route.name](things).send(with_key(tenant_key(things.world.acme, "nothing")))
    assert answer.status_code in (403, 404)


def test_a_view_must_take_the_actor_first() -> None:
    def view(request: object) -> None: ...

    with pytest.raises(TypeError, match="actor first"):
        Router().get("/x")(view)
