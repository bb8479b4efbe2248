"""The one place that reads the clock. Only doors call it; everything below takes the time as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
