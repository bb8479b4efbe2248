"""The dry run: records become staged rows, a batch a transaction. Where it stands is in the run's own row, so a
worker that died is followed by another, and nothing is staged twice."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from babel import Locale
from django.db.models import Min

from mainstay.core.actor import Actor
from mainstay.core.bulk import insert_rows
from mainstay.core.house.current import house
from mainstay.integrations.imports.actions import customers, history, people
from mainstay.integrations.imports.actions.lines import Judge, Line, is_email
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.queries import visible_run
from mainstay.integrations.imports.rules import Kind, Outcome, State
from mainstay.integrations.imports.rules.columns import COLUMNS, clean_row
from mainstay.integrations.imports.rules.reading import Record
from mainstay.integrations.imports.rules.values import Given

JUDGES: Final[Mapping[Kind, Judge]] = {
    Kind.CUSTOMERS: customers.judge,
    Kind.PEOPLE: people.judge,
    Kind.HISTORY: history.judge,
}


@cache
def _currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


def given_for(run: ImportRun, now: datetime) -> Given:
    return Given(
        now=now,
        zone=run.zone,
        date_order=run.date_order,
        decimal=run.decimal,
        languages=frozenset(house().languages),
        zones=frozenset(zoneinfo.available_timezones()),
        currencies=_currencies(),
        is_email=is_email,
    )


def stage_batch(
    actor: Actor, run_id: UUID, after: int, records: Sequence[Record], *, is_last: bool, at: datetime
) -> bool:
    """Records that follow upon number `after`. False: somebody else has staged them, or it was cancelled."""
    run = visible_run(actor, run_id, lock=True)
    if run.state != State.CHECKING or run.position != after:
        return False
    if after == 0:
        ImportRow.objects.filter(run=run).delete()
    lines = _lines(run, records, at)
    JUDGES[Kind(run.kind)](actor, run, lines, lock=False)
    if run.kind != Kind.HISTORY:
        _find_duplicates(run, lines)
    _stage(run, lines)
    for line in lines:
        name = f"{line.outcome.value}_count"
        setattr(run, name, getattr(run, name) + 1)
    run.read_count += len(lines)
    run.position = records[-1].number if records else max(run.position, 1)
    run.attempts, run.next_at = 0, at
    if is_last:
        run.state, run.next_at, run.checked_at = State.CHECKED, None, at
    run.save()
    return True


def _lines(run: ImportRun, records: Sequence[Record], at: datetime) -> list[Line]:
    given = given_for(run, at)
    columns = {column.key: column for column in COLUMNS[Kind(run.kind)]}
    if run.tenant_id and "customer" in columns:
        columns["customer"] = replace(columns["customer"], needed="")
    left_out = set(run.left_out)
    lines = []
    for record in records:
        if record.number == 1 or record.number in left_out:
            continue
        if not record.problem and not any(cell.strip() for cell in record.cells):
            continue
        line = Line(record.number, record.cells)
        if record.problem:
            line.blame("", record.problem)
        else:
            line.values, line.faults = clean_row(columns, run.mapping, record.cells, given)
        lines.append(line)
    return lines


def _find_duplicates(run: ImportRun, lines: Sequence[Line]) -> None:
    """The first row of a key is right, those after it are not."""
    keys = {line.key for line in lines if line.key and not line.faults}
    if not keys:
        return
    earlier = (
        ImportRow.objects.filter(run=run, key__in=keys)
        .exclude(outcome=Outcome.WRONG)
        .values_list("key")
        .annotate(first=Min("position"))
    )
    seen: dict[str, int] = dict(earlier)
    for line in lines:
        if not line.key or line.faults:
            continue
        if line.key in seen:
            line.blame("", "duplicate", row=seen[line.key])
        else:
            seen[line.key] = line.position


def _stage(run: ImportRun, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.faults:
            line.outcome = Outcome.WRONG
    insert_rows(
        ImportRow,
        [
            {
                "tenant_id": run.tenant_id,
                "run_id": run.id,
                "position": line.position,
                "key": line.key,
                "outcome": line.outcome,
                "values": line.values,
                "faults": [found.as_json() for found in line.faults],
                "cells": [_storable(cell) for cell in line.cells] if line.faults else [],
            }
            for line in lines
        ],
    )


def _storable(cell: str) -> str:
    """NUL and what is no character, as signs that can be stored; a cell of a megabyte, its beginning."""
    return cell[:10_000].replace("\0", "␀").encode("utf-8", "replace").decode()
