"""An error after the write leaves no row: the scope closes before the error becomes an answer."""

from typing import Any

import psycopg
import pytest

from mainstay.core.api import router
from tests.api.cast import CALLS, Route, Things, caller, routes

UNSAFE = [route for route in routes() if not route.is_safe]
_OUTSIDE = {"rate_bucket"}  # what the doors count is meant to stay


def contents(admin: psycopg.Connection) -> dict[str, str]:
    tables = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'r'"
    ).fetchall()
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
    return {
        name: admin.execute(digest.format(name)).fetchone()[0] for (name,) in tables if name not in _OUTSIDE
    }


@pytest.mark.parametrize("route", UNSAFE, ids=lambda r: r.name)
def test_nothing_stays_of_a_request_that_fails(
    route: Route,
    committed_things: Things,
    admin_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = CALLS[route.name](committed_things)
    acted: list[Any] = []
    render = router._render

    def broken(door: Any, result: Any) -> Any:
        render(door, result)
        acted.append(result)
        raise RuntimeError("after the write")

    monkeypatch.setattr(router, "_render", broken)
    before = contents(admin_connection)
    answer = call.send(caller(committed_things, call), idempotency_key="once")
    assert acted
    assert answer.status_code == 500
    assert answer.json()["code"] == "unexpected"
    assert "after the write" not in answer.content.decode()
    assert contents(admin_connection) == before

    monkeypatch.undo()
    assert call.send(caller(committed_things, call), idempotency_key="once").status_code < 300
    if route.name != "unshare":  # nobody had it
        assert contents(admin_connection) != before
