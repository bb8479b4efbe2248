"""Is this process alive, and can it serve? Degraded modes are named, so that an alarm can say what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse

from mainstay.core import clock
from mainstay.core.loops.queries import loop_states
from mainstay.project.loops import loops


class State(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing of anybody else: a restart would not mend a database."""
    return _answer({"process": (State.OK, "")})


def readyz(request: HttpRequest) -> JsonResponse:
    checks: dict[str, tuple[State, str]] = {}
    for name, check in CHECKS.items():
        try:
            checks[name] = check()
        except (DatabaseError, InterfaceError):
            checks[name] = (State.DOWN, "not reachable")
        if checks[name][0] is State.DOWN:
            break  # the others would only say the same
    return _answer(checks)


def _answer(checks: dict[str, tuple[State, str]]) -> JsonResponse:
    states = {state for state, _why in checks.values()}
    worst = next(state for state in (State.DOWN, State.DEGRADED, State.OK) if state in states)
    response = JsonResponse(
        {
            "status": worst,
            "checks": {name: {"status": state, "detail": why} for name, (state, why) in checks.items()},
        },
        status=HTTPStatus.SERVICE_UNAVAILABLE if worst is State.DOWN else HTTPStatus.OK,
    )
    response["Cache-Control"] = "no-store"
    return response


def _database() -> tuple[State, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool")
        (is_read_only,) = cursor.fetchone()
    return (State.DEGRADED, "read-only") if is_read_only else (State.OK, "")


def _worker() -> tuple[State, str]:
    """Names the loops that gave no sign for a minute longer than they should, or whose last run failed."""
    states = loop_states(loops(), at=clock.now())
    late = [state.name for state in states if state.is_late]
    failing = [state.name for state in states if state.last_error and not state.is_late]
    if len(late) == len(states):
        return State.DEGRADED, "no worker is running"
    words = [f"late: {', '.join(late)}"] * bool(late) + [f"failing: {', '.join(failing)}"] * bool(failing)
    return (State.DEGRADED, "; ".join(words)) if words else (State.OK, "")


def _mail() -> tuple[State, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT late, refused FROM mail_backlog(%s)", [clock.now()])
        late, refused = cursor.fetchone()
    if late or refused >= _REFUSED:
        return State.DEGRADED, f"late: {late}; refused, and waiting for another attempt: {refused}"
    return State.OK, ""


def _mailboxes() -> tuple[State, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT failing FROM mailbox_trouble(%s)", [clock.now()])
        (failing,) = cursor.fetchone()
    return (State.DEGRADED, f"failing: {failing}") if failing else (State.OK, "")


_REFUSED: Final = 3
"""Fewer are the trouble of single mailboxes."""
CHECKS: Final[dict[str, Callable[[], tuple[State, str]]]] = {
    "database": _database,
    "worker": _worker,
    "mail": _mail,
    "mailboxes": _mailboxes,
}
