"""What a portal user asks is the customer's own to answer, until the customer passes it on (PPL-5, TKT-2)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from mainstay.core.actor import Actor, Role, system_actor
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.models import Event
from mainstay.core.events.types import Visibility
from mainstay.core.wall.scope import scope
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import (
    World,
    acting_as,
    builders_scope,
    make_member,
    make_user,
    make_world,
)
from mainstay.support.sla.models import Clock
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import (
    NewMessage,
    NewTicket,
    add_tenant_note,
    change_priority,
    change_status,
    escalate_ticket,
    give_ticket,
    open_ticket,
    reply_to_ticket,
    share_ticket,
)
from mainstay.support.tickets.models import Escalation, Follower, Message, Ticket
from mainstay.support.tickets.queries import (
    escalations_of,
    visible_messages,
    visible_ticket,
    visible_tickets,
)
from mainstay.support.tickets.rules import Audience, Priority, Severity, Source, Status
from mainstay.support.tickets.tests.make import OPENED_AT, make_reply, make_ticket

LATER = OPENED_AT + timedelta(hours=3)


@pytest.fixture
def world(db: None) -> World:
    return make_sla_world()


@pytest.fixture
def berta(world: World) -> Member:
    """Acme's administrator, beside Ana who owns it."""
    with builders_scope():
        return make_member(world.acme, "Berta", Role.TENANT_ADMIN)


def clocks(ticket: Ticket) -> list[Clock]:
    with builders_scope():
        return list(Clock.objects.filter(ticket_id=ticket.id))


def events(ticket: Ticket, **by: Any) -> list[Event]:
    with builders_scope():
        return list(Event.objects.filter(subject_id=ticket.id, **by).order_by("n"))


def now_of(ticket: Ticket) -> Ticket:
    with builders_scope():
        return Ticket.objects.get(id=ticket.id)


def followers(ticket: Ticket) -> set[str]:
    with builders_scope():
        return set(Follower.objects.filter(ticket_id=ticket.id).values_list("member__name", flat=True))


def test_the_customer_gets_it_first_and_nothing_is_promised(world: World) -> None:
    ticket = make_ticket(world.clara)
    make_reply(ticket, world.clara, "One more thing")
    assert ticket.audience == Audience.TENANT
    assert (clocks(ticket), now_of(ticket).next_due_at) == ([], None)
    assert {e.visibility for e in events(ticket)} == {Visibility.TENANT}
    for person in world.staff.values():
        with acting_as(person) as actor:
            assert not visible_tickets(actor).filter(id=ticket.id).exists()
            # not even to whoever would ask the tables themselves
            assert not Ticket.objects.filter(id=ticket.id).exists()
            assert not Event.objects.filter(subject_id=ticket.id).exists()


@pytest.mark.parametrize(
    ("who", "more", "audience"),
    [
        ("clara", {}, Audience.TENANT),
        ("clara", {"is_platform_issue": True}, Audience.OPERATOR),
        ("ana", {}, Audience.OPERATOR),
        ("felix", {"is_platform_issue": True}, Audience.OPERATOR),
    ],
)
def test_whose_ticket_it_is(world: World, who: str, more: dict[str, Any], audience: Audience) -> None:
    ticket = make_ticket(world.members[who], **more)
    assert ticket.audience == audience
    assert bool(clocks(ticket)) == (audience == Audience.OPERATOR)
    is_platform_issue = who == "clara" and audience == Audience.OPERATOR
    assert ticket.is_platform_issue == is_platform_issue
    assert followers(ticket) == ({"Ana"} if is_platform_issue else set())


def test_a_mail_is_the_customers_and_what_staff_write_down_is_the_operators(world: World) -> None:
    new = NewTicket(
        subject="Help", body="x", source=Source.EMAIL, tenant_id=world.acme.id, requester_id=world.clara.id
    )
    with scope(system_actor(world.acme.id)) as actor:
        assert open_ticket(actor, new, at=OPENED_AT).audience == Audience.TENANT
    with acting_as(world.ari) as ari:
        called = open_ticket(ari, new, at=OPENED_AT)
        assert visible_ticket(ari, called.id).audience == Audience.OPERATOR


