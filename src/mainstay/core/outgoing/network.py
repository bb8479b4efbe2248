"""The way to the network: resolves, checks and connects, all within one deadline."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import httpcore2

from mainstay.core.outgoing.labels import REFUSALS
from mainstay.core.outgoing.rules import Address, FailureKind, Guard, Refusal

CONNECT_S: Final = 5.0
Resolve = Callable[[str, int], list[str]]
"""From host and port to addresses as text; OSError where there are none."""


class OutgoingRefused(Exception):
    """We do not connect there. `str()` says why, in the present language, to whoever wrote the address."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal

    def __str__(self) -> str:
        return str(REFUSALS[self.refusal])


class Stopped(Exception):
    def __init__(self, kind: FailureKind, words: str) -> None:
        super().__init__(words)
        self.kind = kind


class _Stream(httpcore2.NetworkStream):
    """Each step waits no longer than what is left of the whole."""

    def __init__(self, inner: httpcore2.NetworkStream, network: Network) -> None:
        self._inner, self._network = inner, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._network.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The library's own loop would start the time-out anew with each piece that a slow reader takes.
        connected, rest = self._inner.get_extra_info("socket"), memoryview(buffer)
        while rest:
            connected.settimeout(self._network.left())
            try:
                rest = rest[connected.send(rest) :]
            except TimeoutError as error:
                raise httpcore2.WriteTimeout(error) from error
            except OSError as error:
                raise httpcore2.WriteError(error) from error

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            secured = self._inner.start_tls(ssl_context, server_hostname, self._network.left())
        except httpcore2.ConnectError as error:
            raise Stopped(FailureKind.TLS, f"no secure connection: {first_line(error)}") from error
        return _Stream(secured, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Network(httpcore2.NetworkBackend):
    """Resolves, checks and connects; the only way out."""

    def __init__(self, guard: Guard, resolve: Resolve, deadline: float) -> None:
        self._guard, self._resolve, self._deadline = guard, resolve, deadline
        self._tcp = httpcore2.SyncBackend()

    def left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Stopped(FailureKind.TIMEOUT, "no complete answer in time")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._addresses(host, port)
        problem = self._guard.address_problem(host, port, addresses)
        if problem is not None:
            raise OutgoingRefused(problem)
        failure: Exception = Stopped(FailureKind.CONNECT, "no connection")
        for address in addresses:
            try:
                wait = min(self.left(), CONNECT_S)
                connected = self._tcp.connect_tcp(str(address), port, wait, None, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(connected, self)
        raise failure

    def _addresses(self, host: str, port: int) -> list[Address]:
        if (address := literal(host)) is not None:
            return [address]
        found = _within(self.left(), self._resolve, host, port)
        try:
            # What the check does not understand is not connected to; an interface (%eth0) is dropped.
            return [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        except ValueError:
            raise OutgoingRefused(Refusal.PRIVATE) from None

    def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore2.NetworkStream:
        raise OutgoingRefused(Refusal.PRIVATE)


def resolve_by_system(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_rest, sockaddr in found))


def _within(seconds: float, resolve: Resolve, host: str, port: int) -> list[str]:
    """The system's resolver knows no time-out: a thread that hangs in it is left behind and ends by itself."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except OSError as error:
            answers.put(error)
        except UnicodeError as error:  # a label longer than the system's codec takes
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise Stopped(FailureKind.TIMEOUT, "the name was not resolved in time") from None
    if isinstance(answer, OSError) or not answer:
        raise Stopped(FailureKind.DNS, "the name of the host cannot be resolved")
    return answer


def literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
