"""A web server for tests that behaves as badly as it is told to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Got:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """`answer` is called with each request and the connection, which it may write to as it likes."""

    answer: Callable[[Got, socket.socket], None]
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    names: list[str | None] = field(default_factory=list)
    """What clients asked for by SNI."""
    stopping: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


def plain(status: int = 200, body: bytes = b"ok", headers: str = "") -> Callable[[Got, socket.socket], None]:
    def answer(_got: Got, link: socket.socket) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        link.sendall(head.encode() + body)

    return answer


@contextmanager
def serving(
    answer: Callable[[Got, socket.socket], None] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    server = Server(answer or plain())
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    if tls:
        tls.sni_callback = lambda _socket, name, _context: server.names.append(name)
    accepting = threading.Thread(target=_accept, args=(server, listener, tls), daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)


def _accept(server: Server, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            link, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        threading.Thread(target=_talk, args=(server, link, tls), daemon=True).start()


def _talk(server: Server, link: socket.socket, tls: ssl.SSLContext | None) -> None:
    try:
        link.settimeout(10)
        if tls:
            link = tls.wrap_socket(link, server_side=True)
        with link, link.makefile("rb") as lines:
            while (got := _read(lines)) is not None:
                server.got.append(got)
                server.answer(got, link)
    except (OSError, ValueError):
        link.close()  # the client went away, which many tests want


def _read(lines: object) -> Got | None:
    first = lines.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers = {}
    while line := lines.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = lines.read(int(headers.get("content-length", 0)))
    return Got(first[0], first[1], headers, body)
