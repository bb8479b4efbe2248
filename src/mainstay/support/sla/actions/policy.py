"""Changes of what is promised: hours, holidays, the matrix. Each makes the open clocks be recomputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Invalid, NotFound
from mainstay.core.events.actions import record
from mainstay.core.house.events import SettingChanged
from mainstay.core.ids import new_id
from mainstay.people.tenants.events import PlanChanged
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.queries import visible_tenant
from mainstay.support.sla.events import CalendarChanged, MatrixChanged, TenantCalendarChanged
from mainstay.support.sla.holidays_source import holiday_dates
from mainstay.support.sla.models import Calendar, Holiday, Matrix, PolicyVersion, Recomputation
from mainstay.support.sla.queries.book import calendar_of_row, matrix_of
from mainstay.support.sla.rules import CalendarError, PresetError, hours_from_text
from mainstay.support.sla.rules.rights import MANAGE_SLA


def save_calendar(
    actor: Actor, key: str, *, names: Mapping[str, str], zone: str, weekly: Mapping[str, Any], at: datetime
) -> Calendar:
    """Makes it or changes it. `weekly`: {"monday": ["09:00-13:00", "14:00-18:00"]}; no zone: the operator's."""
    actor.require(MANAGE_SLA)
    _lock_policy()
    row = Calendar.objects.filter(key=key).first() or Calendar(key=key)
    row.names, row.zone, row.weekly = dict(names), zone, dict(weekly)
    _check_key(key)
    _check_zone(zone)
    try:
        calendar_of_row(row, {}, "UTC")
    except PresetError as wrong:
        raise Invalid(fields={wrong.path or "weekly": [str(wrong)]}) from wrong
    row.save()
    _calendar_changed(actor, row, "hours", at)
    return row


def set_holidays(
    actor: Actor,
    calendar_key: str,
    dates: Mapping[date, tuple[Sequence[str], Mapping[str, str]]],
    *,
    at: datetime,
) -> int:
    """The operator's own dates: date → (hours, names); no hours is closed. They stand before public holidays."""
    actor.require(MANAGE_SLA)
    _lock_policy()
    calendar = _calendar(calendar_key)
    for on, (hours, _names) in dates.items():
        _check_hours(on, hours)
    Holiday.objects.filter(calendar=calendar, on__in=list(dates)).delete()
    rows = [
        Holiday(calendar=calendar, on=on, hours=list(hours), names=dict(names))
        for on, (hours, names) in dates.items()
    ]
    Holiday.objects.bulk_create(rows)
    _calendar_changed(actor, calendar, "holidays", at)
    return len(rows)


def remove_holidays(actor: Actor, calendar_key: str, dates: Iterable[date], *, at: datetime) -> int:
    actor.require(MANAGE_SLA)
    _lock_policy()
    calendar = _calendar(calendar_key)
    count, _rows = Holiday.objects.filter(calendar=calendar, on__in=list(dates)).delete()
    if count:
        _calendar_changed(actor, calendar, "holidays", at)
    return count


def fill_holidays(
    actor: Actor, calendar_key: str, *, country: str, region: str = "", years: Sequence[int], at: datetime
) -> int:
    """The public holidays of these years, instead of those that were filled in before; own dates stay."""
    actor.require(MANAGE_SLA)
    try:
        native = holiday_dates(country, region or None, years)
        named = {
            language: holiday_dates(country, region or None, years, language=language)
            for language in ("en", "es")
        }
    except CalendarError as wrong:
        field = str(wrong).partition(":")[0]
        raise Invalid(fields={field: [str(wrong)]}) from wrong
    _lock_policy()
    calendar = _calendar(calendar_key)
    public = Holiday.objects.filter(calendar=calendar, is_public=True)
    if (calendar.country, calendar.region) == (country, region):
        public = public.filter(on__year__in=list(years))
    public.delete()
    own = set(Holiday.objects.filter(calendar=calendar).values_list("on", flat=True))
    rows = [
        Holiday(
            calendar=calendar,
            on=on,
            is_public=True,
            names={language: names.get(on, name) for language, names in named.items()},
        )
        for on, name in native.items()
        if on not in own
    ]
    Holiday.objects.bulk_create(rows)
    calendar.country, calendar.region = country, region
    calendar.save(update_fields=["country", "region"])
    _calendar_changed(actor, calendar, "holidays", at)
    return len(rows)


