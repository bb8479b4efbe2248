"""Who gets which hint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS, Role
from mainstay.core.events.types import Fact, Mark, Visibility

PING: Final = b": ping\n\n"
REFRESH: Final = b"event: refresh\ndata: {}\n\n"
"""Something may have been missed: fetch what is shown again."""
NOTICE: Final = b'data: {"kind":"notice","name":"notice.changed"}\n\n'
"""Something in one's own inbox is new or read. It names nothing; whoever hears it asks for the count."""
_REVOKING: Final = frozenset(
    {"member.suspended", "staff.deactivated", "staff.roles_changed", "member.role_changed"}
)


_PORTAL_USERS_HEAR: Final = frozenset(
    {
        "ticket.opened",
        "ticket.replied",
        "ticket.status_changed",
        "ticket.severity_changed",
        "ticket.escalated",
        "ticket.followed_up",
    }
)
"""Of their own ticket: not that somebody makes notes about it, nor of promises, which are not theirs."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose stream it is, as the session said when it was last looked at."""

    session: str
    user_id: UUID
    tenant_id: UUID | None
    """None: staff."""
    person_id: UUID
    roles: frozenset[Role]

    @property
    def is_staff(self) -> bool:
        return self.tenant_id is None

    @property
    def sees_whole_tenant(self) -> bool:
        return not self.roles.isdisjoint(TENANT_MANAGERS)

    @property
    def sees_shared(self) -> bool:
        return self.roles.isdisjoint(PORTAL_ROLES)


@dataclass(frozen=True, slots=True)
class TicketAudience:
    """Who of a customer's ordinary members may know of a ticket; the same as `tickets.queries.visible_tickets`."""

    requester_id: UUID
    is_shared: bool
    follower_ids: frozenset[UUID]
    """And who of the customer works on it."""

    def includes(self, viewer: Viewer) -> bool:
        if viewer.person_id == self.requester_id:
            return True
        return viewer.sees_shared and (self.is_shared or viewer.person_id in self.follower_ids)


@dataclass(frozen=True, slots=True)
class Hint:
    mark: Mark
    tenant_id: UUID | None
    visibility: str
    kind: str
    subject_id: UUID
    audience: TicketAudience | None
    """Of a ticket, where somebody is connected to whom it matters."""
    revokes: UUID | None
    """A person whose session must be looked at again."""
    text: bytes
    is_for_portal_users: bool = True


def hint_of(fact: Fact, mark: Mark, audience: TicketAudience | None) -> Hint:
    data = {"kind": fact.subject_kind, "id": str(fact.subject_id), "name": fact.name, "n": fact.n}
    return Hint(
        mark,
        fact.tenant_id,
        fact.visibility,
        fact.subject_kind,
        fact.subject_id,
        audience,
        fact.subject_id if fact.name in _REVOKING else None,
        f"id: {token_of(mark)}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode(),
        is_for_portal_users=fact.name in _PORTAL_USERS_HEAR,
    )


def may_get(viewer: Viewer, hint: Hint) -> bool:
    if viewer.is_staff:
        return hint.visibility != Visibility.TENANT
    if hint.tenant_id != viewer.tenant_id or hint.visibility == Visibility.OPERATOR:
        return False
    if viewer.sees_whole_tenant:
        return True
    if hint.kind == "ticket":
        if not (viewer.sees_shared or hint.is_for_portal_users):
            return False
        return hint.audience is not None and hint.audience.includes(viewer)
    return hint.subject_id == viewer.person_id


def token_of(mark: Mark) -> str:
    return f"{mark.tx}-{mark.n}"


def mark_of(token: str) -> Mark | None:
    """Of what a client says it saw last; None for what we never said."""
    tx, _, n = token.partition("-")
    if len(token) > 40 or not (tx.isascii() and tx.isdigit() and n.isascii() and n.isdigit()):
        return None
    return Mark(int(tx), int(n))


def people_of(payload: str) -> frozenset[UUID]:
    """Ids by comma, as `notices.telling` says them; what is none is left out."""
    found = set()
    for part in payload.split(","):
        try:
            found.add(UUID(part))
        except ValueError:
            continue
    return frozenset(found)
