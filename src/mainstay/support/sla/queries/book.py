"""The promises in force: one matrix, all calendars; kept in memory as long as their version is the present one.

The version is read by the very query that needs the promises, so a change is seen by every process at once
and no copy outlives it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Subquery

from mainstay.core.house.current import house
from mainstay.support.sla import models as tables
from mainstay.support.sla.rules import (
    ELAPSED,
    Calendar,
    ClockKind,
    Matrix,
    Terms,
    UnknownPlanError,
    calendar_from,
    hours_from_text,
    matrix_from,
    terms_of_ticket,
)
from mainstay.support.sla.rules.timeline import Hours

log = logging.getLogger(__name__)
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Book:
    version: UUID
    zone: str
    """The house's, in which calendars without their own count."""
    matrix: Matrix | None
    calendars: Mapping[str, Calendar]
    calendar_names: Mapping[str, Names]
    _terms: dict[tuple[str, str, str], Mapping[ClockKind, Terms]] = field(default_factory=dict, compare=False)

    def terms(self, plan_key: str, hours: str, severity: str) -> Mapping[ClockKind, Terms]:
        """`hours`: key of the tenant's own calendar or its plan's. Nothing promised is best effort."""
        key = (plan_key, hours, severity)
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = self._look_up(plan_key, hours, severity)
        return found

    def hours(self, key: str) -> Calendar:
        """A calendar that does not exist counts every hour: the promise errs to the customer's side."""
        return self.calendars.get(key, ELAPSED)

    def _look_up(self, plan_key: str, hours: str, severity: str) -> Mapping[ClockKind, Terms]:
        if self.matrix is None:
            return {}
        if hours not in self.calendars:
            log.error("the calendar %s of the plan %s does not exist: every hour counts", hours, plan_key)
        try:
            return terms_of_ticket(self.matrix, plan_key, severity, self.calendars, self.hours(hours).key)
        except UnknownPlanError as unknown:
            # A ticket is taken in whatever the matrix says.
            log.warning("%s: its tickets are best effort", unknown)
            return {}


_latest: Book | None = None


def book_of(version: UUID | None) -> Book | None:
    """None where nothing was ever installed. Inside a scope."""
    global _latest
    if version is None:
        return None
    kept = _latest
    if kept is not None and kept.version == version and kept.zone == house().zone:
        return kept
    _latest = fresh = _load()
    return fresh


def current_book() -> Book | None:
    return book_of(tables.PolicyVersion.objects.values_list("version", flat=True).first())


def version_now() -> Subquery:
    """For `.annotate(policy=version_now())`: costs no query of its own."""
    return Subquery(tables.PolicyVersion.objects.values("version")[:1])


def _load() -> Book:
    while True:
        before = tables.PolicyVersion.objects.values_list("version", flat=True).get()
        zone = house().zone
        names, calendars = _calendars(zone)
        live = tables.Matrix.objects.filter(is_live=True).first()
        matrix = matrix_of(live) if live else None
        # Content and version change in one commit: the same version before and after is a true picture.
        if before == tables.PolicyVersion.objects.values_list("version", flat=True).get():
            return Book(before, zone, matrix, calendars, names)


def _calendars(zone: str) -> tuple[dict[str, Names], dict[str, Calendar]]:
    holidays: dict[UUID, dict[date, Hours]] = defaultdict(dict)
    for calendar_id, on, hours in tables.Holiday.objects.values_list("calendar_id", "on", "hours"):
        holidays[calendar_id][on] = tuple(hours_from_text(text) for text in hours)
    names, calendars = {}, {}
    for row in tables.Calendar.objects.all():
        names[row.key] = row.names
        calendars[row.key] = calendar_of_row(row, holidays[row.id], zone)
    return names, calendars


def calendar_of_row(row: tables.Calendar, holidays: Mapping[date, Hours], zone: str) -> Calendar:
    preset = calendar_from(
        {"kind": "calendar", "key": row.key, "version": 1, "names": row.names, "weekly": row.weekly}
    )
    return Calendar(row.key, row.zone or zone, preset.weekly, holidays)


def matrix_of(row: tables.Matrix) -> Matrix:
    return matrix_from(
        {"kind": "matrix", "key": row.key, "version": row.version, "names": row.names, "rows": row.rows}
    )
