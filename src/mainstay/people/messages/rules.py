"""When a mail is tried again and when it is given up; how a person hears of something, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mainstay.core.actor import Permission, Role


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """Given up; a person must look."""
    SUPPRESSED = "suppressed"
    """Never tried: the address bounced, or a cap was reached."""


class Refusal(StrEnum):
    """Why a mail was never tried; a delivery's `error` for that."""

    ADDRESS = "address_suppressed"
    CAP = "automatic_cap"


SEE_OUTBOX: Final = Permission(
    "outbox.see",
    frozenset({Role.AGENT, Role.SUPPORT_MANAGER, Role.CS_MANAGER, Role.CSM, Role.ADMIN}),
    "outbox:read",
)
MANAGE_OUTBOX: Final = Permission("outbox.manage", frozenset({Role.SUPPORT_MANAGER, Role.ADMIN}))

RETRY_AFTER: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440))
CLAIM: Final = timedelta(minutes=5)
"""How long a claimed mail is left alone before another sender may take it: longer than any one send takes."""

AUTOMATIC_CAP: Final = 20
AUTOMATIC_CAP_WINDOW: Final = timedelta(hours=1)
"""Automatic mails to one address; what is over the cap is kept as suppressed and can be seen."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """After `attempts` failures; None when it is time to give up."""
    return now + RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None


def is_permanent(smtp_code: int) -> bool:
    return 500 <= smtp_code < 600


class Channel(StrEnum):
    """From nothing to everything: a digest and a mail come beside the inbox, never instead of it."""

    OFF = "off"
    IN_APP = "in_app"
    DIGEST = "digest"
    EMAIL = "email"


class Rhythm(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


class Side(StrEnum):
    STAFF = "staff"
    MEMBER = "member"


ANY_CHANNEL: Final = frozenset(Channel)
NEVER_OFF: Final = frozenset({Channel.IN_APP, Channel.EMAIL})
MAIL_ONLY: Final = frozenset({Channel.EMAIL})
"""For what must reach somebody who is not looking: the account may be in other hands."""
DIGEST_HOUR: Final = time(8)
DIGEST_WEEKDAY: Final = 0
COUNT_CAP: Final = 99
"""Unread ones are counted up to here; beyond, the bell says 99+."""


def channel_for(allowed: frozenset[Channel], default: Channel, chosen: str | None) -> Channel:
    """A choice that a newer release no longer allows counts as none."""
    if chosen is not None and chosen in allowed:
        return Channel(chosen)
    return default


def mail_moment(
    channel: Channel,
    at: datetime,
    *,
    delay: timedelta,
    zone: str,
    rhythm: str,
    mails_itself: bool = False,
) -> datetime | None:
    """When somebody who has not read the notice by then is written to; None: not by mail."""
    if channel is Channel.EMAIL and not mails_itself:
        return at + delay
    if channel is Channel.DIGEST:
        return next_digest(at, zone, rhythm)
    return None


def next_digest(after: datetime, zone: str, rhythm: str) -> datetime:
    """The first eight o'clock of the person's own morning after `after`, weekly ones on Mondays.

    Counted on the wall clock: over a change of the clocks it is 23 or 25 hours to the next one.
    """
    here = zone_of(zone)
    for day in _days(after.astimezone(here).date()):
        if rhythm == Rhythm.WEEKLY and day.weekday() != DIGEST_WEEKDAY:
            continue
        moment = datetime.combine(day, DIGEST_HOUR, tzinfo=here).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("days do not end")


def _days(first: date) -> Iterator[date]:
    while True:
        yield first
        first += timedelta(days=1)


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # a name that this machine does not know
        return ZoneInfo("UTC")


def capped(count: int) -> str:
    return f"{COUNT_CAP}+" if count > COUNT_CAP else str(count)
