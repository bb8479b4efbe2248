"""What becomes of an incoming mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mainstay.core.actor import Permission, Role


class MailState(StrEnum):
    RECEIVED = "received"
    """Safe in the database, not yet looked at."""
    TICKETED = "ticketed"
    JOINED = "joined"
    TRIAGE = "triage"
    """A person decides whose it is."""
    SET_ASIDE = "set_aside"
    """A machine's mail about nothing of ours: kept, shown, answered by nobody."""
    BOUNCE = "bounce"
    DUPLICATE = "duplicate"
    HELD = "held"
    """More mails from one sender than the cap allows; a person lets them in."""
    QUARANTINED = "quarantined"
    """Could not be taken in after several attempts; nothing of it is lost."""
    DISCARDED = "discarded"


WAITING_FOR_A_PERSON: Final = frozenset({MailState.TRIAGE, MailState.HELD, MailState.QUARANTINED})
NEEDS_ITS_RAW_MAIL: Final = WAITING_FOR_A_PERSON | {MailState.RECEIVED}
CAN_BE_ASSIGNED: Final = WAITING_FOR_A_PERSON | {MailState.SET_ASIDE, MailState.DISCARDED}

_SUPPORT: Final = frozenset({Role.AGENT, Role.SUPPORT_MANAGER, Role.ADMIN})
SEE_INBOUND: Final = Permission("inbound.see", _SUPPORT, "inbound:read")
TRIAGE_INBOUND: Final = Permission("inbound.triage", _SUPPORT, "inbound:write")

MAILED_BYTES: Final = 18_000_000
"""Of files in one mail: encoded they stay below the 25 MB that most servers accept."""
MAILED_FILES: Final = 50

SENDER_CAP: Final = 60
THREAD_CAP: Final = 40
CAP_WINDOW: Final = timedelta(hours=1)
REPEAT_WINDOW: Final = timedelta(minutes=10)
"""The same words from the same person within it join the ticket that the first ones opened."""
MAX_ATTEMPTS: Final = 5


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """None: quarantine it."""
    return now + timedelta(seconds=30) * 2**attempts if attempts < MAX_ATTEMPTS else None
