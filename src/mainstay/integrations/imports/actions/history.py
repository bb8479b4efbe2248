"""Rows that are messages of past tickets. A ticket's first row says what the ticket is; all its rows add words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Min

from mainstay.core.actor import Actor
from mainstay.core.bulk import insert_rows
from mainstay.core.ids import new_id
from mainstay.integrations.imports.actions.lines import Line
from mainstay.integrations.imports.actions.people import customers_of
from mainstay.integrations.imports.models import ImportedTicket, ImportRow, ImportRun
from mainstay.integrations.imports.rules import Outcome
from mainstay.people.staff.queries import visible_staff
from mainstay.people.tenants.actions import members_by_address
from mainstay.people.tenants.models import Member, Tenant
from mainstay.support.tickets.actions import PastMessage, PastTicket, import_tickets
from mainstay.support.tickets.rules import Sender, Severity, Source, Status

_OF_FIRST: Final = ("customer", "requester", "subject")
_WORDS: Final = {
    "agent": Sender.AGENT, "agente": Sender.AGENT, "support": Sender.AGENT, "soporte": Sender.AGENT,
    "customer": Sender.CUSTOMER, "cliente": Sender.CUSTOMER, "system": Sender.SYSTEM, "sistema": Sender.SYSTEM,
}  # fmt: skip


@dataclass(slots=True)
class _Ground:
    """What is known about the rows' customers, people and tickets."""

    whose: dict[int, UUID] = field(default_factory=dict)
    members: Mapping[tuple[UUID, str], Member] = field(default_factory=dict)
    staff: Mapping[str, UUID] = field(default_factory=dict)
    imported: set[tuple[UUID, str]] = field(default_factory=set)


def judge(actor: Actor, run: ImportRun, lines: Sequence[Line], *, lock: bool) -> None:
    for line in lines:
        line.key = str(line.values.get("ticket", ""))
    firsts = _first_lines(run, lines)
    ground = _ground(actor, lines, firsts, lock=lock)
    for line in lines:
        if line.key:
            _judge(line, firsts[line.key], ground)


def _first_lines(run: ImportRun, lines: Sequence[Line]) -> dict[str, Line]:
    """Of each ticket the row that describes it: staged earlier, or among these."""
    keys = {line.key for line in lines if line.key}
    before = min((line.position for line in lines), default=0)
    earlier = (
        ImportRow.objects.filter(run=run, key__in=keys, position__lt=before)
        .values("key")
        .annotate(first=Min("position"))
        .values_list("first", flat=True)
    )
    out: dict[str, Line] = {}
    for row in ImportRow.objects.filter(run=run, position__in=list(earlier)):
        if row.key in keys:
            out[row.key] = Line(row.position, [], dict(row.values), key=row.key)
    for line in lines:
        if line.key:
            out.setdefault(line.key, line)
    return out


def _ground(actor: Actor, lines: Sequence[Line], firsts: Mapping[str, Line], *, lock: bool) -> _Ground:
    described = {id(line): line for line in [*lines, *firsts.values()]}.values()
    whose = customers_of(actor, described)
    tenants = {key: whose.get(first.position) for key, first in firsts.items()}
    people = {
        (tenant_id, str(address).lower())
        for line in lines
        if (tenant_id := tenants.get(line.key))
        for address in (line.values.get("author"), line.values.get("requester"))
        if address
    }
    wanted = {(tenant_id, key) for key, tenant_id in tenants.items() if tenant_id}
    imported = ImportedTicket.objects.filter(
        tenant_id__in={tenant_id for tenant_id, _key in wanted}, key__in={key for _tenant, key in wanted}
    )
    return _Ground(
        whose,
        members_by_address(actor, people, lock=lock),
        dict(visible_staff(actor).values_list("email", "id")),
        {pair for pair in imported.values_list("tenant_id", "key") if pair in wanted},
    )


