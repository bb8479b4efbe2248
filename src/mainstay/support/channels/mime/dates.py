"""Dates as mail programs write them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_tz

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?\s*$")


def parse_date(text: str) -> datetime | None:
    """Aware, or None. A date without a zone counts as UTC."""
    text = re.sub(r"\([^()]*\)", " ", text[:200]).strip()[:100]
    try:
        return _iso(text) or _rfc(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    zone = (match[3] or "Z").replace("Z", "+00:00")
    return _sane(datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}"))


def _rfc(text: str) -> datetime | None:
    fields = parsedate_tz(text)
    if fields is None:
        return None
    year, month, day, hour, minute, second = fields[:6]
    offset = fields[9] or 0
    naive = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    if abs(offset) >= 86_400:
        offset = 0
    return _sane(datetime.fromtimestamp(naive.timestamp() - offset, UTC))


def _sane(value: datetime) -> datetime | None:
    return value.astimezone(UTC) if 1970 <= value.year <= 2200 else None
