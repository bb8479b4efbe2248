"""Fills a migrated database with a large world, as the product's actions would have made it, by COPY.

`tests/bench/test_data.py` replays a small one through the actions and compares every row.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
from django.db.models import Model
from psycopg import sql

from bench.stories import Do, Size, Step, Story, stories
from mainstay.core.actor import ActorKind, Role
from mainstay.core.events.models import Event
from mainstay.core.ids import new_id
from mainstay.people.access.models import ApiKey, OperatorKey
from mainstay.people.access.queries import hash_token
from mainstay.people.access.rules import KEY_SHOWN
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.sla.actions.clocks import event_of_status
from mainstay.support.sla.models import Clock
from mainstay.support.sla.queries.book import Book
from mainstay.support.sla.queries.rows import Told, row_of, tell
from mainstay.support.sla.rules import Happening, Terms, TicketClocks, TicketEvent, apply_event, tick_all
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Sender, Severity, Source, Status, priority_for, starting_severity

OPERATOR_KEYS = 64
"""One alone would run into its rate limit."""
SCOPES = ["tickets:read", "tickets:write", "tickets:triage", "people:read", "tenants:read"]
_PLAN_SHARES = (("free", 20), ("starter", 25), ("professional", 30), ("business", 15), ("enterprise", 10))
_CHUNK = 5_000
_INSTANT = timedelta(microseconds=1)
_JOINED = timedelta(days=500)
Row = tuple[Any, ...]


def operator_token(number: int) -> str:
    return f"msk_bench-operator-{number:03}"


def tenant_token(number: int) -> str:
    return f"msk_bench-tenant-{number:04}"


def agent_address(number: int) -> str:
    return f"agent{number}@mainstay.example"


def address_of(tenant: int, member: int) -> str:
    return f"member{member}@customer{tenant}.example"


class Sheet:
    """A table being filled: `own` columns are given with each row, all others take the model's default."""

    def __init__(self, model: type[Model], own: str) -> None:
        names = own.split()
        columns = {f.column: f for f in model._meta.concrete_fields}
        rest = [c for c, f in columns.items() if c not in names and not f.has_db_default()]
        rest = [
            c for c in rest if not (c == "n" or (c == "id" and columns[c].get_internal_type() != "UUIDField"))
        ]
        self._rest = tuple(_plain(columns[c].get_default()) for c in rest)
        self._into = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, [*names, *rest]))
        )
        self.rows: list[Row] = []

    def add(self, *values: Any) -> None:
        self.rows.append((*values, *self._rest))

    def save(self, connection: psycopg.Connection) -> None:
        with connection.cursor() as cursor, cursor.copy(self._into) as copy:
            for row in self.rows:
                copy.write_row(row)
        self.rows.clear()


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


