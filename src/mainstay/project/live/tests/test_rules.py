from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.actor import Role
from mainstay.core.events.types import Fact, Mark, Visibility
from mainstay.core.ids import new_id
from mainstay.people.tenants.tests.make import BEGINNING
from mainstay.project.live.hub import PER_USER, REMEMBERED, WAITING, Hub
from mainstay.project.live.rules import (
    NOTICE,
    REFRESH,
    TicketAudience,
    Viewer,
    hint_of,
    mark_of,
    may_get,
    people_of,
    token_of,
)

ACME, GLOBEX, TICKET, ANA, FELIX, CLARA, ARI = (new_id() for _ in range(7))


def viewer(person: UUID, *roles: Role, tenant: UUID | None = ACME) -> Viewer:
    return Viewer(f"session-{person}", person, tenant, person, frozenset(roles))


ana = viewer(ANA, Role.OWNER)
felix = viewer(FELIX, Role.FIELD)
clara = viewer(CLARA, Role.CLIENT)
gus = viewer(new_id(), Role.OWNER, tenant=GLOBEX)
ari = viewer(ARI, Role.AGENT, tenant=None)


def fact(**more: Any) -> Fact:
    values: dict[str, Any] = {
        "n": 7,
        "name": "ticket.replied",
        "tenant_id": ACME,
        "at": BEGINNING,
        "actor_kind": "member",
        "actor_id": ANA,
        "subject_kind": "ticket",
        "subject_id": TICKET,
        "visibility": Visibility.ALL,
        "data": {"secret": "words"},
    }
    return Fact(**{**values, **more})


def audience(requester: UUID = ANA, *followers: UUID, shared: bool = False) -> TicketAudience:
    return TicketAudience(requester, shared, frozenset(followers))


@pytest.mark.parametrize(
    ("happened", "seen_by", "getting"),
    [
        (fact(), audience(), {"ana", "ari"}),
        (fact(), audience(FELIX), {"ana", "ari", "felix"}),
        (fact(), audience(CLARA), {"ana", "ari", "clara"}),
        (fact(), audience(ANA, FELIX, CLARA), {"ana", "ari", "felix"}),
        (fact(), audience(ANA, shared=True), {"ana", "ari", "felix"}),
        (fact(), None, {"ana", "ari"}),
        (fact(visibility=Visibility.OPERATOR), audience(FELIX), {"ari"}),
        (fact(visibility=Visibility.TENANT), audience(FELIX), {"ana", "felix"}),
        (fact(subject_kind="member", subject_id=FELIX), None, {"ana", "ari", "felix"}),
        (fact(tenant_id=None, subject_kind="staff", subject_id=ARI), None, {"ari"}),
        (fact(tenant_id=GLOBEX), audience(FELIX), {"ari", "gus"}),
        (fact(name="sla.clock_recomputed"), audience(CLARA), {"ana", "ari"}),
        (fact(name="sla.clock_recomputed"), audience(FELIX), {"ana", "ari", "felix"}),
    ],
)
def test_who_gets_a_hint(happened: Fact, seen_by: TicketAudience | None, getting: set[str]) -> None:
    everybody = {"ana": ana, "felix": felix, "clara": clara, "gus": gus, "ari": ari}
    hint = hint_of(happened, Mark(1, 7), seen_by)
    assert {name for name, who in everybody.items() if may_get(who, hint)} == getting


def test_a_hint_holds_no_content() -> None:
    text = hint_of(fact(), Mark(12, 7), None).text.decode()
    assert text == f'id: 12-7\ndata: {{"kind":"ticket","id":"{TICKET}","name":"ticket.replied","n":7}}\n\n'


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_a_place_survives_the_trip(tx: int, n: int) -> None:
    assert mark_of(token_of(Mark(tx, n))) == Mark(tx, n)


@given(st.text())
def test_any_token_is_read_or_refused(token: str) -> None:
    read = mark_of(token)
    assert read is None or isinstance(read, Mark)


def new_hub() -> tuple[Hub, list[str]]:
    looked: list[str] = []
    return Hub(looked.extend), looked


