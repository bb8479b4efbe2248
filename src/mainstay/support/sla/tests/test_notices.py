"""Who is told of a missed promise (SLA-4)."""

from datetime import datetime

import pytest

from mainstay.core.actor import system_actor
from mainstay.core.events.actions import fact_of
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery, StaffNotice
from mainstay.people.messages.notices.mailing import mail_due
from mainstay.people.tenants.tests.make import World, acting_as
from mainstay.support.sla.actions import tell_breached, tell_warned
from mainstay.support.sla.jobs import run_due
from mainstay.support.sla.tests.make import MONDAY, hours, make_sla_world
from mainstay.support.tickets.actions import assign_ticket
from mainstay.support.tickets.rules import Severity
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


def follow(world: World, at: datetime) -> None:
    """What the follower and the loop of notices would do."""
    with scope(system_actor(world.acme.id)):
        tell_breached([fact_of(row) for row in Event.objects.filter(name="sla.breached").order_by("n")])
        tell_warned([fact_of(row) for row in Event.objects.filter(name="sla.warned").order_by("n")])
    mail_due(at, 100)


def mails(world: World, at: datetime = MONDAY + hours(2)) -> dict[str, Delivery]:
    follow(world, at)
    with sweep("send_mail"):
        return {mail.name: mail for mail in Delivery.objects.filter(kind="sla.breached")}


def test_assignee_and_managers(world: World) -> None:
    ticket = make_ticket(world.ana, "Pumpe steht", at=MONDAY, severity=Severity.P2)
    with acting_as(world.max) as max_:
        assign_ticket(max_, ticket.id, world.ari.id, at=MONDAY)
    run_due(MONDAY + hours(2))
    found = mails(world)
    assert set(found) == {"Ari", "Max"}
    assert found["Ari"].subject.startswith(f"Missed: First response of #{ticket.number}, P2, Acme, was due")
    for words in ("Pumpe steht", "Acme", f"/desk/tickets/{ticket.number}", "11:00"):
        assert words in found["Ari"].text


def test_engineers_only_for_p1(world: World) -> None:
    make_ticket(world.ana, at=MONDAY, severity=Severity.P1)
    run_due(MONDAY + hours(1.1))
    found = mails(world)
    assert set(found) == {"Max", "Eve"}
    assert found["Eve"].subject.endswith(", and 1 more")  # first response and update


def test_many_at_once_are_one_mail_in_the_persons_language(world: World) -> None:
    with sweep("demo"):
        world.max.language = "es"
        world.max.save(update_fields=["language"])
    for _ in range(5):
        make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
    run_due(MONDAY + hours(2))
    found = mails(world)
    assert found["Max"].subject.endswith("y 4 más")
    assert found["Max"].text.count("Primera respuesta") == 5


def test_a_promise_kept_late_was_missed_too(world: World) -> None:
    ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
    make_reply(ticket, world.ari, at=MONDAY + hours(2))
    run_due(MONDAY + hours(2))
    assert set(mails(world)) == {"Max"}


def test_a_warning_goes_to_the_assignee_or_the_managers(world: World) -> None:
    mine, nobodys = (make_ticket(world.ana, at=MONDAY, severity=Severity.P2) for _ in range(2))
    with acting_as(world.max) as max_:
        assign_ticket(max_, mine.id, world.ari.id, at=MONDAY)
    run_due(MONDAY + hours(0.9))
    follow(world, MONDAY + hours(1))
    with sweep("send_notices"):
        found = {(n.staff_id, n.subject_id) for n in StaffNotice.objects.filter(kind="sla.warned")}
    assert found == {(world.ari.id, mine.id), (world.max.id, nobodys.id)}
    assert mails(world, MONDAY + hours(1)) == {}  # the inbox is enough, unless somebody chose otherwise
