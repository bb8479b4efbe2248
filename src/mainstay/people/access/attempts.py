"""How often somebody may try: paid before anything is looked up, outside any scope.

Buckets are named by hashes: addresses people typed are nobody's business afterwards.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from django.core import signing

from mainstay.core.limits.actions import spend
from mainstay.people.access.rules import (
    ADDRESS_RATE,
    DEVICE_RATE,
    FACTOR_DEVICE_RATE,
    FACTOR_PAIR_RATE,
    FACTOR_RATE,
    IP_RATE,
    LINK_ADDRESS_RATE,
    LINK_IP_RATE,
    LOCKOUT_TOLD_RATE,
    OVER_IP_COST,
    PAIR_RATE,
    TOKEN_IP_RATE,
    Rate,
    network_of,
)
from mainstay.people.tenants.rules import clean_email

DEVICE_COOKIE: Final = "mainstay_device"
DEVICE_DAYS: Final = 180
_SALT = "mainstay.device"


def pay(rate: Rate, whom: str, *, at: datetime, cost: int = 1) -> int:
    """Seconds to wait; 0 lets through."""
    verdict = spend(
        f"{rate.name}:{whom}",
        rate=rate.burst / rate.period.total_seconds(),
        burst=rate.burst,
        cost=cost,
        at=at,
    )
    return 0 if verdict.allowed else verdict.retry_after


def pay_for_password(email: str, ip: str | None, device: str, *, at: datetime) -> int:
    """Before a password is looked at. The same for known and unknown addresses."""
    whom, network = _hashed(clean_email(email)), network_of(ip)
    if (known := _device_of(device, whom)) is not None:
        return pay(DEVICE_RATE, known, at=at)
    cost = OVER_IP_COST if pay(IP_RATE, network, at=at) else 1
    return pay(PAIR_RATE, f"{whom}:{network}", at=at, cost=cost) or pay(ADDRESS_RATE, whom, at=at)


def pay_for_factor(email: str, ip: str | None, device: str, *, at: datetime) -> int:
    """Before a second factor is looked at."""
    whom, network = _hashed(clean_email(email)), network_of(ip)
    if (known := _device_of(device, whom)) is not None:
        return pay(FACTOR_DEVICE_RATE, known, at=at)
    return pay(FACTOR_PAIR_RATE, f"{whom}:{network}", at=at) or pay(FACTOR_RATE, whom, at=at)


def may_tell_of_lockout(email: str, *, at: datetime) -> bool:
    """The same for known and unknown addresses."""
    return pay(LOCKOUT_TOLD_RATE, _hashed(clean_email(email)), at=at) == 0


def pay_for_link(email: str, ip: str | None, device: str, *, at: datetime) -> int:
    """Before a link is mailed: nobody's mailbox is filled by strangers."""
    whom = _hashed(clean_email(email))
    if _device_of(device, whom) is None and (wait := pay(LINK_IP_RATE, network_of(ip), at=at)):
        return wait
    return pay(LINK_ADDRESS_RATE, whom, at=at)


def pay_for_token(ip: str | None, *, at: datetime) -> int:
    """Before a token out of an address is tried."""
    return pay(TOKEN_IP_RATE, network_of(ip), at=at)


def device_mark(email: str, nonce: str) -> str:
    """Given to a browser that has signed in: it proves the address, so it pays from a bucket of its own."""
    return signing.dumps([_hashed(clean_email(email)), nonce], salt=_SALT)


def is_known_device(mark: str, email: str) -> bool:
    """Whether this browser has signed in to the account before."""
    return _device_of(mark, _hashed(clean_email(email))) is not None


def _device_of(mark: str, whom: str) -> str | None:
    """The browser's own bucket, if it has signed in to this very account before."""
    if not mark:
        return None
    try:
        marked, nonce = signing.loads(mark, salt=_SALT, max_age=DEVICE_DAYS * 86_400)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return f"{whom}:{nonce}" if marked == whom else None


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
