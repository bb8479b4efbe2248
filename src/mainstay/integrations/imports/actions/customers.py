"""Rows that are customers: by their short name, which is made from the name where the file has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from mainstay.core.actor import Actor, Role
from mainstay.core.house.current import house
from mainstay.integrations.imports.actions.lines import Line
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.rules import Outcome
from mainstay.people.staff.queries import active_staff
from mainstay.people.tenants.actions import TenantLine, put_tenants, tenants_by_slug
from mainstay.people.tenants.models import Plan, Tenant
from mainstay.people.tenants.queries import plans
from mainstay.people.tenants.rules import slug_of

_CSM_ROLES: Final = frozenset({Role.CSM, Role.CS_MANAGER})
_OF_NEW: Final = ("name", "plan", "owner_email")
_DATES: Final = frozenset({"contract_start_on", "contract_end_on", "renewal_on"})
_APART: Final = frozenset({"slug", "plan", "owner_email", "owner_name", "csm", "attributes"})


def judge(actor: Actor, run: ImportRun, lines: Sequence[Line], *, lock: bool) -> None:
    offered = {plan.key: plan for plan in plans()}
    team = _team(actor) if any("csm" in line.values for line in lines) else {}
    for line in lines:
        name = str(line.values.get("name", ""))
        line.key = str(line.values.get("slug") or (slug_of(name) if name else ""))
        if not line.key and not line.faults:
            line.blame("slug", "missing")
    known = tenants_by_slug(actor, [line.key for line in lines if line.key], lock=lock)
    for line in lines:
        _judge(line, known.get(line.key), offered, team)


def _team(actor: Actor) -> dict[str, UUID]:
    return {str(email): staff_id for email, staff_id in
            active_staff(actor, roles=_CSM_ROLES).values_list("email", "id")}  # fmt: skip


def _judge(line: Line, known: Tenant | None, offered: Mapping[str, Plan], team: Mapping[str, UUID]) -> None:
    values = line.values
    plan = offered.get(values.get("plan", ""))
    if "plan" in values and plan is None:
        line.blame("plan", "plan_unknown", values["plan"], right=", ".join(offered))
    if "csm" in values and values["csm"] not in team:
        line.blame("csm", "staff_unknown", values["csm"])
    if known is None:
        for needed in _OF_NEW:
            if needed not in values:
                line.blame(needed, "missing_for_new")
    wanted = _columns(values, team)
    start = wanted.get("contract_start_on", known and known.contract_start_on)
    end = wanted.get("contract_end_on", known and known.contract_end_on)
    if start and end and end < start:
        line.blame("contract_end_on", "contract_backwards", end.isoformat())
    if line.faults:
        return
    if known is None:
        assert plan is not None
        line.outcome = Outcome.NEW
        given = {
            "language": house().language,
            "zone": house().zone,
            "currency": plan.currency if plan.price_month else house().currency,
            **wanted,
            "attributes": values.get("attributes", {}),
        }
        line.change = TenantLine(
            line.key,
            given,
            plan=plan,
            owner_email=values["owner_email"],
            owner_name=values.get("owner_name", ""),
        )
        return
    if "attributes" in values:
        wanted["attributes"] = {**known.attributes, **values["attributes"]}
    changed = {name: value for name, value in wanted.items() if getattr(known, name) != value}
    new_plan = plan if plan is not None and plan.id != known.plan_id else None
    if changed or new_plan:
        line.outcome = Outcome.CHANGED
        line.change = TenantLine(line.key, changed, plan=new_plan, known=known)


def _columns(values: Mapping[str, Any], team: Mapping[str, UUID]) -> dict[str, Any]:
    """From JSON to what the columns hold."""
    out = {name: value for name, value in values.items() if name not in _APART}
    out |= {name: date.fromisoformat(values[name]) for name in _DATES & values.keys()}
    if "mrr" in values:
        out["mrr"] = Decimal(values["mrr"])
    if values.get("csm") in team:
        out["csm_id"] = team[values["csm"]]
    return out


def write(actor: Actor, run: ImportRun, lines: Sequence[Line], *, at: datetime) -> None:
    put_tenants(actor, [line.change for line in lines], at=at)
