"""Keyset pages: the cursor is the last row's sort values, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import BooleanField, F, Func, Value
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Invalid

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    rows: Sequence[T]
    next_cursor: str | None = None

    def map(self, change: Callable[[T], U]) -> Page[U]:
        return Page([change(row) for row in self.rows], self.next_cursor)


def encode_cursor(values: Sequence[Any]) -> str:
    plain = [
        v.isoformat() if isinstance(v, datetime) else v if isinstance(v, int | type(None)) else str(v)
        for v in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> list[Any]:
    """The sort values again, as text, numbers or None; a made-up cursor is the caller's error."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error) as wrong:
        raise _not_ours() from wrong
    if not isinstance(values, list) or len(values) != count:
        raise _not_ours()
    return values


def read_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort values as what they are: `datetime`, `UUID`, `int`, `str`; null anywhere but at the end."""
    values = decode_cursor(cursor, len(kinds))
    if values[-1] is None:
        raise _not_ours()
    try:
        return [None if v is None else _read(v, kind) for v, kind in zip(values, kinds, strict=True)]
    except (ValueError, TypeError, OverflowError) as wrong:
        raise _not_ours() from wrong


def _not_ours() -> Invalid:
    return Invalid(fields={"cursor": [_("This is not a cursor of this list.")]})


def _read(value: Any, kind: type) -> Any:
    if kind is int:
        if not isinstance(value, int) or not -(2**63) <= value < 2**63:
            raise ValueError
        return value
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1900 < moment.year < 9000:
            raise ValueError
        return moment
    return UUID(value) if kind is UUID else value.encode().decode()


class Beyond(Func):
    """`(a, b) > (x, y)` as one comparison of rows, which an index on (a, b) answers directly."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[str], values: Sequence[Any], *, descending: bool) -> None:
        super().__init__(*map(F, columns), *map(Value, values))
        self._count, self._sign = len(columns), "<" if descending else ">"

    def as_sql(self, compiler: Any, connection: Any, *_more: Any, **_context: Any) -> Any:
        parts, parameters = [], []
        for expression in self.get_source_expressions():
            part, more = compiler.compile(expression)
            parts.append(part)
            parameters += more
        left, right = ", ".join(parts[: self._count]), ", ".join(parts[self._count :])
        return f"({left}) {self._sign} ({right})", parameters
