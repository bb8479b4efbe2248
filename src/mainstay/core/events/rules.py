"""Who reads the audit log; how often a failed follow-up is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from mainstay.core.actor import TENANT_MANAGERS, Permission, Role

SEE_AUDIT: Final = Permission(
    "audit.see",
    TENANT_MANAGERS | {Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER, Role.EXECUTIVE},
    "audit:read",
)
LAST_ATTEMPT: Final = 12
"""About a day and a half after the first."""
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(days=1)


def next_attempt_at(attempts: int, at: datetime) -> datetime | None:
    """After so many failed attempts; None: given up."""
    if attempts >= LAST_ATTEMPT:
        return None
    doublings: int = 2 ** (attempts - 1)
    return at + min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
