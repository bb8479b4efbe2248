"""Who may do what to which ticket: role × object × operation, through the actions themselves (PPL-5, PPL-10).

A new action of the tickets room fails here until it has its letter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import transaction

from mainstay.core.actor import Actor, ActorKind
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from mainstay.core.wall.scope import scope
from mainstay.support.tickets import actions
from mainstay.support.tickets.actions import (
    NewMessage,
    add_note,
    add_tenant_note,
    assign_ticket,
    change_priority,
    change_severity,
    change_status,
    classify_ticket,
    confirm_severity,
    edit_message,
    escalate_ticket,
    give_ticket,
    reply_to_ticket,
    share_ticket,
    unfollow_ticket,
    unshare_ticket,
    watch_ticket,
)
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.queries import (
    TicketFilter,
    page_of_messages,
    page_of_tickets,
    ticket_row,
    visible_attachment,
    visible_ticket,
)
from mainstay.support.tickets.rules import TRIAGE, Priority, Severity, Source, Status
from mainstay.support.tickets.tests.make import OPENED_AT
from tests.permissions.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
LATER = OPENED_AT.replace(hour=18)
Operation = Callable[[Actor, Ticket, Cast], object]


def _words(actor: Actor, ticket: Ticket) -> NewMessage:
    is_key = actor.kind is ActorKind.TENANT_KEY
    return NewMessage(body="x", source=Source.PORTAL, author_id=ticket.requester_id if is_key else None)


def _classify(actor: Actor, ticket: Ticket, cast: Cast) -> object:
    return classify_ticket(
        actor, ticket.id, category="bug", module="", tags=(), is_reproducible=True, at=LATER
    )


def _confirm(actor: Actor, ticket: Ticket, cast: Cast) -> object:
    try:
        return confirm_severity(actor, ticket.id, at=LATER)
    except Conflict:  # none of them has a proposal; whoever is told so has seen it
        actor.require(TRIAGE)
        return None


def _edit(actor: Actor, ticket: Ticket, cast: Cast) -> object:
    """One's own message, or, without any, the ticket's first."""
    theirs = {"member_id": actor.member_id} if actor.member_id else {"staff_id": actor.staff_id}
    found = Message.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id)
    mine = found.filter(**theirs).first() if actor.person_id else None
    first = mine or found.first()
    if first is None:
        raise NotFound
    return edit_message(actor, ticket.id, first.id, "y", at=LATER)


# Letter → what it does. `share` and `watch` stand for their opposites, too.
OPERATIONS: dict[str, tuple[str, Operation]] = {
    "l": ("see in the list", lambda a, t, c: _in_list(a, t)),
    "o": ("open", lambda a, t, c: (ticket_row(a, t.id), visible_ticket(a, t.id))),
    "r": ("reply_to_ticket", lambda a, t, c: reply_to_ticket(a, t.id, _words(a, t), at=LATER)),
    "m": ("edit_message", _edit),
    "n": ("add_note", lambda a, t, c: add_note(a, t.id, _words(a, t), at=LATER)),
    "t": ("add_tenant_note", lambda a, t, c: add_tenant_note(a, t.id, _words(a, t), at=LATER)),
    "s": ("change_status", lambda a, t, c: change_status(a, t.id, Status.RESOLVED, at=LATER)),
    "w": ("change_status", lambda a, t, c: change_status(a, t.id, Status.WAITING, at=LATER)),
    "v": ("change_severity", lambda a, t, c: change_severity(a, t.id, Severity.P2, at=LATER)),
    "c": ("confirm_severity", _confirm),
    "k": ("classify_ticket", _classify),
    "p": ("change_priority", lambda a, t, c: change_priority(a, t.id, Priority.LOW, at=LATER)),
    "a": ("assign_ticket", lambda a, t, c: assign_ticket(a, t.id, c.world.ari.id, at=LATER)),
    "g": ("give_ticket", lambda a, t, c: give_ticket(a, t.id, c.world.felix.id, at=LATER)),
    "e": ("escalate_ticket", lambda a, t, c: escalate_ticket(a, t.id, at=LATER)),
    "h": ("share_ticket", lambda a, t, c: share_ticket(a, t.id, member_id=c.world.felix.id, at=LATER)),
    "H": ("unshare_ticket", lambda a, t, c: unshare_ticket(a, t.id, with_everybody=True, at=LATER)),
    "f": ("watch_ticket", lambda a, t, c: watch_ticket(a, t.id, at=LATER)),
    "F": ("unfollow_ticket", lambda a, t, c: unfollow_ticket(a, t.id)),
}
# Actions that are not about a ticket that is there: opening (below), files (below), and what only the product does.
ELSEWHERE = {"open_ticket", "store_file", "close_resolved", "set_next_due", "set_next_dues", "import_tickets"}
# `w`: a step that only who works on it may take; `s`: also who asked. The client's tickets are of somebody else
# than `client`; what a client asks stands in the customer's own queue until it is passed on.
TICKETS = """
who               |own      |colleague's   |shared        |client's    |given to pm |escalated     |platform issue
owner             |lormtshHF|lortshHF      |lortshHF      |lortswpgehHF|lortswpgehHF|lormtsehHF    |lortshHF
tenant_admin      |lormtshHF|lortshHF      |lortshHF      |lortswpgehHF|lortswpgehHF|lortsehHF     |lortshHF
pm                |lormtshHF|-             |lortshHF      |-           |lortswphHF  |-             |-
field             |lormtshHF|-             |lortshHF      |-           |-           |-             |-
client            |lormsF   |-             |-             |-           |-           |-             |-
vendor            |lormsF   |-             |-             |-           |-           |-             |-
contact           |.        |-             |-             |-           |-           |-             |-
other owner       |.        |-             |-             |-           |-           |-             |-
admin             |.        |lornswvckahHfF|lornswvckahHfF|-           |-           |lornswvckahHfF|lornswvckahHfF
agent             |.        |lornswvckahHfF|lornswvckahHfF|-           |-           |lornswvckahHfF|lornswvckahHfF
cs_manager        |.        |lonfF         |lonfF         |-           |-           |lonfF         |lonfF
csm               |.        |lornfF        |lornfF        |-           |-           |lornfF        |lornfF
engineer          |.        |lornswvckahHfF|lornswvckahHfF|-           |-           |lornswvckahHfF|lornswvckahHfF
executive         |.        |lonfF         |lonfF         |-           |-           |lonfF         |lonfF
product           |.        |lonfF         |lonfF         |-           |-           |lonfF         |lonfF
services          |.        |lonfF         |lonfF         |-           |-           |lonfF         |lonfF
support_manager   |.        |lornswvckahHfF|lornswvckahHfF|-           |-           |lornswvckahHfF|lornswvckahHfF
key: all          |.        |lortshH       |lortshH       |lortswpgehH |lortswpgehH |lortsehH      |lortshH
key: tickets:read |.        |lo            |lo            |lo          |lo          |lo            |lo
key: none         |.        |-             |-             |-           |-           |-             |-
operator key: all |.        |lornswvckahH  |lornswvckahH  |-           |-           |lornswvckahH  |lornswvckahH
operator key: none|.        |-             |-             |-           |-           |-             |-
anonymous         |.        |-             |-             |-           |-           |-             |-
"""
# Which of the escalated ticket's messages are read (and their files downloaded): A for all, T of the customer's
# side, O of the operator's.
READING = """
owner                | AT
tenant_admin         | AT
pm                   | -
field                | -
client               | -
vendor               | -
contact              | -
other owner          | -
admin                | AO
agent                | AO
cs_manager           | AO
csm                  | AO
engineer             | AO
executive            | AO
product              | AO
services             | AO
support_manager      | AO
key: all             | AT
key: tickets:read    | AT
key: none            | -
operator key: all    | AO
operator key: none   | -
anonymous            | -
"""


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def _in_list(actor: Actor, ticket: Ticket) -> None:
    if ticket.id not in {row.id for row in page_of_tickets(actor, TicketFilter(), limit=100).rows}:
        raise NotFound


class _UndoneError(Exception):
    pass


def may(actor: Actor, attempt: Callable[[], object]) -> bool:
    """Tried, and undone."""
    try:
        with scope(actor), transaction.atomic():
            attempt()
            raise _UndoneError  # noqa: TRY301 – out of the scope, so that nothing stays
    except _UndoneError:
        return True
    except (Forbidden, NotFound, Conflict, Invalid, Unauthenticated):
        return False


def allowed(actor: Actor, ticket: Ticket, cast: Cast) -> str:
    return "".join(
        letter
        for letter, (_name, operation) in OPERATIONS.items()
        if may(actor, lambda operation=operation: operation(actor, ticket, cast))  # type: ignore[misc]
    )


def outcome(cast: Cast) -> dict[str, dict[str, str]]:
    return {
        name: {
            kind: allowed(actor, ticket, cast)
            for kind, ticket in {"own": cast.own.get(name), **cast.tickets}.items()
            if ticket is not None
        }
        for name, actor in cast.actors.items()
    }


def read_by(actor: Actor, cast: Cast) -> str:
    """Of the escalated ticket."""
    found = ""
    ticket = cast.tickets["escalated"]
    for letter, (visibility, file) in zip("ATO", cast.files.items(), strict=True):
        bodies: list[str] = []

        def read(bodies: list[str] = bodies) -> None:
            ticket_row(actor, ticket.id)
            bodies.extend(row.body for row in page_of_messages(actor, ticket.tenant_id, ticket.id).rows)

        def download(file_id: UUID = file.id) -> None:
            visible_attachment(actor, file_id)

        reads, downloads = may(actor, read) and visibility in bodies, may(actor, download)
        assert reads == downloads, (actor.kind, visibility)
        found += letter if reads else ""
    return found


def parsed(table: str) -> dict[str, list[str]]:
    lines = [line.split("|") for line in table.strip().splitlines()]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_every_action_has_its_letter() -> None:
    tried = {name for name, _operation in OPERATIONS.values()}
    acting = {name for name in actions.__all__ if inspect.isfunction(getattr(actions, name))}
    assert acting - ELSEWHERE == tried & acting
    assert acting - tried <= ELSEWHERE


def test_role_by_ticket_by_operation(cast: Cast) -> None:
    table = parsed(TICKETS)
    kinds = table.pop("who")
    expected = {who: dict(zip(kinds, cells, strict=True)) for who, cells in table.items()}
    found = outcome(cast)
    assert set(expected) == set(found)
    for who, by_kind in found.items():
        wanted = {kind: letters for kind, letters in expected[who].items() if kind != "own" or letters != "."}
        assert by_kind == {kind: "" if letters == "-" else letters for kind, letters in wanted.items()}, who


def test_role_by_message_and_file(cast: Cast) -> None:
    table = {who: cells[0].strip("-") for who, cells in parsed(READING).items()}
    assert {name: read_by(actor, cast) for name, actor in cast.actors.items()} == table


def render(cast: Cast) -> tuple[str, str]:
    """The tables as they are now: for whoever changes a rule and has read what changed."""
    kinds = ["own", *cast.tickets]
    rows = [["who", *kinds]]
    for who, by_kind in outcome(cast).items():
        rows.append([who, *(by_kind.get(kind, ".") or "-" for kind in kinds)])
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    tickets = "\n".join(
        "|".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    reading = "\n".join(f"{name:<20} | {read_by(actor, cast) or '-'}" for name, actor in cast.actors.items())
    return tickets, reading
