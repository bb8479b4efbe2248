"""JSON for promises and clocks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.api.router import Router
from mainstay.core.errors import Invalid
from mainstay.people.tenants.api import tenant_id_of
from mainstay.support.sla.queries import (
    CalendarCard,
    MatrixView,
    Preview,
    ShownClock,
    all_clocks,
    matrix_for,
    next_promise,
    promise_preview,
)
from mainstay.support.sla.queries.counters import in_order, latest_of_each
from mainstay.support.sla.rules import Promise
from mainstay.support.sla.rules.calendar import WEEKDAYS, clock_text
from mainstay.support.sla.rules.matrix import calendar_key
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.support.sla.schemas import (
    CalendarOut,
    ClockOut,
    ExpectedOut,
    MatrixOut,
    PlanPromisesOut,
    PreviewOut,
    PreviewsOut,
    PromiseOut,
    SpecialDayOut,
    TicketSlaOut,
)
from mainstay.support.tickets.queries import visible_ticket
from mainstay.support.tickets.rules import Severity

router = Router(tags=["SLA"])
TenantId = Annotated[UUID | None, Query(description="For the operator's side: the customer's id.")]


@router.get("/tickets/{ticket_id}/sla")
def read_clocks(actor: Actor, ticket_id: UUID) -> TicketSlaOut:
    """The promises of one ticket, and how they stand."""
    actor.require(SEE_SLA)
    history = all_clocks(actor, visible_ticket(actor, ticket_id), clock.now())
    latest = in_order(latest_of_each(history))
    nearest = next_promise(latest)
    return TicketSlaOut(
        next=clock_out(nearest) if nearest else None,
        clocks=[clock_out(shown) for shown in latest],
        history=[clock_out(shown) for shown in history],
    )


@router.get("/sla")
def read_matrix(actor: Actor, tenant_id: TenantId = None) -> MatrixOut:
    """What each plan promises; the customer's own is marked."""
    return _matrix_out(matrix_for(actor, clock.now(), _tenant(actor, tenant_id)))


@router.get("/sla/preview")
def preview_promises(actor: Actor, tenant_id: TenantId = None) -> PreviewsOut:
    """The due moments that a ticket sent now would get."""
    wanted = _tenant(actor, tenant_id)
    if wanted is None:
        raise Invalid(fields={"tenant_id": [_("Say which customer this is for.")]})
    at = clock.now()
    previews = promise_preview(actor, wanted, at)
    first = previews[0]
    return PreviewsOut(
        plan=first.plan_key,
        plan_name=first.plan_name,
        channels=list(first.channels),
        at=at,
        severities=[_preview_out(preview) for preview in previews],
    )


def clock_out(shown: ShownClock) -> ClockOut:
    one = shown.clock
    return ClockOut(
        kind=one.kind,
        state=shown.state,
        is_goal=one.is_goal,
        is_late=shown.counter.is_late,
        started_at=one.started_at,
        due_at=one.due_at,
        warn_at=one.warn_at,
        warned_at=one.warned_at,
        breached_at=one.breached_at,
        paused_at=one.paused_at,
        met_at=one.met_at,
        stopped_at=one.stopped_at,
        promised_minutes=None if one.amount is None else one.amount.total_seconds() / 60,
        consumed_minutes=one.consumed.total_seconds() / 60,
        calendar=one.calendar_key,
    )


def _tenant(actor: Actor, tenant_id: UUID | None) -> UUID | None:
    """A customer that the actor may see, or what is promised to nobody in particular."""
    if tenant_id is None:
        return actor.tenant_id
    return tenant_id_of(actor, str(tenant_id), field="tenant_id")


def _matrix_out(view: MatrixView) -> MatrixOut:
    plans = [
        PlanPromisesOut(
            key=plan.key,
            name=plan.name,
            hours=plan.hours_key,
            is_own=plan.is_own,
            promises={
                Severity(severity): [_promise_out(promise, plan.hours_key) for promise in cells[n].promises]
                for severity, cells in view.rows
            },
        )
        for n, plan in enumerate(view.plans)
    ]
    return MatrixOut(
        name=view.name,
        version=view.version,
        plans=plans,
        calendars=[_calendar_out(card) for card in view.calendars],
    )


def _promise_out(promise: Promise, hours: str) -> PromiseOut:
    return PromiseOut(
        kind=promise.kind,
        amount=str(promise.amount),
        measure=promise.measure,
        calendar=calendar_key(promise, hours),
        is_goal=promise.is_goal,
    )


def _calendar_out(card: CalendarCard) -> CalendarOut:
    return CalendarOut(
        key=card.key,
        name=card.name,
        zone=card.zone,
        weekly={
            day: [f"{clock_text(opens)}-{clock_text(closes)}" for opens, closes in hours]
            for day, hours in zip(WEEKDAYS, card.weekly, strict=True)
        },
        special=[
            SpecialDayOut(on=day.on.isoformat(), hours=list(day.hours), name=day.name) for day in card.special
        ],
    )


def _preview_out(preview: Preview) -> PreviewOut:
    first = preview.first_response
    return PreviewOut(
        severity=Severity(preview.severity),
        first_response_at=first.due_at if first else None,
        expected=[
            ExpectedOut(
                kind=one.kind,
                due_at=one.due_at,
                amount=str(one.promise.amount),
                minutes=one.amount.total_seconds() / 60,
                calendar=one.calendar_key,
                is_goal=one.is_goal,
            )
            for one in preview.expected
        ],
    )
