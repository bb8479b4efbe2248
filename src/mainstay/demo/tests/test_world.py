"""The demonstration's world: believable, complete, the same for the same seed and day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.demo.cast import CUSTOMERS, PASSWORD
from mainstay.demo.scripts import DAYS, Step, stories
from mainstay.demo.world import make_world
from mainstay.people.access.models import User
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.channels.models import InboundMail
from mainstay.support.sla.models import Clock
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Status

TODAY = datetime(2026, 5, 20, 15, tzinfo=UTC)
PLANS = [(customer.plan, customer.language) for customer in CUSTOMERS]


def test_the_same_seed_tells_the_same_stories() -> None:
    assert stories(PLANS, seed=1, today=TODAY) == stories(PLANS, seed=1, today=TODAY)
    assert stories(PLANS, seed=1, today=TODAY) != stories(PLANS, seed=2, today=TODAY)


def test_nothing_happens_in_the_future_or_before_the_three_months() -> None:
    steps = [step for story in stories(PLANS, seed=1, today=TODAY) for step in story.steps]
    assert all(TODAY - timedelta(days=DAYS + 1) < step.at < TODAY for step in steps)
    assert all(story.steps[0].step is Step.OPEN for story in stories(PLANS, seed=1, today=TODAY))


def test_forty_customers_over_all_plans() -> None:
    assert len(CUSTOMERS) == 40
    assert set(Counter(plan for plan, _ in PLANS)) == {
        "free",
        "starter",
        "professional",
        "business",
        "enterprise",
    }
    assert len({customer.slug for customer in CUSTOMERS}) == 40


def test_it_is_made_once_by_the_products_own_actions(committed: None) -> None:
    now = datetime.now(UTC)
    assert make_world(now)
    with sweep("demo"):
        assert Tenant.objects.count() == 40
        statuses = Counter(Ticket.objects.values_list("status", flat=True))
        assert statuses[Status.CLOSED] > 100
        assert statuses[Status.OPEN] + statuses[Status.IN_PROGRESS] >= 10
        assert Message.objects.filter(visibility="operator").exists()
        assert Ticket.objects.filter(audience="tenant").count() > 10
        assert Ticket.objects.filter(escalated_at__isnull=False).exists()
        passed_on = Ticket.objects.filter(escalated_at__gte=now - timedelta(hours=2), tenant__name="Acme")
        assert passed_on.get().status == Status.OPEN, "waits for whoever tries the desk"
        assert Clock.objects.filter(met_at__isnull=False).exists()
        assert Clock.objects.filter(breached_at__isnull=False).exists()
        assert not Clock.objects.filter(next_at__lte=now).exists()
        assert InboundMail.objects.count() == 3
        happened = Event.objects.filter(name__startswith="ticket.").order_by("n")
        assert all(a <= b for a, b in pairwise(happened.values_list("at", flat=True))), "in the order of time"
        assert Member.objects.filter(email="gus@globex.example").exists()
    assert User.objects.get(email="ana@acme.example").check_password(PASSWORD)
    assert not make_world(now)