def test_the_customer_answers_in_its_own_name(world: World, berta: Member) -> None:
    ticket = make_ticket(world.clara)
    answer = make_reply(ticket, berta, "We look at it", then_status=Status.WAITING)
    assert (answer.sender, answer.member_id, answer.staff_id) == ("agent", berta.id, None)
    after = now_of(ticket)
    assert (after.status, after.last_sender, after.first_response_at) == (
        "waiting_on_customer",
        "agent",
        None,
    )
    word = make_reply(ticket, world.clara, "Thank you")
    assert (word.sender, now_of(ticket).status) == ("customer", "open")
    with acting_as(world.ana) as ana:
        change_status(ana, ticket.id, Status.CLOSED, at=LATER)
        # What the customer adds to a closed ticket stays there: a follow-up would be the operator's to read.
        late = reply_to_ticket(ana, ticket.id, NewMessage(body="By the way", source=Source.PORTAL), at=LATER)
        assert late.ticket_id == ticket.id
    follow_up = make_reply(ticket, world.clara, "Again", at=LATER)
    with builders_scope():
        assert follow_up.ticket_id != ticket.id
        assert Ticket.objects.get(id=follow_up.ticket_id).audience == Audience.TENANT


def test_who_asked_is_no_handler(world: World) -> None:
    ticket = make_ticket(world.clara)
    with acting_as(world.clara) as clara, pytest.raises(Conflict):
        change_status(clara, ticket.id, Status.WAITING, at=LATER)


def test_given_to_a_colleague_it_is_theirs_to_work_on(world: World) -> None:
    ticket = make_ticket(world.clara)
    with acting_as(world.felix) as felix, pytest.raises(NotFound):
        visible_ticket(felix, ticket.id)
    with acting_as(world.ana) as ana:
        give_ticket(ana, ticket.id, world.felix.id, at=LATER)
        give_ticket(ana, ticket.id, world.felix.id, at=LATER)
    assert [e.visibility for e in events(ticket, name="ticket.given")] == ["tenant"]
    with acting_as(world.felix) as felix:
        change_status(felix, ticket.id, Status.IN_PROGRESS, at=LATER)
        change_priority(felix, ticket.id, Priority.HIGH, at=LATER)
        with pytest.raises(Forbidden):
            give_ticket(felix, ticket.id, None, at=LATER)
        with pytest.raises(Forbidden):
            escalate_ticket(felix, ticket.id, at=LATER)
    with acting_as(world.ana) as ana:
        give_ticket(ana, ticket.id, None, at=LATER)
        share_ticket(ana, ticket.id, member_id=world.felix.id, at=LATER)
    with acting_as(world.felix) as felix, pytest.raises(Forbidden):
        change_priority(felix, ticket.id, Priority.LOW, at=LATER)


@pytest.mark.parametrize("whom", ["clara", "vendor", "invited", "gus"])
def test_only_own_people_who_joined_work_on_it(world: World, whom: str) -> None:
    ticket = make_ticket(world.clara)
    with builders_scope():
        person = {
            "clara": world.clara,
            "gus": world.gus,
            "vendor": make_member(world.acme, "Viktor", Role.VENDOR),
            "invited": make_member(world.acme, "Ines", Role.PM, state="invited"),
        }[whom]
    with acting_as(world.ana) as ana, pytest.raises(Invalid) as wrong:
        give_ticket(ana, ticket.id, person.id, at=LATER)
    assert list(wrong.value.fields) == ["handler"]


def test_passing_it_on(world: World, berta: Member) -> None:
    """One event; clocks from this moment; the operator reads what everybody reads, and owes the next word."""
    ticket = make_ticket(world.clara, severity=Severity.P1)
    make_reply(ticket, berta, "We try", then_status=Status.WAITING)
    with acting_as(berta) as actor:
        add_tenant_note(actor, ticket.id, NewMessage(body="She pays late", source=Source.PORTAL), at=LATER)
        give_ticket(actor, ticket.id, world.felix.id, at=LATER)
        escalate_ticket(actor, ticket.id, note="It is your export.", severity=Severity.P2, at=LATER)
    after = now_of(ticket)
    assert (after.audience, after.status, after.severity, after.proposed_severity) == (
        "operator",
        "open",
        "P2",
        None,
    )
    assert (after.escalated_at, after.opened_at, after.last_sender) == (LATER, OPENED_AT, "customer")
    running = clocks(ticket)
    assert running
    assert {clock.started_at for clock in running} == {LATER}
    assert after.next_due_at is not None
    assert followers(ticket) == {"Ana", "Berta", "Félix"}
    with acting_as(world.ari) as ari:
        seen = visible_ticket(ari, ticket.id)
        assert [m.body for m in visible_messages(ari, seen)][1:] == ["We try"]
        assert [e.note for e in escalations_of(ari, seen)] == ["It is your export."]
        assert [e.name for e in Event.objects.filter(subject_id=ticket.id)] == ["ticket.escalated"]
    with acting_as(world.clara) as clara:
        assert list(escalations_of(clara, visible_ticket(clara, ticket.id))) == []
        assert all(m.visibility == "all" for m in visible_messages(clara, visible_ticket(clara, ticket.id)))
    with acting_as(world.ana) as ana:
        bodies = [m.body for m in visible_messages(ana, visible_ticket(ana, ticket.id))]
        assert "She pays late" in bodies
    make_reply(ticket, world.ari, "Mended", at=LATER + timedelta(minutes=5))
    assert now_of(ticket).first_response_at == LATER + timedelta(minutes=5)
    assert make_reply(ticket, world.ana, "Thanks", at=LATER + timedelta(minutes=9)).sender == "customer"


