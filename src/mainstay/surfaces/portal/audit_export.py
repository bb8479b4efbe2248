"""The audit log as a file: all of it that fits the filters, however much that is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.utils import timezone, translation

from mainstay.core.actor import Actor
from mainstay.core.events.queries import EventFilter, events_below
from mainstay.core.wall.scope import scope
from mainstay.surfaces.portal.audit import AuditRow, audit_rows

PIECE: Final = 1_000
_COLUMNS: Final = (
    *("n", "at", "event", "who", "who_kind", "who_id", "what", "subject_kind", "subject", "subject_id"),
    *("customer", "tenant_id", "door", "ip", "request_id", "cause"),
)
Pieces = Iterator[list[AuditRow]]


def pieces_of(actor: Actor, wanted: EventFilter, *, size: int = PIECE) -> Pieces:
    """Each in a scope of its own, with the reader's language and zone: the page's has ended when the file is sent,
    and a long transaction would hold back everybody who follows events."""
    below: int | None = None
    while True:
        with scope(actor), translation.override(actor.language), timezone.override(actor.zone):
            rows = audit_rows(actor, events_below(actor, wanted, below, size))
        if rows:
            yield rows
        if len(rows) < size:
            return
        below = rows[-1].n


def as_csv(pieces: Pieces) -> Iterator[str]:
    yield _lines([_COLUMNS])
    for rows in pieces:
        yield _lines([[_cell(value) for value in _values(row).values()] for row in rows])


def as_jsonl(pieces: Pieces) -> Iterator[str]:
    for rows in pieces:
        yield "".join(json.dumps(_values(row), ensure_ascii=False, default=str) + "\n" for row in rows)


FORMATS: Final[dict[str, tuple[str, Callable[[Pieces], Iterator[str]]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/x-ndjson; charset=utf-8", as_jsonl),
}


def _values(row: AuditRow) -> dict[str, Any]:
    named = {"at": row.at.isoformat(), "event": row.name}
    return {name: named.get(name) or getattr(row, name) for name in _COLUMNS}


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cell(value: object) -> str:
    """A spreadsheet runs what begins like a formula; names are typed by strangers."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text
