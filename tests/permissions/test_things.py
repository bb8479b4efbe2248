"""Who may do what to people, invitations, keys, appearance, audit and new tickets: role × operation (PPL-10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.events.models import Event
from mainstay.core.events.queries import visible_events
from mainstay.people.access.actions import (
    create_api_key,
    create_operator_key,
    invite_member,
    resend_invitation,
    revoke_api_key,
    revoke_invitation,
)
from mainstay.people.access.queries import keys_of, open_invitations
from mainstay.people.messages.queries import visible_deliveries
from mainstay.people.tenants.actions import change_branding, change_role, suspend_member
from mainstay.people.tenants.branding import Branding
from mainstay.people.tenants.queries import visible_member
from mainstay.support.channels.queries import visible_mails
from mainstay.support.tickets.actions import NewTicket, open_ticket
from mainstay.support.tickets.rules import Source
from tests.permissions.cast import Cast, make_cast
from tests.permissions.test_tickets import LATER, may

pytestmark = pytest.mark.django_db
Operation = Callable[[Actor, Cast], object]


def _found(rows: object) -> None:
    if not rows:
        raise NotFound


def _open_for(whom: str) -> Operation:
    def act(actor: Actor, cast: Cast) -> object:
        requester = {"felix": cast.world.felix.id, "self": actor.member_id}[whom]
        new = NewTicket(
            subject="s", body="b", source=Source.PORTAL, tenant_id=cast.world.acme.id, requester_id=requester
        )
        return open_ticket(actor, new, at=LATER)

    return act


# Letter → what it is, and the trial. All of it is Acme's, but that `K` and `b` are about one's own customer.
OPERATIONS: dict[str, tuple[str, Operation]] = {
    "t": ("open a ticket of one's own", _open_for("self")),
    "T": ("open a ticket for Félix", _open_for("felix")),
    "p": ("see Félix among the people", lambda a, c: visible_member(a, c.world.felix.id)),
    "r": ("change Félix's role", lambda a, c: change_role(a, c.world.felix.id, "pm", at=LATER)),
    "o": ("make Félix an owner", lambda a, c: change_role(a, c.world.felix.id, "owner", at=LATER)),
    "s": ("suspend Félix", lambda a, c: suspend_member(a, c.world.felix.id, at=LATER)),
    "i": ("invite a client", lambda a, c: _invite(a, c)),
    "I": ("see open invitations", lambda a, c: _found(open_invitations(a, c.world.acme.id, [c.newcomer.id]))),
    "R": ("send an invitation again", lambda a, c: resend_invitation(a, c.newcomer.id, at=LATER)),
    "x": ("take an invitation back", lambda a, c: revoke_invitation(a, c.newcomer.id, at=LATER)),
    "k": ("see keys", lambda a, c: _found(keys_of(a, c.world.acme.id))),
    "K": ("make a key", lambda a, c: create_api_key(a, name="k", scopes=["tickets:read"], at=LATER)),
    "X": ("revoke a key", lambda a, c: revoke_api_key(a, c.key.id, at=LATER)),
    "O": ("make an operator's key", lambda a, c: create_operator_key(a, name="k", scopes=["plans:write"], at=LATER)),
    "b": ("change the appearance", lambda a, c: change_branding(a, Branding("Help"), at=LATER)),
    "a": ("read the audit log", lambda a, c: _found(visible_events(a))),
    "d": ("see what was mailed", lambda a, c: _allowed(a, "outbox")),
    "D": ("see what came by mail", lambda a, c: _allowed(a, "inbound")),
}  # fmt: skip
THINGS = """
owner                | tTprosiIRxkKXba
tenant_admin         | tTprsiIRxkKXba
pm                   | tp
field                | tTp
client               | t
vendor               | t
contact              | -
other owner          | Kb
admin                | TprosiIRxkOadD
agent                | TpdD
cs_manager           | prosiIRxkad
csm                  | TprosiIRxkd
engineer             | Tpk
executive            | pa
product              | p
services             | p
support_manager      | TprsiIRxkadD
key: all             | TprsiIRxa
key: tickets:read    | -
key: none            | -
operator key: all    | TprsiIRxadD
operator key: none   | -
anonymous            | -
"""


def _invite(actor: Actor, cast: Cast) -> object:
    return invite_member(actor, cast.world.acme.id, email="new@acme.example", role="client", at=LATER)


def _allowed(actor: Actor, what: str) -> None:
    """Whether the query would answer at all: the rows are not the point."""
    found = visible_deliveries(actor) if what == "outbox" else visible_mails(actor)
    if found.query.is_empty():
        raise NotFound


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def outcome(cast: Cast) -> dict[str, str]:
    return {
        name: "".join(
            letter
            for letter, (_what, operation) in OPERATIONS.items()
            if may(actor, lambda operation=operation, actor=actor: operation(actor, cast))  # type: ignore[misc]
        )
        for name, actor in cast.actors.items()
    }


def render(cast: Cast) -> str:
    return "\n".join(f"{name:<20} | {letters or '-'}" for name, letters in outcome(cast).items())


def test_role_by_thing(cast: Cast) -> None:
    lines = [line.split("|") for line in THINGS.strip().splitlines()]
    table = {name.strip(): letters.strip().strip("-") for name, letters in lines}
    assert outcome(cast) == table


def test_staff_find_nothing_of_a_customers_own_queue_in_any_log(cast: Cast) -> None:
    """Not in the audit log, nor among the mails: what happened while it was the customer's own."""
    theirs = {cast.tickets[name].id for name in ("client's", "given to pm")}
    for name, actor in cast.actors.items():
        if not actor.is_staff:
            continue
        seen: list[object] = []

        def look(actor: Actor = actor, seen: list[object] = seen) -> None:
            seen += list(Event.objects.filter(subject_id__in=theirs))
            seen += list(Event.objects.filter(subject_id=cast.tickets["escalated"].id, name="ticket.opened"))

        assert may(actor, look)
        assert seen == [], name
