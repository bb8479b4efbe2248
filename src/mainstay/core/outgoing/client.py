"""HTTP to addresses that somebody else wrote: webhooks, monitors, vendors' base addresses, identity providers.

A name is resolved once, every address it has is checked, and the connection goes to the address that was checked:
a name that changes its mind in between (DNS rebinding) gains nothing. Redirects are not followed, proxies of the
environment are not used, cookies are not kept. The time-out is for all of it, so that an answer that trickles in
holds nobody longer; of an answer no more than `max_bytes` is read.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpcore2
import httpx2
from django.conf import settings

from mainstay.core.outgoing.network import (
    Network,
    OutgoingRefused,
    Resolve,
    Stopped,
    first_line,
    literal,
    resolve_by_system,
)
from mainstay.core.outgoing.rules import FailureKind, Guard, Refusal, guard_of

_AGENT: Final = "Mainstay/1 (+webhooks, monitors)"


class OutgoingFailed(Exception):
    def __init__(self, kind: FailureKind, words: str, *, seconds: float = 0.0) -> None:
        super().__init__(words)
        self.kind, self.seconds = kind, seconds


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case; of several of one name the last."""
    body: bytes = field(repr=False)
    seconds: float
    is_cut: bool = False
    """There was more of it (only where the beginning is wanted)."""

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def operator_guard() -> Guard:
    """For addresses that the operator wrote: also what MAINSTAY_OUTGOING_PRIVATE names."""
    return guard_of(settings.MAINSTAY_OUTGOING_PRIVATE, settings.MAINSTAY_OUTGOING_PORTS)


def public_guard() -> Guard:
    """For addresses that a customer wrote: the operator's own machines stay closed to them."""
    return guard_of((), settings.MAINSTAY_OUTGOING_PORTS)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    timeout_s: float = 10.0,
    max_bytes: int = 1_000_000,
    keep_beginning: bool = False,
    guard: Guard | None = None,
    resolve: Resolve | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own: what a server sends after its answer can become nobody else's.

    An answer longer than `max_bytes` is a failure, or cut there where `keep_beginning`.
    """
    guard = guard or operator_guard()
    parsed, began = check_url(url, guard), time.monotonic()
    request = _request(method.upper(), parsed, headers or {}, content)
    network = Network(guard, resolve or resolve_by_system, began + timeout_s)
    pool = httpcore2.ConnectionPool(ssl_context=trust or _trust(), max_connections=1, network_backend=network)
    try:
        with pool:
            response = pool.handle_request(request)
            try:
                body, is_cut = _read(response, max_bytes, keep_beginning)
            finally:
                with suppress(httpcore2.NetworkError, httpcore2.TimeoutException):
                    response.close()
    except Stopped as stopped:
        raise OutgoingFailed(stopped.kind, str(stopped), seconds=time.monotonic() - began) from stopped
    except _EXPECTED as error:
        kind = _kind(error)
        raise OutgoingFailed(kind, _words(kind, error), seconds=time.monotonic() - began) from error
    return Answer(
        status=response.status,
        headers={name.decode("latin-1").lower(): v.decode("latin-1") for name, v in response.headers},
        body=body,
        seconds=time.monotonic() - began,
        is_cut=is_cut,
    )


def check_url(url: str, guard: Guard | None = None) -> httpx2.URL:
    """Raises OutgoingRefused for what can be told without asking anybody. Used by forms and before each request."""
    guard = guard or operator_guard()
    if any(c.isspace() or ord(c) < 32 or c == "\\" for c in url):
        raise OutgoingRefused(Refusal.UNREADABLE)
    try:
        parsed = httpx2.URL(url)
        host, port = parsed.raw_host.decode("ascii"), port_of(parsed)
    except (httpx2.InvalidURL, ValueError):
        raise OutgoingRefused(Refusal.UNREADABLE) from None
    if parsed.scheme not in ("http", "https"):
        raise OutgoingRefused(Refusal.SCHEME)
    if not 0 < port < 65536:
        raise OutgoingRefused(Refusal.PORT)
    if parsed.userinfo or "@" in url.partition("://")[2].partition("/")[0]:
        raise OutgoingRefused(Refusal.USER)
    if not host:
        raise OutgoingRefused(Refusal.NO_HOST)
    problem = guard.host_problem(host)
    if problem is None and (address := literal(host)) is not None:
        problem = guard.address_problem(host, port, [address])
    if problem is not None:
        raise OutgoingRefused(problem)
    return parsed


def port_of(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


_EXPECTED: Final = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    httpcore2.ConnectionNotAvailable,
    OSError,
)


def _read(response: httpcore2.Response, max_bytes: int, keep_beginning: bool) -> tuple[bytes, bool]:
    parts, size = list[bytes](), 0
    assert isinstance(response.stream, Iterable)
    for part in response.stream:
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            if keep_beginning:
                return b"".join(parts)[:max_bytes], True
            raise Stopped(FailureKind.TOO_LONG, f"the answer is longer than {max_bytes} bytes")
    return b"".join(parts), False


def _request(method: str, url: httpx2.URL, given: Mapping[str, str], content: bytes) -> httpcore2.Request:
    everything = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",  # else a small answer could become a large one
        "Connection": "close",
    }
    if content or method in ("POST", "PUT", "PATCH"):
        everything["Content-Length"] = str(len(content))
    taken = {name.lower() for name in given}
    if taken & {"host", "content-length", "transfer-encoding", "connection"}:
        raise ValueError("these headers are made here")
    kept = {name: value for name, value in everything.items() if name.lower() not in taken}
    return httpcore2.Request(
        method=method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in {**kept, **given}.items()],
        content=content,
    )


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, httpcore2.TimeoutException | TimeoutError):
        return FailureKind.TIMEOUT
    if isinstance(error, httpcore2.ConnectError):
        return FailureKind.CONNECT
    return FailureKind.BROKEN


def _words(kind: FailureKind, error: BaseException) -> str:
    if kind is FailureKind.TIMEOUT:
        return "no complete answer in time"
    return (
        f"{'no connection' if kind is FailureKind.CONNECT else 'the answer broke off'}: {first_line(error)}"
    )


_context: ssl.SSLContext | None = None


def _trust() -> ssl.SSLContext:
    """Making one reads all certificates of the system: once is enough."""
    global _context
    if _context is None:
        _context = ssl.create_default_context()
    return _context