def save_matrix(
    actor: Actor, key: str, *, names: Mapping[str, str], rows: Mapping[str, Any], at: datetime
) -> Matrix:
    """Makes it or changes it; `rows` as the presets write it. An error names the place in `rows`."""
    actor.require(MANAGE_SLA)
    _lock_policy()
    _check_key(key)
    row = Matrix.objects.filter(key=key).first() or Matrix(key=key, version=0)
    row.names, row.rows, row.version = dict(names), dict(rows), row.version + 1
    try:
        matrix = matrix_of(row)
    except PresetError as wrong:
        raise Invalid(fields={wrong.path or "rows": [str(wrong)]}) from wrong
    known = set(Calendar.objects.values_list("key", flat=True))
    for plan, severities in matrix.rows.items():
        for severity, promises in severities.items():
            for promise in promises:
                _check_calendar(f"rows.{plan}.{severity}.{promise.kind}", promise.calendar, known)
    row.save()
    _matrix_changed(actor, row, "promises", at)
    return row


def use_matrix(actor: Actor, key: str, *, at: datetime) -> Matrix:
    """From now on these are the promises."""
    actor.require(MANAGE_SLA)
    _lock_policy()
    row = Matrix.objects.filter(key=key).first()
    if row is None:
        raise NotFound
    if row.is_live:
        return row
    Matrix.objects.filter(is_live=True).update(is_live=False)
    row.is_live = True
    row.save(update_fields=["is_live"])
    _matrix_changed(actor, row, "live", at)
    return row


def set_tenant_calendar(actor: Actor, tenant_id: UUID, calendar_key: str, *, at: datetime) -> Tenant:
    """The customer's own hours; empty: its plan's."""
    actor.require(MANAGE_SLA)
    tenant = visible_tenant(actor, tenant_id)
    if calendar_key and not Calendar.objects.filter(key=calendar_key).exists():
        raise Invalid(fields={"calendar": [_("There is no calendar of this name.")]})
    old = tenant.calendar_key
    if old == calendar_key:
        return tenant
    tenant.calendar_key = calendar_key
    tenant.save(update_fields=["calendar_key"])
    record(
        actor,
        TenantCalendarChanged(tenant_id=tenant.id, old=old, new=calendar_key),
        tenant_id=tenant.id,
        at=at,
    )
    ask_recompute(tenant.id, "calendar", at)
    return tenant


def follow_plan(actor: Actor, happening: PlanChanged, fact: Any) -> None:
    """Now-handler: the customer's open clocks go to the new plan's promises."""
    ask_recompute(happening.tenant_id, "plan", fact.at)


def follow_zone(actor: Actor, happening: SettingChanged, fact: Any) -> None:
    """Now-handler: calendars without a zone of their own count in the operator's."""
    if happening.key == "zone":
        policy_changed("calendar", fact.at)


def ask_recompute(tenant_id: UUID | None, reason: str, at: datetime) -> None:
    """The worker goes through the open clocks; without a tenant through all."""
    Recomputation.objects.create(tenant_id=tenant_id, reason=reason, requested_at=at, next_at=at)


def policy_changed(reason: str, at: datetime) -> None:
    """Every copy in memory is stale from the commit on."""
    PolicyVersion.objects.update_or_create(id=1, defaults={"version": new_id(), "changed_at": at})
    ask_recompute(None, reason, at)


def _lock_policy() -> None:
    """One change of the promises at a time."""
    PolicyVersion.objects.select_for_update().filter(id=1).first()


def _calendar(key: str) -> Calendar:
    row = Calendar.objects.filter(key=key).first()
    if row is None:
        raise Invalid(fields={"calendar": [_("There is no calendar of this name.")]})
    return row


def _calendar_changed(actor: Actor, calendar: Calendar, what: str, at: datetime) -> None:
    policy_changed("holidays" if what == "holidays" else "calendar", at)
    record(
        actor, CalendarChanged(calendar_id=calendar.id, key=calendar.key, what=what), tenant_id=None, at=at
    )


def _matrix_changed(actor: Actor, matrix: Matrix, what: str, at: datetime) -> None:
    if matrix.is_live:
        policy_changed("matrix", at)
    record(
        actor,
        MatrixChanged(matrix_id=matrix.id, key=matrix.key, version=matrix.version, what=what),
        tenant_id=None,
        at=at,
    )


def _check_key(key: str) -> None:
    if not key or len(key) > 40 or not key.replace("-", "").isalnum() or key != key.lower():
        raise Invalid(fields={"key": [_("Use lower-case letters, digits and hyphens, at most 40.")]})


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError) as wrong:
        raise Invalid(fields={"zone": [_("This is not a known time zone.")]}) from wrong


def _check_hours(on: date, hours: Sequence[str]) -> None:
    try:
        spans = [hours_from_text(text) for text in hours]
    except CalendarError as wrong:
        raise Invalid(fields={f"holidays.{on}": [str(wrong)]}) from wrong
    if any(closes <= opens for opens, closes in spans):
        raise Invalid(fields={f"holidays.{on}": [_("Hours of a single date cannot run past midnight.")]})


def _check_calendar(path: str, key: str, known: set[str]) -> None:
    if key not in known | {"plan-hours"}:
        raise Invalid(fields={path: [_("There is no calendar of this name.")]})
