"""Files to import, and the way through an import without a browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mainstay.integrations.imports.actions import Choices, start_apply, start_check, upload_import
from mainstay.integrations.imports.jobs import run_imports
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.uploads import take_file
from mainstay.people.tenants.tests.make import acting_as, builders_scope

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE_HEAD = ("customer", "email", "name", "role")


def table(head: Sequence[str], rows: Sequence[Sequence[object]], *, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def upload(person: Any, kind: Kind, content: bytes | str, *, name: str = "rows.csv") -> ImportRun:
    data = content.encode() if isinstance(content, str) else content
    taken = take_file(getattr(person, "tenant_id", None), name, io.BytesIO(data))
    with acting_as(person) as actor:
        return upload_import(actor, kind, taken.file, taken.found, at=NOW)


def work(now: datetime = NOW, *, until: Callable[[], bool] = lambda: False) -> int:
    turns = 0
    while not until() and run_imports(now, 1):
        turns += 1
    return turns


def checked(person: Any, kind: Kind, content: bytes | str, **choices: Any) -> ImportRun:
    """Uploaded and through its dry run."""
    run = upload(person, kind, content)
    with acting_as(person) as actor:
        start_check(actor, run.id, Choices(**{"mapping": run.mapping, **choices}), at=NOW)
    work()
    return fresh(run)


def applied(person: Any, kind: Kind, content: bytes | str, **choices: Any) -> ImportRun:
    run = checked(person, kind, content, **choices)
    assert run.wrong_count == 0, faults(run)
    with acting_as(person) as actor:
        start_apply(actor, run.id, at=NOW)
    work(NOW + timedelta(seconds=1))
    return fresh(run)


def fresh(run: ImportRun) -> ImportRun:
    with builders_scope():
        return ImportRun.objects.get(id=run.id)


def rows(run: ImportRun) -> list[ImportRow]:
    with builders_scope():
        return list(ImportRow.objects.filter(run=run).order_by("position"))


def faults(run: ImportRun) -> dict[int, list[tuple[str, str]]]:
    """Row as a spreadsheet shows it → column and code."""
    return {row.position: [(f["column"], f["code"]) for f in row.faults] for row in rows(run) if row.faults}
