"""Reading imports: the operator's for its administrators, a customer's for its own managers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.core.wall.scope import sweep
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.rules import IMPORT_ALL, IMPORT_OWN_PEOPLE, Kind, Outcome
from mainstay.integrations.imports.rules.columns import Column, columns_for
from mainstay.integrations.imports.rules.reading import Preview, Unreadable, preview
from mainstay.integrations.imports.rules.values import Fault


def visible_runs(actor: Actor) -> QuerySet[ImportRun]:
    """Each side its own: a customer's list of people is not the operator's to page through."""
    everything = ImportRun.objects.defer("head")
    if actor.is_tenant_side:
        return everything.filter(tenant_id=actor.home) if actor.may(IMPORT_OWN_PEOPLE) else everything.none()
    return everything.filter(tenant__isnull=True) if actor.may(IMPORT_ALL) else everything.none()


def visible_run(actor: Actor, run_id: UUID, *, lock: bool = False) -> ImportRun:
    found = visible_runs(actor).filter(id=run_id)
    run = (found.select_for_update() if lock else found).first()
    if run is None:
        raise NotFound
    return run


def page_of_runs(actor: Actor, *, cursor: str | None = None, limit: int = 25) -> Page[ImportRun]:
    """The latest first."""
    found = visible_runs(actor)
    if cursor:
        found = found.filter(Beyond(["id"], read_cursor(cursor, UUID), descending=True))
    rows = list(found.order_by("-id")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].id]))


def wrong_rows(actor: Actor, run: ImportRun) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(run=visible_run(actor, run.id), outcome=Outcome.WRONG).order_by(
        "position"
    )


def page_of_wrong_rows(
    actor: Actor, run: ImportRun, *, cursor: str | None = None, limit: int = 50
) -> Page[ImportRow]:
    found = wrong_rows(actor, run)
    if cursor:
        found = found.filter(position__gt=read_cursor(cursor, int)[0])
    rows = list(found[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].position]))


def each_wrong_row(actor: Actor, run: ImportRun) -> Iterator[ImportRow]:
    yield from wrong_rows(actor, run).iterator(chunk_size=1000)


def some_rows(actor: Actor, run: ImportRun, outcome: Outcome, *, limit: int = 5) -> list[ImportRow]:
    found = ImportRow.objects.filter(run=visible_run(actor, run.id), outcome=outcome)
    return list(found.order_by("position")[:limit])


@dataclass(frozen=True, slots=True)
class Layout:
    """What the person who maps the columns looks at."""

    preview: Preview
    columns: list[Column]
    problem: Fault | None = None


def layout_of(actor: Actor, run: ImportRun) -> Layout:
    columns = columns_for(Kind(run.kind), is_tenant_side=actor.is_tenant_side)
    head = bytes(run.head)
    try:
        seen = preview(head, run.encoding, run.delimiter, is_whole=len(head) >= run.size)
    except Unreadable as problem:
        return Layout(Preview([], []), columns, Fault("", problem.code, "", problem.params))
    return Layout(seen, columns)


def known_files(keys: list[str]) -> set[str]:
    """Which of these stored files belong to an import; for the sweep of those that belong to nothing."""
    with sweep("retention"):
        return set(ImportRun.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))


def size_limit() -> int:
    return int(settings.MAINSTAY_MAX_IMPORT_BYTES)
