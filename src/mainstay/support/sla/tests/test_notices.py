"""Who is told of a missed promise (SLA-4)."""

import pytest

from mainstay.core.actor import system_actor
from mainstay.core.events.actions import fact_of
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import World, acting_as
from mainstay.support.sla.actions import mail_breaches
from mainstay.support.sla.jobs import run_due
from mainstay.support.sla.tests.make import MONDAY, hours, make_sla_world
from mainstay.support.tickets.actions import assign_ticket
from mainstay.support.tickets.rules import Severity
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


def mails(world: World) -> dict[str, Delivery]:
    """What the follower would have mailed."""
    with scope(system_actor(world.acme.id)):
        mail_breaches([fact_of(row) for row in Event.objects.filter(name="sla.breached").order_by("n")])
    with sweep("send_mail"):
        return {mail.name: mail for mail in Delivery.objects.filter(kind="sla.breached")}


def test_assignee_and_managers(world: World) -> None:
    ticket = make_ticket(world.ana, "Pumpe steht", at=MONDAY, severity=Severity.P2)
    with acting_as(world.max) as max_:
        assign_ticket(max_, ticket.id, world.ari.id, at=MONDAY)
    run_due(MONDAY + hours(2))
    found = mails(world)
    assert set(found) == {"Ari", "Max"}
    assert found["Ari"].subject == f"Missed: First response, P2, ticket #{ticket.number}"
    for words in ("Pumpe steht", "Acme", f"/desk/tickets/{ticket.number}", "11:00"):
        assert words in found["Ari"].text


def test_engineers_only_for_p1(world: World) -> None:
    make_ticket(world.ana, at=MONDAY, severity=Severity.P1)
    run_due(MONDAY + hours(1.1))
    found = mails(world)
    assert set(found) == {"Max", "Eve"}
    assert found["Eve"].subject == "2 promises missed at Acme"  # first response and update


def test_many_at_once_are_one_mail_in_the_persons_language(world: World) -> None:
    with sweep("demo"):
        world.max.language = "es"
        world.max.save(update_fields=["language"])
    for _ in range(5):
        make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
    run_due(MONDAY + hours(2))
    found = mails(world)
    assert found["Max"].subject == "5 compromisos incumplidos con Acme"
    assert found["Max"].text.count("Primera respuesta") == 5


def test_a_promise_kept_late_was_missed_too(world: World) -> None:
    ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
    make_reply(ticket, world.ari, at=MONDAY + hours(2))
    run_due(MONDAY + hours(2))
    assert set(mails(world)) == {"Max"}
