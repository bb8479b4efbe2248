"""Sign-in, links and keys: how long, how often, who may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from mainstay.core.actor import STAFF_ROLES, TENANT_MANAGERS, Permission, Role


class LinkPurpose(StrEnum):
    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 – a word, not a secret


class LinkState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    SHORTENED = "shortened"


LINK_LIFE: Final = {LinkPurpose.SIGN_IN: timedelta(minutes=15), LinkPurpose.PASSWORD: timedelta(hours=1)}
WELCOME_LIFE: Final = timedelta(days=7)
INVITATION_LIFE: Final = timedelta(days=14)
TOKEN_BYTES: Final = 32
TOKEN_LENGTH: Final = 43
"""32 bytes in URL-safe base64; a shorter one was cut by a mail program."""

KEY_PREFIX: Final = "msk_"
KEY_SHOWN: Final = 10
"""How much of a key stays visible: its prefix and six characters, 220 of its 256 bits unseen."""
LONGEST_KEY_LIFE: Final = timedelta(days=3 * 366)

SEE_KEYS: Final = Permission(
    "keys.see", TENANT_MANAGERS | {Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER, Role.CSM, Role.ENGINEER}
)
MANAGE_KEYS: Final = Permission("keys.manage", TENANT_MANAGERS)
MANAGE_OPERATOR_KEYS: Final = Permission("operator_keys.manage", frozenset({Role.ADMIN}))
SEE_OPERATOR_KEYS: Final = Permission("operator_keys.see", frozenset({Role.ADMIN}))
SIDE_OF_KEYS: Final = {"tenant": TENANT_MANAGERS, "operator": STAFF_ROLES}


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: so many at once, and so many come back in the period."""

    name: str
    burst: int
    period: timedelta


# A password attempt pays into the first two, or, from a browser that has signed in to this account before,
# into its own: strangers who hammer an address do not lock its owner out. Once an IP address (or IPv6 /64)
# is over its rate, each of its attempts costs the pair three: spraying one password over a company gets
# slower, while the colleagues behind the same address still come in.
PAIR_RATE: Final = Rate("pair", 10, timedelta(minutes=30))
ADDRESS_RATE: Final = Rate("address", 30, timedelta(hours=2))
DEVICE_RATE: Final = Rate("device", 10, timedelta(minutes=15))
IP_RATE: Final = Rate("ip", 100, timedelta(hours=1))
OVER_IP_COST: Final = 3
# Whoever guesses codes has the password already: six digits, three of which count at any moment, are guarded more
# tightly. Half a per mille is what all the attempts of one month come to.
FACTOR_PAIR_RATE: Final = Rate("factor_pair", 5, timedelta(minutes=30))
FACTOR_RATE: Final = Rate("factor", 15, timedelta(hours=12))
FACTOR_DEVICE_RATE: Final = Rate("factor_device", 6, timedelta(minutes=15))
LOCKOUT_TOLD_RATE: Final = Rate("lockout_told", 1, timedelta(hours=6))
"""How often one person hears, by mail and in the audit log, that somebody is hammering at the door."""
LINK_ADDRESS_RATE: Final = Rate("link", 5, timedelta(hours=1))
# Behind one address may stand a whole company on a Monday morning; each mailbox has its own limit above.
LINK_IP_RATE: Final = Rate("link_ip", 300, timedelta(hours=1))
# Tokens are beyond guessing; this only keeps a flood from the database.
TOKEN_IP_RATE: Final = Rate("token_ip", 600, timedelta(minutes=10))
INVITATIONS_AN_HOUR: Final = 100
"""Of one customer: nobody sends mail to strangers through us."""


def network_of(ip: str | None) -> str:
    """What one party controls: an IPv4 address, or the /64 around an IPv6 one."""
    if not ip:
        return "unknown"
    address = ip_address(ip)
    if address.version == 6 and address.ipv4_mapped:
        # As a listener for both families sees IPv4: else all of it were one network.
        address = address.ipv4_mapped
    if address.version == 6:
        return str(ip_network((address, 64), strict=False))
    return str(address)


def link_state(*, expires_at: datetime, used_at: datetime | None, now: datetime) -> LinkState:
    if used_at is not None:
        return LinkState.USED
    return LinkState.EXPIRED if expires_at <= now else LinkState.OPEN


def is_own_path(path: str) -> bool:
    """A path of this site and nothing a browser might read as another: no scheme, no host, no `//`, no
    backslash, no control characters."""
    if not path.startswith("/") or path.startswith("//") or len(path) > 500:
        return False
    if any(c == "\\" or ord(c) < 33 or ord(c) == 127 for c in path):
        return False
    try:
        parts = urlsplit(path)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