def test_a_slow_client_is_dropped_and_the_others_go_on() -> None:
    hub, _ = new_hub()
    slow, fast = hub.join(ari), hub.join(replace(ari, user_id=new_id()))
    assert slow
    assert fast
    for n in range(WAITING + 1):
        hub.spread([hint_of(fact(n=n), Mark(1, n), None)])
        fast.queue.get_nowait()
    assert slow.is_closed
    assert slow.queue.get_nowait() is None
    assert not fast.is_closed


def test_one_person_has_so_many_streams() -> None:
    hub, _ = new_hub()
    streams = [hub.join(ari) for _ in range(PER_USER)]
    assert hub.join(ari) is None
    assert hub.join(ana) is not None
    assert streams[0]
    hub.leave(streams[0])
    hub.leave(streams[0])
    assert hub.join(ari) is not None
    assert hub.join(ari) is None


def test_only_the_person_hears_of_a_notice() -> None:
    hub, _ = new_hub()
    streams = {one.person_id: hub.join(one) for one in (ana, felix, gus, ari)}
    hub.tell(people_of(f"{FELIX},nonsense,,{new_id()}"))
    for person_id, stream in streams.items():
        assert stream is not None
        assert stream.queue.qsize() == (1 if person_id == FELIX else 0)
    assert hub.present == Mark(0, 0)


def test_whoever_comes_back_gets_what_was_missed_or_must_refresh() -> None:
    hub, _ = new_hub()
    hub.begin_at(Mark(10, 0))
    hub.spread([hint_of(fact(n=n), Mark(11, n), None) for n in (1, 2, 3)])
    greeting = hub.greeting(ari, "11-1")
    assert greeting.count(b"data:") == 2
    assert REFRESH not in greeting
    assert greeting.endswith(b"id: 11-3\n: welcome\n\n")
    assert b"data:" not in hub.greeting(ari, "11-3")
    assert b"data:" not in hub.greeting(ari, "")
    for unknown in ("9-5", "12-1", "nonsense", "11", "-"):
        assert REFRESH in hub.greeting(ari, unknown)
    assert b"data:" not in hub.greeting(gus, "11-1").replace(REFRESH, b"")
    assert REFRESH not in hub.greeting(gus, "11-1")
    assert REFRESH in hub.greeting(felix, "11-1")  # whether it was his is not known any more


def test_what_is_forgotten_is_a_gap() -> None:
    hub, _ = new_hub()
    hub.begin_at(Mark(10, 0))
    hub.spread([hint_of(fact(n=n), Mark(11, n), None) for n in range(REMEMBERED + 5)])
    assert REFRESH in hub.greeting(ari, "11-3")
    assert REFRESH not in hub.greeting(ari, "11-5")


def test_a_new_beginning_refreshes_everybody() -> None:
    hub, _ = new_hub()
    stream = hub.join(ana)
    assert stream
    hub.begin_at(Mark(5, 0))
    assert stream.queue.get_nowait() == REFRESH


def test_a_suspended_persons_session_is_looked_at_at_once() -> None:
    hub, looked = new_hub()
    stream = hub.join(felix)
    assert stream
    hub.spread(
        [hint_of(fact(name="member.suspended", subject_kind="member", subject_id=FELIX), Mark(1, 1), None)]
    )
    assert looked == [felix.session]
    hub.replace(felix.session, felix)
    assert not stream.is_closed
    hub.replace(felix.session, None)
    assert stream.is_closed


def test_a_changed_role_ends_the_stream() -> None:
    hub, _ = new_hub()
    stream = hub.join(ana)
    assert stream
    hub.replace(ana.session, replace(ana, roles=frozenset({Role.FIELD})))
    assert stream.is_closed


def test_a_new_page_gets_what_came_while_it_was_on_its_way() -> None:
    hub, _ = new_hub()
    hub.begin_at(Mark(10, 0))
    hub.spread([hint_of(fact(n=1), Mark(11, 1), None)])
    hub.tell(people_of(str(ari.person_id)))
    greeting = hub.greeting(ari, "", 5)
    assert greeting.count(b"ticket.") == 1
    assert NOTICE in greeting
    assert greeting.endswith(b"id: 11-1\n: welcome\n\n")
    assert NOTICE not in hub.greeting(ana, "", 5)
    assert b"data:" not in hub.greeting(gus, "", 5)
    assert REFRESH in hub.greeting(felix, "", 5)
