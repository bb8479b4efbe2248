"""The generated world is what the actions would have made."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from bench.data import fill
from bench.stories import Do, Size, Step, Story, stories
from django.db import connection

from mainstay.core.actor import Actor, ActorKind, Origin, Role
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.sla.actions import install_presets, tell_due
from mainstay.support.sla.models import Clock
from mainstay.support.sla.queries.book import current_book
from mainstay.support.tickets.actions import (
    NewMessage,
    NewTicket,
    assign_ticket,
    change_status,
    open_ticket,
    reply_to_ticket,
)
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Source

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
SIZE = Size(tickets=60, tenants=6, members=3, members_of_first=5, staff=4)


@pytest.fixture
def filled(committed: None, admin_connection: psycopg.Connection) -> None:
    with sweep("bench") as actor:
        install_presets(actor, "standard", at=NOW)
        book = current_book()
    assert book
    fill(admin_connection, book, SIZE, NOW)


@pytest.mark.usefixtures("filled")
def test_every_row_is_what_the_actions_make(admin_connection: psycopg.Connection) -> None:
    generated = snapshot()
    assert len(generated["tickets"]) == SIZE.tickets
    assert sum(map(len, generated["clocks"].values())) > SIZE.tickets
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute(
        "DELETE FROM sla_clock; DELETE FROM message; DELETE FROM event; DELETE FROM ticket"
    )
    play()
    made = snapshot()
    for what, rows in made.items():
        assert generated[what] == rows, what


@pytest.mark.usefixtures("filled")
def test_every_key_and_number_holds(admin_connection: psycopg.Connection) -> None:
    keys = admin_connection.execute(_FOREIGN_KEYS).fetchall()
    assert len(keys) > 20
    for child, child_columns, parent, parent_columns in keys:
        given = " AND ".join(f"c.{column} IS NOT NULL" for column in child_columns)
        same = " AND ".join(f"p.{p} = c.{c}" for c, p in zip(child_columns, parent_columns, strict=True))
        orphans = admin_connection.execute(
            f"SELECT count(*) FROM {child} c WHERE {given} AND NOT EXISTS (SELECT FROM {parent} p WHERE {same})"
        ).fetchone()
        assert orphans == (0,), (child, child_columns)
    used, following = admin_connection.execute(
        "SELECT (SELECT max(number) FROM ticket), nextval('ticket_number')"
    ).fetchone() or (None, None)
    assert following == used + 1


_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, columns_of(conrelid, conkey), confrelid::regclass::text,
           columns_of(confrelid, confkey)
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
""".replace(
    "columns_of(conrelid, conkey)",
    "(SELECT array_agg(attname::text ORDER BY o) FROM unnest(conkey) WITH ORDINALITY k(a, o) "
    "JOIN pg_attribute ON attrelid = conrelid AND attnum = a)",
).replace(
    "columns_of(confrelid, confkey)",
    "(SELECT array_agg(attname::text ORDER BY o) FROM unnest(confkey) WITH ORDINALITY k(a, o) "
    "JOIN pg_attribute ON attrelid = confrelid AND attnum = a)",
)


def snapshot() -> dict[str, Any]:
    """All that does not hang on ids and sequences; tickets are told apart by their opening."""
    with sweep("bench"):
        tickets = {t.id: (t.tenant_id, t.opened_at) for t in Ticket.objects.all()}
        return {
            "tickets": by(tickets, "id", Ticket.objects.all(), {"id", "number", "body_hash"}),
            "messages": by(tickets, "ticket_id", Message.objects.order_by("created_at"), {"id", "ticket_id"}),
            "clocks": by(tickets, "ticket_id", Clock.objects.order_by("number"), {"id", "ticket_id"}),
            "events": Counter(
                (tickets[e.subject_id], e.name, e.actor_kind, e.actor_id, e.visibility, e.door, words(e))
                for e in Event.objects.filter(subject_kind="ticket")
            ),
            "moments": Counter((e.name, e.at) for e in Event.objects.filter(name__startswith="ticket.")),
        }


def by(tickets: dict[Any, Any], key: str, rows: Any, without: set[str]) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
        kept = {name: value for name, value in columns.items() if name not in without}
        found.setdefault(tickets[getattr(row, key)], []).append(kept)
    return found


def words(event: Event) -> tuple[Any, ...]:
    without = {"ticket_id", "message_id", "clock_id", "number"}
    return tuple(sorted((k, str(v)) for k, v in event.data.items() if k not in without))


def play() -> None:
    with sweep("bench") as watch:
        tenants = list(Tenant.objects.order_by("slug"))
        members = {t.id: list(Member.objects.filter(tenant=t).order_by("id")) for t in tenants}
        staff = list(Staff.objects.order_by("id"))
        told = list(stories(SIZE, NOW))
        tickets: dict[int, Ticket] = {}
        steps = sorted(
            ((step, number) for number, story in enumerate(told) for step in story.steps),
            key=lambda item: item[0].at,
        )
        for step, number in steps:
            tell_due(watch, step.at, limit=10_000)
            story = told[number]
            tenant = tenants[story.tenant]
            act(step, story, number, members[tenant.id][story.requester], staff[story.agent], tickets)
        tell_due(watch, NOW, limit=10_000)
    connection.close()


def act(
    step: Step, story: Story, number: int, member: Member, agent: Staff, tickets: dict[int, Ticket]
) -> None:
    origin = Origin(door="web")
    customer = Actor(
        ActorKind.MEMBER, member.tenant_id, member.id, frozenset({Role(member.role)}), origin=origin
    )
    staff = Actor(ActorKind.STAFF, None, agent.id, frozenset(map(Role, agent.roles)), origin=origin)
    if step.do is Do.OPEN:
        new = NewTicket(
            subject=story.subject,
            body=step.text,
            source=story.source,
            severity=story.severity,
            tenant_id=member.tenant_id,
        )
        tickets[number] = open_ticket(customer, new, at=step.at)
        return
    ticket_id = tickets[number].id
    if step.do is Do.ASSIGN:
        assign_ticket(staff, ticket_id, agent.id, at=step.at)
    elif step.do is Do.AGENT:
        reply_to_ticket(staff, ticket_id, NewMessage(body=step.text, source=Source.PORTAL), at=step.at)
    elif step.do is Do.CUSTOMER:
        reply_to_ticket(customer, ticket_id, NewMessage(body=step.text, source=story.source), at=step.at)
    elif step.status is not None:
        change_status(staff, ticket_id, step.status, at=step.at)
