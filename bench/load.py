"""A load generator for one address of the loopback, run as a process of its own: `python -m bench.load`.

Reads what to do as JSON, writes what happened as JSON. Each connection is kept alive and has one request
under way; a request is sent when the answer before it is complete.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import cycle
from time import perf_counter
from typing import Any

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Task:
    """`requests` are sent in turn, `count` in all. Where a body or path holds `{n}`, the request's number goes in."""

    address: tuple[str, int]
    requests: list[dict[str, Any]]
    """Of {method, path, headers, body}."""
    count: int
    connections: int = 1
    first: int = 0


@dataclass
class Result:
    seconds: float = 0
    statuses: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    def require(self, status: int) -> Result:
        if set(self.statuses) != {str(status)}:
            raise RuntimeError(f"answers other than {status}: {dict(self.statuses)}")
        return self

    @property
    def per_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def percentile(self, percent: int) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def run(task: Task) -> Result:
    """In a process of its own, so that the measuring one is not part of what it measures."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(task)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    return Result(found["seconds"], Counter(found["statuses"]), found["latencies_ms"])


class Link:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._length = -1
        self.status = ""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self._received.clear()
        self._length = -1
        self.sent_at = perf_counter()
        self.socket.sendall(request)

    def is_complete(self) -> bool:
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._received += data
        if self._length < 0:
            head, found, _ = self._received.partition(b"\r\n\r\n")
            if not found:
                return False
            self.status = head[9:12].decode()
            self._length = len(head) + 4 + _content_length(head.lower())
        return len(self._received) >= self._length


def _content_length(head: bytes) -> int:
    _, found, rest = head.partition(b"content-length:")
    if not found:
        raise ValueError("an answer without Content-Length")
    return int(rest.split(b"\r\n", 1)[0])


def _bytes(request: dict[str, Any], number: int, host: str) -> bytes:
    path = request["path"].replace("{n}", str(number))
    body = request.get("body", "").replace("{n}", str(number)).encode()
    headers = {"Host": host, **request.get("headers", {})}
    if body:
        headers |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    lines = [f"{request['method']} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def work(task: Task) -> Result:
    result = Result()
    host = f"{task.address[0]}:{task.address[1]}"
    waiting = cycle(task.requests)
    numbers = iter(range(task.first, task.first + task.count))
    selector = selectors.DefaultSelector()
    links = [Link(task.address) for _ in range(min(task.connections, task.count))]
    began = perf_counter()
    for link in links:
        selector.register(link.socket, selectors.EVENT_READ, link)
        link.send(_bytes(next(waiting), next(numbers), host))
    while selector.get_map():
        ready = selector.select(PATIENCE_S)
        if not ready:
            raise TimeoutError(f"no answer for {PATIENCE_S} s")
        for key, _ in ready:
            link = key.data
            if not link.is_complete():
                continue
            result.latencies_ms.append((perf_counter() - link.sent_at) * 1000)
            result.statuses[link.status] += 1
            number = next(numbers, None)
            if number is None:
                selector.unregister(link.socket)
                link.socket.close()
            else:
                link.send(_bytes(next(waiting), number, host))
    result.seconds = perf_counter() - began
    return result


if __name__ == "__main__":
    given = json.load(sys.stdin)
    given["address"] = tuple(given["address"])
    json.dump(vars(work(Task(**given))), sys.stdout)
