"""Codes that count at a moment, where passkeys are good, and how long a proof lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from mainstay.core.actor import TENANT_MANAGERS, Permission, Role


class Factor(StrEnum):
    TOTP = "totp"
    PASSKEY = "webauthn"
    CODES = "recovery_codes"


SECOND: Final = frozenset({Factor.TOTP, Factor.PASSKEY})
"""Recovery codes alone are none."""
MOST_PASSKEYS: Final = 20
NAME_LIMIT: Final = 60
FRESH: Final = timedelta(minutes=15)
"""So long after a proof of oneself may factors be changed without another."""

RESET_FACTORS: Final = Permission("factors.reset", TENANT_MANAGERS | {Role.ADMIN})
DEMAND_FACTOR: Final = Permission("factors.demand", TENANT_MANAGERS | {Role.ADMIN})


def counters_at(at: datetime, *, period: int, tolerance: int, after: int) -> list[int]:
    """The time steps whose codes count now. Each counts once, and none before one that was used (RFC 6238, 5.2)."""
    present = int(at.timestamp()) // period
    return [c for c in range(present - tolerance, present + tolerance + 1) if c > after]


def rp_id(url: str) -> str:
    """The name that passkeys are bound to: the host of our address. Browsers take no number for it, so on one's own
    machine it is `localhost`."""
    host = (urlsplit(url).hostname or "").lower()
    return "localhost" if host in ("127.0.0.1", "::1") else host


def origins(url: str) -> frozenset[str]:
    """Pages of these may use a passkey; others, also on names below ours, may not."""
    parts = urlsplit(url)
    own = f"{parts.scheme}://{parts.netloc}".lower()
    if rp_id(url) == parts.hostname:
        return frozenset({own})
    return frozenset({f"{parts.scheme}://localhost" + (f":{parts.port}" if parts.port else "")})


def can_have_passkeys(url: str) -> bool:
    """Browsers want a name, and encryption (but on one's own machine)."""
    name = rp_id(url)
    if name == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return url.lower().startswith("https://")
    return False


def last_proof(records: Sequence[Mapping[str, Any]], *, has_secret: bool) -> datetime | None:
    """When somebody last proved who they are, out of the session's records. A link by mail counts for those who
    have nothing else: whoever has a password or a factor shows that. A provider's word never does."""
    times = [
        float(record.get("at", 0))
        for record in records
        if record.get("method") in ("password", "mfa") or (not has_secret and record.get("method") != "sso")
    ]
    return datetime.fromtimestamp(max(times), tz=UTC) if times else None


def last_word_of(method: str, records: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When somebody last came in by that method."""
    times = [float(record.get("at", 0)) for record in records if record.get("method") == method]
    return datetime.fromtimestamp(max(times), tz=UTC) if times else None


def is_fresh(proof: datetime | None, now: datetime) -> bool:
    return proof is not None and now - proof < FRESH
