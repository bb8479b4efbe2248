"""What is promised: the matrix as a table, and the due moments a ticket sent now would get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.people.tenants.models import Plan, Tenant
from mainstay.people.tenants.queries import plans, visible_tenant, visible_tenants
from mainstay.support.sla import models as tables
from mainstay.support.sla.queries.book import Book, book_of, current_book, version_now
from mainstay.support.sla.rules import (
    Calendar,
    ClockKind,
    Promise,
    Terms,
    add_business_time,
    promises_for,
    terms_for,
)
from mainstay.support.sla.rules.matrix import calendar_key
from mainstay.support.sla.rules.preset_text import SEVERITIES
from mainstay.support.sla.rules.rights import MANAGE_SLA, SEE_SLA

_DAYS_AHEAD = 40


@dataclass(frozen=True, slots=True)
class Expected:
    """One promise made concrete for a ticket sent now."""

    kind: ClockKind
    promise: Promise
    amount: timedelta
    due_at: datetime
    is_goal: bool
    calendar_key: str
    calendar_name: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`expected` without first response: best effort."""

    severity: str
    plan_key: str
    plan_name: str
    channels: tuple[str, ...]
    expected: tuple[Expected, ...]

    @property
    def first_response(self) -> Expected | None:
        return next((e for e in self.expected if e.kind is ClockKind.FIRST_RESPONSE), None)

    @property
    def restore(self) -> Expected | None:
        return next((e for e in self.expected if e.kind is ClockKind.RESTORE), None)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one plan promises for one severity; nothing is best effort."""

    plan_key: str
    severity: str
    promises: tuple[Promise, ...]
    calendar_names: Mapping[ClockKind, str]

    def of(self, kind: ClockKind) -> Promise | None:
        return next((promise for promise in self.promises if promise.kind is kind), None)


@dataclass(frozen=True, slots=True)
class PlanColumn:
    key: str
    name: str
    hours_key: str
    hours_name: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class SpecialDay:
    on: date
    hours: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class CalendarCard:
    """A calendar spelled out: the week, its zone, what lies ahead."""

    key: str
    name: str
    zone: str
    weekly: tuple[tuple[tuple[int, int], ...], ...]
    """By weekday from Monday: opening and closing minute of the day."""
    special: tuple[SpecialDay, ...]


@dataclass(frozen=True, slots=True)
class MatrixView:
    name: str
    version: int
    plans: tuple[PlanColumn, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    """Severity and the plans' cells in the order of `plans`."""
    calendars: tuple[CalendarCard, ...]


def promise_preview(actor: Actor, tenant_id: UUID, at: datetime) -> tuple[Preview, ...]:
    """What a ticket sent at this moment would be promised, for each severity from P1."""
    actor.require(SEE_SLA)
    found: Any = visible_tenants(actor).filter(id=tenant_id).annotate(policy=version_now()).first()
    if found is None:
        raise NotFound
    tenant: Tenant = found
    book = book_of(found.policy)
    hours = tenant.calendar_key or tenant.plan.calendar_key
    return tuple(_preview(book, tenant, hours, severity, at) for severity in SEVERITIES)


def _preview(book: Book | None, tenant: Tenant, hours: str, severity: str, at: datetime) -> Preview:
    language = get_language() or "en"
    plan = tenant.plan
    expected = []
    for promise in _promises(book, plan.key, severity):
        assert book is not None
        terms = _terms(book, promise, hours)
        expected.append(
            Expected(
                kind=promise.kind,
                promise=promise,
                amount=terms.amount,
                due_at=add_business_time(terms.calendar, at, terms.amount),
                is_goal=terms.is_goal,
                calendar_key=terms.calendar.key,
                calendar_name=_name(book, terms.calendar.key, language),
            )
        )
    return Preview(severity, plan.key, plan.name_in(language), tuple(plan.channels), tuple(expected))


