"""Is somebody listening, and does it answer?"""

import contextlib
import socket
from collections.abc import Callable

from mainstay.project.supervisor.spawning import SetupError

Address = tuple[str, int]
_SECONDS = 2.0


def check_free(address: Address, *, setting: str) -> None:
    """Raises when another program has the port, instead of taking its answers for ours."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise SetupError(
                f"cannot listen on {host}:{port} ({error.strerror}); "
                f"stop what uses it or set {setting} to another address"
            ) from None


def answers_http(address: Address, *, host_name: str) -> Callable[[], bool]:
    """Any answer counts, also a refusal."""
    request = f"GET / HTTP/1.1\r\nHost: {host_name}\r\nConnection: close\r\n\r\n".encode()
    return lambda: _first_bytes(address, request).startswith(b"HTTP/")


def answers_smtp(address: Address) -> Callable[[], bool]:
    return lambda: _first_bytes(address, b"").startswith(b"220")


def _first_bytes(address: Address, request: bytes) -> bytes:
    host, port = address
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 – where it listens, not we
    with contextlib.suppress(OSError), socket.create_connection((reachable, port), timeout=_SECONDS) as link:
        link.sendall(request)
        return link.recv(16)
    return b""
