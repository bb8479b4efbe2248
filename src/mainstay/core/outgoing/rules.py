"""Where Mainstay may connect to when somebody else wrote the address. Pure: no look-up, no connection.

The networks are those of the IANA special-purpose registries (RFC 6890 and later), written out, since what
`ipaddress` calls global differs between Python versions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Refusal(StrEnum):
    """Why we do not connect somewhere; the words are in `labels.py`."""

    UNREADABLE = "unreadable"
    SCHEME = "scheme"
    USER = "user"
    NO_HOST = "no_host"
    HOST = "host"
    SPELLING = "spelling"
    """2130706433, 0x7f.1, 0177.0.0.1, 127.1: resolvers read them as addresses, people do not."""
    PRIVATE = "private"
    PORT = "port"


class FailureKind(StrEnum):
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """It stopped in the middle, or what came is no HTTP."""
    TOO_LONG = "too_long"


DEFAULT_PORTS: Final = frozenset({80, 443, 8080, 8443})

_CLOSED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; some clouds' metadata (100.100.100.200)
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent: a public address that means this machine
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation, as the next ones
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
        "::/96",  # unspecified, loopback, IPv4-compatible
        "64:ff9b:1::/48",  # local NAT64
        "100::/64",
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",  # unique local; AWS's metadata by IPv6
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")

_ENDS_IN_A_NUMBER: Final = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$", re.I)
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.I)


def is_public(address: Address) -> bool:
    """Whether it leads to the internet and to nowhere else, also when it is packed into another one."""
    if isinstance(address, ipaddress.IPv6Address):
        packed = _packed(address)
        if packed is not None:
            return is_public(packed)
        if address not in _GLOBAL_V6:
            return False
    return not any(address.version == network.version and address in network for network in _CLOSED)


def _packed(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, NAT64."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Guard:
    """What is let through: the internet at these ports, and whatever of the operator's own the operator named."""

    hosts: frozenset[str] = frozenset()
    """May resolve to anything, at any port."""
    networks: tuple[Network, ...] = ()
    """Addresses that are let through although private, at any port."""
    ports: frozenset[int] = DEFAULT_PORTS

    def host_problem(self, host: str) -> Refusal | None:
        """Why this name cannot be one to connect to."""
        if _literal(host) is not None:
            return None
        if _ENDS_IN_A_NUMBER.search(host):
            return Refusal.SPELLING
        return None if len(host) <= 253 and _HOST.fullmatch(host) else Refusal.HOST

    def address_problem(self, host: str, port: int, addresses: Iterable[Address]) -> Refusal | None:
        """Why none of it is connected to: one closed address among several is enough."""
        if host.lower().rstrip(".") in self.hosts:
            return None
        found = list(addresses)
        own = [address for address in found if self._is_named(address)]
        if any(address not in own and not is_public(address) for address in found):
            return Refusal.PRIVATE
        return Refusal.PORT if len(own) < len(found) and port not in self.ports else None

    def _is_named(self, address: Address) -> bool:
        plain = (_packed(address) if isinstance(address, ipaddress.IPv6Address) else None) or address
        return any(
            one.version == network.version and one in network
            for network in self.networks
            for one in {address, plain}
        )


def guard_of(private: Iterable[str], ports: Iterable[int]) -> Guard:
    """`private`: names of hosts, addresses and networks."""
    hosts, networks = set[str](), list[Network]()
    for text in private:
        network = read_network(text)
        if network is None:
            hosts.add(text.lower().rstrip("."))
        else:
            networks.append(network)
    return Guard(frozenset(hosts), tuple(networks), frozenset(ports))


def read_network(text: str) -> Network | None:
    """An address or network; None: a host's name. ValueError where it is neither."""
    try:
        return ipaddress.ip_network(text.strip("[]"))
    except ValueError:
        if "/" in text or ":" in text or _ENDS_IN_A_NUMBER.search(text) or not _HOST.fullmatch(text):
            raise ValueError(f"{text!r} is no host, address or network (example: 10.1.0.0/16)") from None
        return None


def _literal(host: str) -> Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else address
