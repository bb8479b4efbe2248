"""Writing what the dry run found: one transaction in the starter's own scope, all rows or none.

Each batch is judged again under locks. Where something has changed since the dry run so that a row is wrong now,
nothing is written and the dry run is done anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record
from mainstay.integrations.imports.actions import customers, history, people
from mainstay.integrations.imports.actions.check import JUDGES
from mainstay.integrations.imports.actions.lines import Line
from mainstay.integrations.imports.actions.prepare import begin_check, refuse_stranger
from mainstay.integrations.imports.events import ImportApplied
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.queries import visible_run
from mainstay.integrations.imports.rules import BATCH, Kind, Outcome, State

_WRITERS: Final[Mapping[Kind, Callable[..., None]]] = {
    Kind.CUSTOMERS: customers.write,
    Kind.PEOPLE: people.write,
    Kind.HISTORY: history.write,
}


class Outdated(Exception):
    """A row that was right in the dry run is wrong now."""


def apply_import(actor: Actor, run_id: UUID, *, at: datetime) -> ImportRun | None:
    """None: somebody else has done it, or is doing it."""
    run = visible_run(actor, run_id, lock=True)
    if run.state != State.APPLYING:
        return None
    kind = Kind(run.kind)
    refuse_stranger(actor, kind)
    event = ImportApplied(
        import_id=run.id,
        kind=run.kind,
        sha256=run.sha256,
        new=run.new_count,
        changed=run.changed_count,
        unchanged=run.unchanged_count,
    )
    fact = record(actor, event, tenant_id=run.tenant_id, at=at)
    origin = replace(actor.origin, cause=fact.n, depth=fact.depth + 1)
    importer = replace(actor, origin=origin)
    for lines in _batches(run):
        JUDGES[kind](importer, run, lines, lock=True)
        if any(line.faults for line in lines):
            raise Outdated
        if writable := [line for line in lines if line.change is not None]:
            _WRITERS[kind](importer, run, writable, at=at)
    run.state, run.applied_at, run.attempts = State.APPLIED, at, 0
    run.next_at = at if run.invites else None
    run.save(update_fields=["state", "applied_at", "attempts", "next_at"])
    return run


def _batches(run: ImportRun) -> Iterator[list[Line]]:
    """Sorted by key, and never one key in two batches: a ticket's rows are written together."""
    rows = (
        ImportRow.objects.filter(run=run, outcome__in=[Outcome.NEW, Outcome.CHANGED])
        .order_by("key", "position")
        .iterator(chunk_size=BATCH)
    )
    batch: list[Line] = []
    for row in rows:
        if len(batch) >= BATCH and row.key != batch[-1].key:
            yield batch
            batch = []
        batch.append(Line(row.position, [], row.values, key=row.key))
    if batch:
        yield batch


def check_again(actor: Actor, run_id: UUID, *, at: datetime) -> None:
    run = visible_run(actor, run_id, lock=True)
    if run.state == State.APPLYING:
        run.is_checked_again = True
        begin_check(run, at)
