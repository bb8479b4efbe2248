"""The scope: one transaction, bound to one database role and at most one tenant.

Doors open it around the action *and* the rendering of its answer; middleware never does, since an error
handler that swallows the exception would commit half-written rows. Outside a scope the login may read
plumbing and call the lookup functions, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from mainstay.core.actor import Actor, ActorKind, system_actor
from mainstay.core.prepared import prepared_cursor
from mainstay.core.wall.roles import roles

_ROLE_OF: Final = {
    ActorKind.MEMBER: "tenant",
    ActorKind.TENANT_KEY: "tenant",
    ActorKind.VISITOR: "tenant",
    ActorKind.STAFF: "staff",
    ActorKind.OPERATOR_KEY: "staff",
}
# Work that must see every tenant at once. A new name is a decision to review: it passes the wall.
SWEEPS: Final = frozenset(
    {
        "follow_events",
        "live_stream",
        "run_jobs",
        "send_notices",
        "run_imports",
        "watch_clocks",
        "recompute_clocks",
        "install_presets",
        "take_in_mail",
        "send_mail",
        "close_resolved",
        "privacy",
        "retention",
        "reseal_secrets",
        "run_schedules",
        "follow_webhooks",
        "send_webhooks",
        "first_admin",
        "welcome_staff",
        "demo",
        "bench",
    }
)


class SwallowedError(RuntimeError):
    """The scope's work was undone, although its body ended without an error."""


_open: ContextVar[Actor | None] = ContextVar("mainstay_scope", default=None)
_bound_to: ContextVar[tuple[str, str, str, int]] = ContextVar("mainstay_scope_bound_to")


def current_actor() -> Actor | None:
    return _open.get()


@contextmanager
def scope(actor: Actor, *, timeout_ms: int = 15_000) -> Iterator[Actor]:
    """Bind the transaction to the actor. Outermost only; leaving it by an exception undoes everything."""
    with _bound(_role_for(actor), actor.tenant_id, actor, timeout_ms):
        yield actor


@contextmanager
def operator_scope(actor: Actor, *, timeout_ms: int = 15_000) -> Iterator[Actor]:
    """The product itself, at work on the operator's own affairs: it sees what staff may see, no more."""
    if not actor.is_system or actor.tenant_id is not None:
        raise ValueError("only a system actor without a tenant")
    with _bound("staff", None, actor, timeout_ms):
        yield actor


@contextmanager
def sweep(name: str, *, timeout_ms: int = 60_000) -> Iterator[Actor]:
    """All tenants at once, for the named sweeps only."""
    if name not in SWEEPS:
        raise ValueError(f"{name} is not a named sweep")
    actor = system_actor(name=name)
    with _bound("sweep", None, actor, timeout_ms):
        yield actor


@contextmanager
def as_door() -> Iterator[None]:
    """For a moment the doors role, in the scope's own transaction: a change of plumbing (a person's factors, their
    sessions) and the event that tells of it are kept together, or neither. It sees no row of any customer, so it
    gives nothing that the scope lacks but plumbing. Outside any scope the login is that role already.
    """
    if _open.get() is None:
        yield
        return
    _leave()
    try:
        yield
    finally:
        # After a failed statement nothing can be run; the rollback that follows gives the scope's role back.
        if connection.connection.info.transaction_status is not TransactionStatus.INERROR:
            _enter(*_bound_to.get())


def _role_for(actor: Actor) -> str:
    if actor.kind is ActorKind.SYSTEM:
        if actor.tenant_id is None:
            raise ValueError("a system actor without a tenant works in a named sweep")
        return "job"
    if actor.is_tenant_side and actor.tenant_id is None:
        raise ValueError("a tenant's actor without a tenant")
    return _ROLE_OF[actor.kind]


@contextmanager
def _bound(role: str, tenant_id: UUID | None, actor: Actor, timeout_ms: int) -> Iterator[None]:
    if _open.get() is not None:
        raise RuntimeError("a scope is already open; doors open it, nothing below them does")
    with transaction.atomic(durable=True):
        person_id = actor.member_id or actor.staff_id
        bound_to = (roles().scope(role), str(tenant_id or ""), str(person_id or ""), timeout_ms)
        _enter(*bound_to)
        token, place = _open.set(actor), _bound_to.set(bound_to)
        try:
            yield
        finally:
            _open.reset(token)
            _bound_to.reset(place)
        if connection.needs_rollback:
            # Somebody caught an error and went on: Django would undo everything and say nothing.
            raise SwallowedError("an error inside the scope was swallowed; nothing of it was kept")
        # Inside a test's own transaction this block was only a savepoint, which keeps SET LOCAL when it
        # is released; give the role back by hand. (A rolled-back one has already undone it.)
        if len(connection.atomic_blocks) > 1:
            _leave()


_ENTER: Final = """
    SELECT set_config('role', %s, true), set_config('mainstay.tenant', %s, true),
           set_config('mainstay.person', %s, true), set_config('statement_timeout', %s, true)
"""


def _enter(role: str, tenant: str, person: str, timeout_ms: int) -> None:
    """What SET LOCAL does, as one prepared statement. It travels together with the transaction's BEGIN."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline(), prepared_cursor() as cursor:
        cursor.execute(_ENTER, [role, tenant, person, str(timeout_ms)])


def _leave() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL ROLE {roles().app}; SET LOCAL mainstay.tenant = ''; SET LOCAL mainstay.person = ''; "
            "SET LOCAL statement_timeout = 0"
        )