def matrix_for(actor: Actor, at: datetime, tenant_id: UUID | None = None) -> MatrixView:
    """All plans on offer, and the customer's own in any case, marked. Staff without a customer: all plans."""
    actor.require(SEE_SLA)
    book = current_book()
    if book is None or book.matrix is None:
        raise NotFound
    tenant = visible_tenant(actor, tenant_id or actor.home) if tenant_id or actor.is_tenant_side else None
    language = get_language() or "en"
    listed = [plan for plan in _listed(tenant) if plan.key in book.matrix.rows]
    columns = tuple(_column(book, plan, tenant, language) for plan in listed)
    rows = tuple(
        (severity, tuple(_cell(book, column, severity, language) for column in columns))
        for severity in SEVERITIES
    )
    used = {column.hours_key for column in columns}
    for _, cells in rows:
        for cell in cells:
            used |= {calendar_key(promise, "") for promise in cell.promises}
    cards = _cards(book, used, at, language)
    names = book.matrix.names
    return MatrixView(
        names.get(language) or names.get("en", book.matrix.key), book.matrix.version, columns, rows, cards
    )


def matrices(actor: Actor) -> list[tables.Matrix]:
    actor.require(MANAGE_SLA)
    return list(tables.Matrix.objects.order_by("key"))


def _listed(tenant: Tenant | None) -> list[Plan]:
    offered = plans()
    if tenant is not None and tenant.plan_id not in {plan.id for plan in offered}:
        offered.append(tenant.plan)
    return sorted(offered, key=lambda plan: (plan.rank, plan.key))


def _column(book: Book, plan: Plan, tenant: Tenant | None, language: str) -> PlanColumn:
    is_own = tenant is not None and plan.id == tenant.plan_id
    hours = (tenant.calendar_key if tenant is not None and is_own else "") or plan.calendar_key
    return PlanColumn(plan.key, plan.name_in(language), hours, _name(book, hours, language), is_own)


def _cell(book: Book, column: PlanColumn, severity: str, language: str) -> Cell:
    promises = _promises(book, column.key, severity)
    names = {p.kind: _name(book, calendar_key(p, column.hours_key), language) for p in promises}
    return Cell(column.key, severity, promises, names)


def _cards(book: Book, keys: Iterable[str], at: datetime, language: str) -> tuple[CalendarCard, ...]:
    """One query for the days that lie ahead of them all."""
    wanted = [key for key in sorted(keys) if key in book.calendars]
    ahead: dict[str, list[tuple[date, dict[str, str]]]] = {key: [] for key in wanted}
    found = tables.Holiday.objects.filter(calendar__key__in=wanted, on__gte=at.date()).order_by("on")
    for key, on, names in found.values_list("calendar__key", "on", "names"):
        ahead[key].append((on, names))
    return tuple(_card(book, book.calendars[key], ahead[key][:_DAYS_AHEAD], language) for key in wanted)


def _card(
    book: Book, calendar: Calendar, ahead: Sequence[tuple[date, dict[str, str]]], language: str
) -> CalendarCard:
    special = tuple(
        SpecialDay(
            on,
            tuple(
                f"{o // 60:02}:{o % 60:02}–{c // 60:02}:{c % 60:02}" for o, c in calendar.holidays.get(on, ())
            ),
            names.get(language) or names.get("en") or "",
        )
        for on, names in ahead
    )
    return CalendarCard(
        calendar.key, _name(book, calendar.key, language), calendar.zone, calendar.weekly, special
    )


def _promises(book: Book | None, plan_key: str, severity: str) -> tuple[Promise, ...]:
    if book is None or book.matrix is None or plan_key not in book.matrix.rows:
        return ()
    return promises_for(book.matrix, plan_key, severity)


def _terms(book: Book, promise: Promise, hours: str) -> Terms:
    return terms_for(promise, book.calendars, book.hours(hours).key)


def _name(book: Book, key: str, language: str) -> str:
    names = book.calendar_names.get(key, {})
    return str(names.get(language) or names.get("en") or key)
