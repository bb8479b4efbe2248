"""One cell becomes one value, or a fault that says what would be right. What can be read in two ways is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from mainstay.integrations.imports.rules.reading import UNREADABLE

DATE_ORDERS: Final = ("dmy", "mdy")
DECIMALS: Final = (".", ",")
_SHOWN: Final = 120
"""Of a wrong value."""


class Wrong(Exception):
    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Fault:
    """`column` is a column's key, or empty where the whole row is to blame."""

    column: str
    code: str
    value: str = ""
    params: dict[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def fault(column: str, code: str, value: object = "", **params: str | int) -> Fault:
    text = str(value).replace("\0", "␀").replace(UNREADABLE, "\ufffd")
    return Fault(column, code, text[:_SHOWN] + ("…" if len(text) > _SHOWN else ""), params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a value is judged by: the file's habits, and what is known here."""

    now: datetime
    zone: str = "UTC"
    """Of times without one."""
    date_order: str = ""
    decimal: str = ""
    languages: frozenset[str] = frozenset({"en", "es"})
    zones: frozenset[str] = frozenset({"UTC"})
    currencies: frozenset[str] = frozenset({"EUR", "USD"})
    is_email: Callable[[str], bool] = lambda text: "@" in text


def plain(text: str) -> str:
    """For comparing headers and words: without accents, case and punctuation."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    # `PlanKey` is two words.
    bare = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", bare)
    return re.sub(r"[^a-z0-9]+", " ", bare.lower()).strip()


_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_OTHER: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SHORT_YEAR: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")


def read_date(text: str, order: str = "") -> date:
    if found := _ISO.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if _SHORT_YEAR.fullmatch(text):
        raise Wrong("short_year")
    found = _OTHER.fullmatch(text)
    if not found:
        raise Wrong("not_a_date")
    a, b, year = int(found[1]), int(found[3]), int(found[4])
    if not order:
        # With full stops the day is first wherever they are used.
        order = "dmy" if found[2] == "." or a > 12 or a == b else "mdy" if b > 12 else ""
    if not order:
        day_first, month_first = _date(year, b, a), _date(year, a, b)
        raise Wrong("ambiguous_date", one=day_first.isoformat(), other=month_first.isoformat())
    return _date(year, b, a) if order == "dmy" else _date(year, a, b)


def _date(year: int, month: int, day: int) -> date:
    if not 1900 <= year <= 2200:
        raise Wrong("not_a_date")
    try:
        return date(year, month, day)
    except ValueError:
        raise Wrong("no_such_day") from None


_MOMENT: Final = re.compile(
    r"(?P<day>[\d/.\-]+)(?:(?:[T ]|, ?)\s*(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)


def read_moment(text: str, given: Given) -> datetime:
    found = _MOMENT.fullmatch(text)
    if not found:
        raise Wrong("not_a_moment")
    day = read_date(found["day"], given.date_order)
    hour = int(found["h"] or 0)
    if half := (found["half"] or "").lower():
        if not 1 <= hour <= 12:
            raise Wrong("not_a_moment")
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        clock = time(hour, int(found["m"] or 0), int(found["s"] or 0))
    except ValueError:
        raise Wrong("not_a_moment") from None
    at = datetime.combine(day, clock, _zone(found["zone"], given.zone)).astimezone(UTC)
    if at > given.now + timedelta(minutes=5):
        raise Wrong("in_the_future")
    return at


def _zone(said: str | None, otherwise: str) -> Any:
    if not said:
        return ZoneInfo(otherwise)
    if said.upper() in ("Z", "UTC"):
        return UTC
    minutes = int(said[1:3]) * 60 + int(said[-2:])
    if minutes > 14 * 60:
        raise Wrong("not_a_moment")
    return timezone(timedelta(minutes=-minutes if said[0] == "-" else minutes))


def read_number(text: str, decimal: str = "") -> Decimal:
    """With or without thousands separators and a currency. `1.234` and `1,234` alone can be two numbers."""
    bare = re.sub(r"[\s\u00a0\u202f'’]|[A-Z]{3}|[€$£¥]", "", text)
    if not re.fullmatch(r"[+-]?\d[\d.,]*", bare):
        raise Wrong("not_a_number")
    mark = decimal or _decimal_mark(bare)
    if mark:
        other = "," if mark == "." else "."
        if bare.count(mark) > 1 or not _thousands_are_right(bare.partition(mark)[0], other):
            raise Wrong("not_a_number")
        bare = bare.replace(other, "").replace(mark, ".")
    else:
        bare = bare.replace(",", "").replace(".", "")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise Wrong("not_a_number") from None


def _thousands_are_right(whole: str, mark: str) -> bool:
    return (
        mark not in whole or re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", whole) is not None
    )


def _decimal_mark(bare: str) -> str:
    marks = re.findall(r"[.,]", bare)
    if not marks:
        return ""
    last = marks[-1]
    if len(set(marks)) == 2:
        return str(last)
    if len(marks) > 1:
        if not _thousands_are_right(bare, last):
            raise Wrong("not_a_number")
        return ""
    whole, _mark, rest = bare.partition(last)
    if len(rest) == 3 and whole.lstrip("+-") not in ("", "0") and len(whole.lstrip("+-")) <= 3:
        raise Wrong("ambiguous_number", one=f"{whole}{rest}", other=f"{whole}.{rest}")
    return str(last)


_YES: Final = frozenset({"yes", "y", "si", "s", "true", "t", "1", "x", "verdadero", "v", "on"})
_NO: Final = frozenset({"no", "n", "false", "f", "0", "falso", "off"})


def read_bool(text: str) -> bool:
    word = plain(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Wrong("not_yes_or_no")


def read_choice(text: str, choices: Mapping[str, str]) -> str:
    """`choices`: word as `plain` makes it → code."""
    found = choices.get(plain(text))
    if found is None:
        raise Wrong("not_among", right=", ".join(dict.fromkeys(choices.values())))
    return found


def read_tags(text: str) -> list[str]:
    tags = [tag.strip() for tag in re.split(r"[,;|]", text)]
    if any(len(tag) > 60 for tag in tags):
        raise Wrong("too_long", limit=60, count=max(map(len, tags)))
    return sorted({tag for tag in tags if tag})