@dataclass
class Cast:
    tenants: list[UUID] = field(default_factory=list)
    terms: list[tuple[str, str]] = field(default_factory=list)
    """Of each tenant: plan, calendar."""
    members: dict[int, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    staff: list[UUID] = field(default_factory=list)


def fill(connection: psycopg.Connection, book: Book, size: Size, now: datetime) -> None:
    """Over a superuser's connection: keys are not checked while rows come in, the test does that."""
    connection.execute("SET session_replication_role = replica")
    with connection.transaction():
        cast = _people(connection, size, now)
    tickets = Tickets(cast, book, now)
    told = iter(stories(size, now))
    while chunk := list(islice(told, _CHUNK)):
        for story in chunk:
            tickets.add(story)
        with connection.transaction():
            tickets.save(connection)
    connection.execute("SELECT setval('ticket_number', %s)", [tickets.number])
    connection.execute("RESET session_replication_role")


def _people(connection: psycopg.Connection, size: Size, now: datetime) -> Cast:
    cast, joined = Cast(), now - _JOINED
    plans = {
        row[0]: row[1:] for row in connection.execute("SELECT key, id, calendar_key FROM plan").fetchall()
    }
    shares = [key for key, share in _PLAN_SHARES for _ in range(share)]
    tenants = Sheet(Tenant, "id name slug plan_id language zone created_at")
    members = Sheet(Member, "id tenant_id email name role joined_at created_at")
    keys = Sheet(ApiKey, "id tenant_id name prefix key_hash scopes created_at created_by_kind")
    for number in range(size.tenants):
        key = "enterprise" if number == 0 else shares[number * 37 % len(shares)]
        plan_id, hours = plans[key]
        tenant_id = new_id()
        cast.tenants.append(tenant_id)
        cast.terms.append((key, hours))
        tenants.add(tenant_id, f"Customer {number}", f"customer-{number}", plan_id, "en", "UTC", joined)
        for member in range(size.members_of(number)):
            role = Role.OWNER if member == 0 else (Role.PM, Role.FIELD)[member % 2]
            cast.members[number].append(new_id())
            who = f"Member {member} of {number}"
            members.add(
                cast.members[number][-1], tenant_id, address_of(number, member), who, role, joined, joined
            )
        keys.add(new_id(), tenant_id, *_key(tenant_token(number)), joined, ActorKind.SYSTEM)
    staff = Sheet(Staff, "id email name public_name roles languages created_at")
    for number in range(size.staff):
        cast.staff.append(new_id())
        name, roles = f"Agent {number}", [Role.SUPPORT_MANAGER if number == 0 else Role.AGENT]
        staff.add(
            cast.staff[-1],
            f"agent{number}@mainstay.example",
            name,
            name,
            [str(r) for r in roles],
            ["en"],
            joined,
        )
    operators = Sheet(OperatorKey, "id name prefix key_hash scopes created_at created_by_kind")
    for number in range(OPERATOR_KEYS):
        operators.add(new_id(), *_key(operator_token(number)), joined, ActorKind.SYSTEM)
    for sheet in (tenants, members, keys, staff, operators):
        sheet.save(connection)
    return cast


def _key(token: str) -> tuple[str, str, str, list[str]]:
    return "bench", token[:KEY_SHOWN], hash_token(token), SCOPES


@dataclass
class State:
    """A ticket while its story is told; what the actions keep in its row."""

    story: Story
    id: UUID
    tenant_id: UUID
    severity: Severity
    status: Status = Status.OPEN
    assignee_id: UUID | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    last_message_at: datetime | None = None
    last_sender: Sender = Sender.CUSTOMER
    message_count: int = 0
    updated_at: datetime | None = None
    clocks: TicketClocks = field(default_factory=TicketClocks)
    clock_ids: dict[int, UUID] = field(default_factory=dict)


class Tickets:
    def __init__(self, cast: Cast, book: Book, now: datetime) -> None:
        self._cast, self._book, self._now = cast, book, now
        self.number = 1_000
        self._tickets = Sheet(
            Ticket,
            "id tenant_id number requester_id subject severity proposed_severity priority status assignee_id "
            "source language body_hash opened_at first_response_at resolved_at closed_at last_message_at "
            "last_sender message_count next_due_at updated_at",
        )
        self._messages = Sheet(
            Message, "id tenant_id ticket_id sender member_id staff_id source body created_at"
        )
        self._events = Sheet(
            Event,
            "at name tenant_id actor_kind actor_id subject_kind subject_id visibility data door",
        )
        self._clock_fields = [f.attname for f in Clock._meta.concrete_fields]
        self._clocks = Sheet(Clock, " ".join(f.column for f in Clock._meta.concrete_fields))

    def save(self, connection: psycopg.Connection) -> None:
        self._events.rows.sort(key=lambda row: row[0])
        for sheet in (self._tickets, self._messages, self._clocks, self._events):
            sheet.save(connection)

    def add(self, story: Story) -> None:
        severity, proposed = starting_severity(story.severity, story.source, is_portal_user=False)
        state = State(story, new_id(), self._cast.tenants[story.tenant], severity)
        self.number += 1
        for step in story.steps:
            self._tick(state, step.at - _INSTANT)
            {
                Do.OPEN: self._open,
                Do.ASSIGN: self._assign,
                Do.AGENT: self._agent,
                Do.CUSTOMER: self._customer,
                Do.STATUS: self._status,
            }[step.do](state, step)
        self._tick(state, self._now)
        self._tickets.add(
            state.id, state.tenant_id, self.number, self._requester(story), story.subject, state.severity, proposed,
            priority_for(state.severity), state.status, state.assignee_id, story.source, "en",
            sha256(f"{story.subject}\0{story.steps[0].text}".encode()).hexdigest(), story.opened_at,
            state.first_response_at, state.resolved_at, state.closed_at, state.last_message_at, state.last_sender,
            state.message_count, state.clocks.next_due_at, state.updated_at,
        )  # fmt: skip
        for clock in state.clocks.clocks:
            row = row_of(clock, tenant_id=state.tenant_id, ticket_id=state.id, before=None)
            row.id = state.clock_ids[clock.number]
            tell(row, clock, Told(warning=True, breach=True))
            self._clocks.add(*(getattr(row, name) for name in self._clock_fields))

    def _open(self, state: State, step: Step) -> None:
        message_id = self._message(state, step, Sender.CUSTOMER)
        data = {
            "ticket_id": str(state.id),
            "number": self.number,
            "message_id": str(message_id),
            "severity": state.severity,
            "proposed_severity": starting_severity(
                state.story.severity, state.story.source, is_portal_user=False
            )[1],
            "source": state.story.source,
            "audience": "operator",
            "is_platform_issue": False,
            "is_automatic": False,
        }
        self._event(state, step.at, "ticket.opened", data)
        self._clock(state, step.at, TicketEvent.OPENED)

    def _assign(self, state: State, step: Step) -> None:
        state.assignee_id, state.updated_at = self._agent_of(state.story), step.at
        data = {"ticket_id": str(state.id), "old": None, "new": str(state.assignee_id)}
        self._event(state, step.at, "ticket.assigned", data, by_staff=True, visibility="operator")

    def _agent(self, state: State, step: Step) -> None:
        self._reply(state, step, Sender.AGENT, TicketEvent.STAFF_REPLIED)
        state.first_response_at = state.first_response_at or step.at
        if state.status is Status.OPEN:
            self._move(state, step.at, Status.IN_PROGRESS, "reply", by_staff=True)

    def _customer(self, state: State, step: Step) -> None:
        self._reply(state, step, Sender.CUSTOMER, TicketEvent.CUSTOMER_WROTE)

    def _status(self, state: State, step: Step) -> None:
        assert step.status is not None
        self._move(state, step.at, step.status, "", by_staff=True)

    def _reply(self, state: State, step: Step, sender: Sender, event: TicketEvent) -> None:
        data = {
            "ticket_id": str(state.id),
            "message_id": str(self._message(state, step, sender)),
            "sender": sender,
            "source": self._source(state, sender),
            "is_automatic": False,
        }
        self._event(state, step.at, "ticket.replied", data, by_staff=sender is Sender.AGENT)
        self._clock(state, step.at, event)

    def _message(self, state: State, step: Step, sender: Sender) -> UUID:
        by_staff, message_id = sender is Sender.AGENT, new_id()
        member_id, staff_id = self._requester(state.story), self._agent_of(state.story)
        writer = (None, staff_id) if by_staff else (member_id, None)
        source = self._source(state, sender)
        self._messages.add(message_id, state.tenant_id, state.id, sender, *writer, source, step.text, step.at)
        state.last_message_at = state.updated_at = step.at
        state.last_sender = sender
        state.message_count += 1
        return message_id

    def _move(self, state: State, at: datetime, status: Status, reason: str, *, by_staff: bool) -> None:
        old, state.status, state.updated_at = state.status, status, at
        if status is Status.RESOLVED:
            state.resolved_at = at
        elif status is Status.CLOSED:
            state.closed_at = at
        data = {"ticket_id": str(state.id), "old": old, "new": status, "reason": reason}
        self._event(state, at, "ticket.status_changed", data, by_staff=by_staff)
        if (event := event_of_status(old, status)) is not None:
            self._clock(state, at, event)

    def _clock(self, state: State, at: datetime, event: TicketEvent) -> None:
        terms, calendars = self._terms(state), self._book.calendars
        state.clocks = apply_event(state.clocks, event, at, terms=terms, calendars=calendars).after
        for clock in state.clocks.clocks:
            state.clock_ids.setdefault(clock.number, new_id())

    def _tick(self, state: State, at: datetime) -> None:
        """The watch, which runs all the time."""
        outcome = tick_all(state.clocks, at)
        state.clocks = outcome.after
        for occurrence in outcome.occurrences:
            clock = next(c for c in state.clocks.clocks if c.number == occurrence.number)
            warned = occurrence.happening is Happening.WARNED
            data = {
                "ticket_id": str(state.id),
                "clock_id": str(state.clock_ids[clock.number]),
                "kind": clock.kind,
                "severity": state.severity,
                "due_at": _iso(clock.due_at if warned else clock.breached_at),
            }
            if warned:
                data["warned_at"] = _iso(clock.warned_at)
            name = "sla.warned" if warned else "sla.breached"
            self._event(state, occurrence.at, name, data, by_system=True, visibility="operator")

    def _event(
        self,
        state: State,
        at: datetime,
        name: str,
        data: dict[str, Any],
        *,
        by_staff: bool = False,
        by_system: bool = False,
        visibility: str = "all",
    ) -> None:
        kind, who, door = ActorKind.MEMBER, self._requester(state.story), "web"
        if by_system:
            kind, who, door = ActorKind.SYSTEM, None, "system"  # type: ignore[assignment]
        elif by_staff:
            kind, who = ActorKind.STAFF, self._agent_of(state.story)
        text = json.dumps(data)
        self._events.add(at, name, state.tenant_id, kind, who, "ticket", state.id, visibility, text, door)

    def _terms(self, state: State) -> dict[Any, Terms]:
        return dict(self._book.terms(*self._cast.terms[state.story.tenant], state.severity))

    def _requester(self, story: Story) -> UUID:
        return self._cast.members[story.tenant][story.requester]

    def _agent_of(self, story: Story) -> UUID:
        return self._cast.staff[story.agent]

    def _source(self, state: State, sender: Sender) -> Source:
        return Source.PORTAL if sender is Sender.AGENT else state.story.source


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