def test_what_is_with_the_operator_is_out_of_the_customers_hands(world: World) -> None:
    ticket = make_ticket(world.clara)
    with acting_as(world.ana) as ana:
        escalate_ticket(ana, ticket.id, at=LATER)
        for act in (
            lambda: give_ticket(ana, ticket.id, world.felix.id, at=LATER),
            lambda: change_priority(ana, ticket.id, Priority.LOW, at=LATER),
        ):
            with pytest.raises(Conflict):
                act()
        with pytest.raises(Conflict):
            change_status(ana, ticket.id, Status.WAITING, at=LATER)


def test_twice_is_once(world: World) -> None:
    ticket = make_ticket(world.clara)
    with acting_as(world.ana) as ana:
        escalate_ticket(ana, ticket.id, note="First", at=LATER)
        escalate_ticket(ana, ticket.id, note="First", at=LATER + timedelta(hours=1))
        escalate_ticket(ana, ticket.id, note="More", at=LATER + timedelta(hours=1))
        notes = list(Escalation.objects.filter(ticket_id=ticket.id).values_list("note", flat=True))
    assert sorted(notes) == ["First", "More"]
    assert len(events(ticket, name="ticket.escalated")) == 1
    assert now_of(ticket).escalated_at == LATER


def test_closed_it_stays(world: World) -> None:
    ticket = make_ticket(world.clara)
    with acting_as(world.ana) as ana:
        change_status(ana, ticket.id, Status.CLOSED, at=LATER)
        with pytest.raises(Conflict):
            escalate_ticket(ana, ticket.id, at=LATER)


@pytest.mark.parametrize(
    ("note", "word"), [("x" * 5_001, "At most"), ("a\0b", "NUL")], ids=["too long", "not to be stored"]
)
def test_a_note_that_cannot_be_kept(world: World, note: str, word: str) -> None:
    ticket = make_ticket(world.clara)
    with acting_as(world.ana) as ana, pytest.raises(Invalid) as wrong:
        escalate_ticket(ana, ticket.id, note=note, at=LATER)
    assert word in str(wrong.value.fields["note"][0])


@pytest.mark.parametrize("who", ["clara", "felix", "ari", "max", "gus"])
def test_who_may_not(world: World, who: str) -> None:
    ticket = make_ticket(world.clara)
    person = {**world.members, **world.staff}[who]
    attempts: list[Callable[[Actor], Any]] = [
        lambda a: escalate_ticket(a, ticket.id, at=LATER),
        lambda a: give_ticket(a, ticket.id, world.ana.id, at=LATER),
        lambda a: change_priority(a, ticket.id, Priority.LOW, at=LATER),
        lambda a: add_tenant_note(a, ticket.id, NewMessage(body="x", source=Source.PORTAL), at=LATER),
    ]
    for attempt in attempts:
        with pytest.raises((Forbidden, NotFound)), acting_as(person) as actor:
            attempt(actor)


def test_two_at_once_pass_it_on_once(committed: None) -> None:
    world = make_world()
    ticket = make_ticket(world.clara)

    def escalate(number: int) -> None:
        try:
            with acting_as(world.ana) as ana:
                escalate_ticket(ana, ticket.id, note=f"Note {number}", at=LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(escalate, range(6)))
    assert len(events(ticket, name="ticket.escalated")) == 1
    with builders_scope():
        assert Escalation.objects.count() == 6
        assert Message.objects.count() == 1


def test_a_former_client_keeps_no_power_over_the_own_ticket(world: World) -> None:
    ticket = make_ticket(world.clara)
    with builders_scope():
        Member.objects.filter(id=world.clara.id).update(role=Role.TENANT_ADMIN)
        world.clara.refresh_from_db()
    make_user(world.clara)
    with acting_as(world.clara) as clara, pytest.raises(Conflict):
        change_status(clara, ticket.id, Status.WAITING, at=LATER)
    assert make_reply(ticket, world.clara, "It is me").sender == "customer"