def _judge(line: Line, first: Line, ground: _Ground) -> None:
    tenant_id = ground.whose.get(first.position)
    if line is first:
        for needed in _OF_FIRST:
            if needed not in line.values:
                line.blame(needed, "missing_for_new")
        requester = line.values.get("requester")
        if tenant_id and requester and (tenant_id, requester) not in ground.members:
            line.blame("requester", "requester_unknown", requester)
        opened, resolved = line.values.get("opened_at"), line.values.get("resolved_at")
        if opened and resolved and resolved < opened:
            line.blame("resolved_at", "resolved_before_opened", resolved)
    elif "customer" in line.values and ground.whose.get(line.position) not in (None, tenant_id):
        line.blame("customer", "customer_differs", line.values["customer"], row=first.position)
    if tenant_id and _author(line, first, tenant_id, ground) is None:
        line.blame("author", "author_unknown", line.values.get("author", ""))
    if line.faults or tenant_id is None:
        return
    line.outcome = Outcome.UNCHANGED if (tenant_id, line.key) in ground.imported else Outcome.NEW
    line.change = None if line.outcome is Outcome.UNCHANGED else (first, tenant_id, ground)


def _author(
    line: Line, first: Line, tenant_id: UUID, ground: _Ground
) -> tuple[Sender, UUID | None, UUID | None] | None:
    """Sender, member, staff. Nobody named: the requester, in the ticket's first message."""
    said = str(line.values.get("author", "")).lower()
    if not said:
        if line is not first or line.values.get("internal"):
            return None
        said = str(line.values.get("requester", ""))
        member = ground.members.get((tenant_id, said))
        return Sender.CUSTOMER, member.id if member else None, None
    if said in _WORDS:
        return _WORDS[said], None, None
    if member := ground.members.get((tenant_id, said)):
        return Sender.CUSTOMER, member.id, None
    if staff_id := ground.staff.get(said):
        return Sender.AGENT, None, staff_id
    return None


def write(actor: Actor, run: ImportRun, lines: Sequence[Line], *, at: datetime) -> None:
    """Called with whole tickets: all rows of each."""
    by_ticket: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_ticket[line.key].append(line)
    languages = _languages(line.change[1] for line in lines)
    past = [_past(group, languages) for group in by_ticket.values()]
    ids = import_tickets(actor, past, at=at)
    insert_rows(
        ImportedTicket,
        [
            {
                "id": new_id(),
                "tenant_id": ticket.tenant_id,
                "key": ticket.key,
                "ticket_id": ticket_id,
                "run_id": run.id,
            }
            for ticket, ticket_id in zip(past, ids, strict=True)
        ],
    )


def _languages(tenant_ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Tenant.objects.filter(id__in=set(tenant_ids)).values_list("id", "language"))


def _past(group: Sequence[Line], languages: Mapping[UUID, str]) -> PastTicket:
    first, tenant_id, ground = group[0].change
    values: dict[str, Any] = first.values
    messages = sorted((_message(line) for line in group), key=lambda message: message.at)
    return PastTicket(
        tenant_id=tenant_id,
        requester_id=ground.members[tenant_id, values["requester"]].id,
        key=first.key,
        subject=values["subject"],
        messages=messages,
        status=Status(values.get("status", Status.CLOSED)),
        severity=Severity(values.get("severity", Severity.P3)),
        category=values.get("category", ""),
        module=values.get("module", ""),
        source=Source(values.get("source", Source.API)),
        tags=tuple(values.get("tags", ())),
        custom=values.get("attributes", {}),
        language=languages.get(tenant_id, "en"),
        opened_at=_moment(values.get("opened_at")),
        resolved_at=_moment(values.get("resolved_at")),
    )


def _message(line: Line) -> PastMessage:
    first, tenant_id, ground = line.change
    found = _author(line, first, tenant_id, ground)
    assert found is not None
    sender, member_id, staff_id = found
    return PastMessage(
        at=datetime.fromisoformat(line.values["message_at"]),
        sender=sender,
        body=line.values["body"],
        member_id=member_id,
        staff_id=staff_id,
        is_note=bool(line.values.get("internal")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
