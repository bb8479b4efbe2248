"""Rows that are people: by customer and address. Of a customer's own import, all are people of that customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from mainstay.core.actor import Actor, Role
from mainstay.integrations.imports.actions.lines import Line
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.rules import Outcome
from mainstay.people.tenants.actions import MemberLine, members_by_address, put_members
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import visible_tenants
from mainstay.people.tenants.rules import may_grant

_APART: Final = frozenset({"customer", "email"})


def judge(actor: Actor, run: ImportRun, lines: Sequence[Line], *, lock: bool) -> None:
    whose = customers_of(actor, lines)
    pairs = {
        line.position: (tenant_id, line.values["email"])
        for line in lines
        if (tenant_id := whose.get(line.position)) and "email" in line.values
    }
    known = members_by_address(actor, pairs.values(), lock=lock)
    for line in lines:
        pair = pairs.get(line.position)
        if pair is not None:
            line.key = f"{pair[0]} {pair[1]}"
            _judge(actor, line, pair[0], known.get(pair))


def customers_of(actor: Actor, lines: Iterable[Line]) -> dict[int, UUID]:
    """Position → customer. A customer's own people reach their own customer, whatever the file says."""
    if actor.is_tenant_side:
        own = visible_tenants(actor).get(id=actor.home)
        names = {own.slug, own.name.lower(), str(own.id)}
        for line in lines:
            said = line.values.get("customer", "")
            if said and said not in names:
                line.blame("customer", "another_customers", said)
        return {line.position: own.id for line in lines}
    known = tenants_called(actor, {line.values["customer"] for line in lines if "customer" in line.values})
    out: dict[int, UUID] = {}
    for line in lines:
        said = line.values.get("customer")
        if said is None:
            continue
        found = known.get(said, ())
        if len(found) == 1:
            out[line.position] = found[0]
        else:
            line.blame("customer", "customer_ambiguous" if found else "customer_unknown", said)
    return out


def tenants_called(actor: Actor, names: set[str]) -> Mapping[str, Sequence[UUID]]:
    """By short name, which is unique, else by name, which need not be."""
    if not names:
        return {}
    rows = (
        visible_tenants(actor)
        .annotate(lower_name=Lower("name"))
        .filter(Q(slug__in=names) | Q(lower_name__in=names))
        .values_list("id", "slug", "lower_name")
    )
    by_name: dict[str, list[UUID]] = defaultdict(list)
    by_slug: dict[str, list[UUID]] = {}
    for tenant_id, slug, name in rows:
        by_slug[slug] = [tenant_id]
        by_name[name].append(tenant_id)
    return {**by_name, **by_slug}


def _judge(actor: Actor, line: Line, tenant_id: UUID, known: Member | None) -> None:
    values = {name: value for name, value in line.values.items() if name not in _APART}
    role = values.get("role")
    if role == Role.OWNER and not may_grant(actor.roles, role) and (known is None or known.role != role):
        line.blame("role", "not_yours_to_grant", role)
    if known is not None and known.erased_at is not None:
        line.blame("email", "being_erased", line.values["email"])
    if known is not None and role is not None and role != known.role:
        if known.role == Role.OWNER:
            line.blame("role", "owner_stays", role)
        elif role == Role.CONTACT:
            line.blame("role", "contact_again", role)
    if line.faults:
        return
    if known is None:
        line.outcome = Outcome.NEW
        line.change = MemberLine(tenant_id, line.values["email"], values)
        return
    changed = {name: value for name, value in values.items() if getattr(known, name) != value}
    if changed:
        line.outcome = Outcome.CHANGED
        line.change = MemberLine(tenant_id, line.values["email"], changed, known=known)


def write(actor: Actor, run: ImportRun, lines: Sequence[Line], *, at: datetime) -> None:
    ids = put_members(actor, [line.change for line in lines], at=at)
    if run.invites:
        invited = {
            line.position: member_id
            for line, member_id in zip(lines, ids, strict=True)
            if line.outcome is Outcome.NEW and line.values.get("role", Role.CONTACT) != Role.CONTACT
        }
        rows = list(ImportRow.objects.filter(run=run, position__in=invited))
        for row in rows:
            row.target_id = invited[row.position]
        ImportRow.objects.bulk_update(rows, ["target_id"], batch_size=500)
