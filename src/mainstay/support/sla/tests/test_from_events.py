"""Whatever happens to tickets in whatever order: the stored clocks are those that a reading of the event table
from the beginning gives (SLA-3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope
from mainstay.support.sla.jobs import run_due, run_recomputations
from mainstay.support.sla.queries.book import Book, current_book
from mainstay.support.sla.queries.rows import clock_of, untold
from mainstay.support.sla.rules import TicketClocks, TicketEvent, apply_event, next_moment, tick_all
from mainstay.support.sla.tests.make import MONDAY, make_sla_world, next_due, rows_of
from mainstay.support.sla.tests.test_jobs import change_plan
from mainstay.support.tickets.actions import change_severity, change_status
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import TRANSITIONS, Severity, Source, Status
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

PLANS = ("starter", "professional", "business", "enterprise")
STEPS = (
    "customer", "agent", "note", "out_of_office", "auto_answer", "status", "severity", "plan", "watch",
)  # fmt: skip

steps = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(1, 3 * 24 * 60),  # minutes since the step before
        st.integers(0, 11),  # what kind of it
    ),
    max_size=12,
)


@pytest.fixture
def world(db: None) -> World:
    return make_sla_world()


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each try costs a database: a short report beats a small one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps, severity=st.sampled_from(Severity), is_mail=st.booleans(), is_machine=st.booleans())
def test_stored_clocks_are_those_of_the_events(
    world: World,
    steps: list[tuple[str, int, int]],
    severity: Severity,
    is_mail: bool,
    is_machine: bool,
) -> None:
    before = plan_now(world.acme)
    now = MONDAY
    with sweep("demo"):
        ticket = make_ticket(
            world.ana,
            at=now,
            severity=severity,
            source=Source.EMAIL if is_mail else Source.PORTAL,
            is_automatic=is_machine,
        )
    for step, minutes, variant in steps:
        now += timedelta(minutes=minutes, seconds=variant)
        take(world, ticket, step, variant, now)
        assert_in_step(ticket)
    expected = tick_all(from_scratch(ticket, before), now).after
    stored = TicketClocks(tuple(clock_of(row) for row in rows_of(ticket)))
    assert tick_all(stored, now).after == expected
    run_due(now)
    rows = rows_of(ticket)
    assert [row.next_at for row in rows] == [next_moment(clock_of(row)) for row in rows]
    assert not any(untold(row) for row in rows)


def assert_in_step(ticket: Ticket) -> None:
    rows = rows_of(ticket)
    state = TicketClocks(tuple(clock_of(row) for row in rows))
    assert next_due(ticket) == state.next_due_at
    for row in rows:
        moments = [at for at, _ in untold(row)] + [next_moment(clock_of(row))]
        assert row.next_at == min((at for at in moments if at), default=None)


def take(world: World, ticket: Ticket, step: str, variant: int, now: datetime) -> None:
    if step == "plan":
        change_plan(world.acme, PLANS[variant % len(PLANS)], at=now)
        while run_recomputations(now):
            pass
    elif step == "watch":
        run_due(now)
    elif step == "note":
        make_note(ticket, world.ari, at=now)
    elif step in ("status", "severity"):
        with acting_as(world.ari) as ari:
            if step == "severity":
                change_severity(ari, ticket.id, list(Severity)[variant % 4], at=now)
                return
            status = Status(Ticket.objects.get(id=ticket.id).status)
            if choices := sorted(TRANSITIONS[status]):
                change_status(ari, ticket.id, choices[variant % len(choices)], at=now)
    elif not is_closed(ticket):  # a customer's word on a closed one goes to another ticket
        author = world.ari if step in ("agent", "auto_answer") else world.ana
        make_reply(ticket, author, at=now, is_automatic=step in ("out_of_office", "auto_answer"))


def is_closed(ticket: Ticket) -> bool:
    with builders_scope():
        return Ticket.objects.values_list("status", flat=True).get(id=ticket.id) == Status.CLOSED


def plan_now(tenant: Tenant) -> str:
    with builders_scope():
        return Tenant.objects.values_list("plan__key", flat=True).get(id=tenant.id)


def from_scratch(ticket: Ticket, plan: str) -> TicketClocks:
    """A reading of its own: it shares the pure table with the room, and nothing else."""
    with builders_scope():
        book = current_book()
        assert book is not None
        calendar = {"enterprise": "24x5"}
        severity, state = "", TicketClocks()
        for event, happened_at in history(ticket):
            data = event.data
            if event.name == "ticket.opened":
                severity = data["severity"]
            if event.name == "ticket.severity_changed":
                severity = data["new"]
            if event.name == "tenant.plan_changed":
                plan = data["new"]
            known = meaning(event, state)
            if known is not None:
                terms = book.terms(plan, calendar.get(plan, "8x5"), severity)
                state = step_of(book, state, known, happened_at, terms)
        return state


def step_of(book: Book, state: TicketClocks, known: TicketEvent, at: datetime, terms: dict) -> TicketClocks:
    return apply_event(state, known, at, terms=terms, calendars=book.calendars).after


def history(ticket: Ticket) -> Iterator[tuple[Event, datetime]]:
    opened = Event.objects.get(name="ticket.opened", subject_id=ticket.id)
    written = dict(Message.objects.filter(ticket_id=ticket.id).values_list("id", "created_at"))
    for event in Event.objects.filter(subject_id__in=[ticket.id, ticket.tenant_id], n__gte=opened.n).order_by(
        "n"
    ):
        message = event.data.get("message_id")
        at = next((moment for id_, moment in written.items() if str(id_) == message), event.at)
        yield event, at


def meaning(event: Event, state: TicketClocks) -> TicketEvent | None:
    data = event.data
    match event.name:
        case "ticket.opened":
            return None if data["is_automatic"] else TicketEvent.OPENED
        case "ticket.replied" if not data["is_automatic"] and data["sender"] == "customer":
            return TicketEvent.CUSTOMER_WROTE if state.clocks else TicketEvent.OPENED
        case "ticket.replied" if not data["is_automatic"]:
            return TicketEvent.STAFF_REPLIED
        case "ticket.severity_changed" if data["confirms_proposal"] and data["old"] != data["new"]:
            return TicketEvent.P1_CONFIRMED
        case "ticket.severity_changed" | "tenant.plan_changed":
            return TicketEvent.TERMS_CHANGED
        case "ticket.status_changed":
            return changed(data["old"], data["new"]) if state.clocks else None
    return None


def changed(old: str, new: str) -> TicketEvent | None:
    to = {
        "resolved": TicketEvent.RESOLVED,
        "closed": TicketEvent.CLOSED,
        "waiting_on_customer": TicketEvent.WAITING_BEGAN,
    }
    since = {"resolved": TicketEvent.REOPENED, "waiting_on_customer": TicketEvent.WAITING_ENDED}
    return to.get(new) or since.get(old)
