"""When a mail is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

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
