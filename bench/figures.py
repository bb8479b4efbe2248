"""What is measured. Each function returns lines of the table; each value is one run."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import psycopg

from bench import due_time, load, mails
from bench.cpu import Meter
from bench.data import address_of, agent_address
from bench.house import House
from bench.machine import cores
from bench.stories import Size
from bench.table import Line
from bench.world import creations, long_tickets, people, reads, session_of
from mainstay.project.testing.live_app import LiveApp

QUEUE_JSON = (
    "/api/v1/support/tickets?sort=due&status=open&status=in_progress&status=waiting_on_customer&limit=50"
)
QUEUE_PAGE = "/desk"
SMALL = 10_000
STREAMS = 500
SHARED = f"The load generators run on the same {cores()} cores as everything that is measured."


@dataclass
class Bench:
    house: House
    size: Size
    runs: int
    scale: float
    """Of the requests in a run."""

    def count(self, full: int) -> int:
        return max(20, int(full * self.scale))

    def sizes(self) -> str:
        size = self.size
        return (
            f"{size.tickets:,} tickets of {size.tenants:,} customers, one with {size.first_share:.0%} of them"
        )


def _address(app: LiveApp) -> tuple[str, int]:
    host, _, port = app.url.removeprefix("http://").partition(":")
    return host, int(port)


def due_times(bench: Bench) -> list[Line]:
    found = [due_time.run() for _ in range(bench.runs)]
    return [
        Line(rows[0].what, "/s", [row.per_second for row in rows], f"≥ {due_time.TARGET}")
        for rows in zip(*found, strict=True)
    ]


# --- the agents' queue


@dataclass
class Seen:
    """The queue at one size of the world."""

    json_p95: list[float]
    json_median: list[float]
    page_p95: list[float]
    page_median: list[float]


def see_queue(bench: Bench, app: LiveApp, admin: psycopg.Connection) -> Seen:
    page = [{"method": "GET", "path": QUEUE_PAGE, "headers": session_of(admin, agent_address(1))}]
    asked = {"json": reads([QUEUE_JSON] * 64), "page": page}
    found: dict[str, list[load.Result]] = {"json": [], "page": []}
    for what, requests in asked.items():
        load.run(load.Task(_address(app), requests, 100, connections=4)).require(200)  # warm
        for _ in range(bench.runs):
            task = load.Task(_address(app), requests, bench.count(300))
            found[what].append(load.run(task).require(200))
    return Seen(
        [r.percentile(95) for r in found["json"]],
        [r.percentile(50) for r in found["json"]],
        [r.percentile(95) for r in found["page"]],
        [r.percentile(50) for r in found["page"]],
    )


def queue_lines(bench: Bench, small: Seen, large: Seen) -> list[Line]:
    said = f"Queue: one caller at a time, first page of 50 rows with their clocks; {bench.sizes()}."
    growth = f"Growth: median at {bench.size.tickets:,} tickets by median at {SMALL:,}."
    json_growth = median(large.json_median) / median(small.json_median)
    page_growth = median(large.page_median) / median(small.page_median)
    return [
        Line("agent queue as JSON, p95", "ms", large.json_p95, "< 25", [said]),
        Line("agent queue as page, p95", "ms", large.page_p95, "< 80", [said]),
        Line("agent queue as JSON, growth", "×", [json_growth], "≤ 1.5", [growth]),
        Line("agent queue as page, growth", "×", [page_growth], "≤ 1.5", [growth]),
    ]


def queue_queries(_bench: Bench, admin: psycopg.Connection) -> list[Line]:
    """Counted in this process, where the door's own statements are seen too."""
    counts = {
        "agent queue as JSON, statements": _statements(QUEUE_JSON, reads([QUEUE_JSON])[0]["headers"]),
        "agent queue as page, statements": _statements(QUEUE_PAGE, session_of(admin, agent_address(2))),
    }
    note = (
        "Statements: everything that the request sends, also to find out who asks; without BEGIN and COMMIT."
    )
    return [Line(what, "", [count], "≤ 8", [note]) for what, count in counts.items()]


def _statements(path: str, headers: dict[str, str]) -> int:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="127.0.0.1", headers=headers)
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    return sum(query["sql"] not in ("BEGIN", "COMMIT") for query in seen.captured_queries)


# --- one ticket, new tickets


def ticket(bench: Bench, app: LiveApp, admin: psycopg.Connection) -> list[Line]:
    ids = long_tickets(admin, 640)
    task = load.Task(
        _address(app),
        reads([f"/api/v1/support/tickets/{id}" for id in ids]),
        bench.count(3_000),
        connections=8,
    )
    load.run(load.Task(task.address, task.requests, 200, connections=8)).require(200)
    meter = Meter(app, bench.house.embedded)
    values = [load.run(task).require(200).per_second for _ in range(bench.runs)]
    spent = meter.per(bench.runs * task.count)
    said = f"Ticket: 8 connections, other tickets in turn; {spent}."
    return [Line("one ticket with 20 messages as JSON", "/s", values, "≥ 600", [said, SHARED])]


def create(bench: Bench, app: LiveApp, admin: psycopg.Connection) -> list[Line]:
    requests = creations(bench.size, 4_000)
    rates, lags, first = [], [], 0
    load.run(load.Task(_address(app), requests[::-1], 50, connections=8, first=10_000_000)).require(201)
    _wait(lambda: _unconfirmed(admin) == 0)
    meter = Meter(app, bench.house.embedded)
    for _ in range(bench.runs):
        task = load.Task(_address(app), requests, bench.count(2_000), connections=8, first=first)
        rotated = task.count % len(requests)
        requests = requests[rotated:] + requests[:rotated]  # each person's address has a limit of mails
        first += task.count
        rates.append(load.run(task).require(201).per_second)
        lags.append(_wait(lambda: _unconfirmed(admin) == 0))
    spent = meter.per(first)
    said = f"Create: 8 connections; ticket, message, clocks and event in one durable commit; {spent}."
    lag = "Follow-up: time after the last creation until its confirmation mail is in the outbox."
    return [
        Line("create a ticket through the API", "/s", rates, "≥ 200", [said, SHARED]),
        Line("follow-up caught up after", "s", lags, "< 3", [lag]),
    ]


_UNCONFIRMED = """
    SELECT count(*) FROM event e WHERE e.name = 'ticket.opened'
    AND e.tx >= (SELECT min(tx) FROM event_position)
    AND NOT EXISTS (SELECT FROM delivery d WHERE d.cause = e.n AND d.kind = 'ticket.confirmation'
                    AND d.tenant_id = e.tenant_id)
"""


def _unconfirmed(admin: psycopg.Connection) -> int:
    return _one(admin, _UNCONFIRMED)


def _wait(is_so: Callable[[], bool], patience: float = 120) -> float:
    began = time.perf_counter()
    while not is_so():
        if time.perf_counter() - began > patience:
            raise TimeoutError(f"not within {patience} s")
        time.sleep(0.05)
    return time.perf_counter() - began


def _one(admin: psycopg.Connection, query: str) -> Any:
    row = admin.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


# --- mail, promises, streams


def mail(bench: Bench, app: LiveApp, admin: psycopg.Connection) -> list[Line]:
    senders = [address_of(*who) for who in people(bench.size, 4_000)][::-1]
    rates, accepted, first = [], [], 0
    meter = Meter(app, bench.house.embedded)
    for _ in range(bench.runs):
        count = bench.count(500)
        share, senders = senders[:count], senders[count:] + senders[:count]
        began = time.perf_counter()
        mails.send(app.smtp, share, first, connections=4)
        accepted.append(count / (time.perf_counter() - began))
        _wait(lambda: _one(admin, "SELECT count(*) FROM inbound_mail WHERE state = 'received'") == 0)
        rates.append(count / (time.perf_counter() - began))
        first += count
        if (made := _one(admin, "SELECT count(*) FROM inbound_mail WHERE state = 'ticketed'")) != first:
            raise RuntimeError(f"{first} mails were sent, {made} became tickets")
    said = f"Mail: 4 connections; from the first HELO to the last ticket committed; {meter.per(first)}."
    return [
        Line("mail over SMTP to committed tickets", "/s", rates, "≥ 50", [said, SHARED]),
        Line("mail over SMTP, accepted and durable", "/s", accepted, "≥ 50", [said]),
    ]


def watch(bench: Bench, admin: psycopg.Connection) -> list[Line]:
    """The worker's own function, in this process; each run tells the next 500."""
    from mainstay.support.sla.jobs import run_due

    is_open = "met_at IS NULL AND stopped_at IS NULL"
    count = _one(admin, f"SELECT count(*) FROM sla_clock WHERE {is_open}")
    values = []
    for _ in range(bench.runs):
        at: datetime = _one(
            admin,
            "SELECT next_at FROM sla_clock WHERE next_at IS NOT NULL ORDER BY next_at, id OFFSET 499 LIMIT 1",
        )
        began = time.perf_counter()
        done = run_due(at, 500)
        values.append(time.perf_counter() - began)
        assert done == 500, done
    said = f"Watch: {count:,} open clocks, 500 of them due; each warning or breach becomes an event."
    return [Line("SLA watch, 500 due clocks", "s", values, "< 1", [said])]


def streams(bench: Bench, app: LiveApp, admin: psycopg.Connection) -> list[Line]:
    """Each stream is waited for until it is served. Nobody may hold too many, hence many people."""
    host, _, port = app.live_url.removeprefix("http://").partition(":")
    emails = [agent_address(agent) for agent in range(bench.size.staff)]
    emails += [address_of(*who) for who in people(bench.size, STREAMS // 5)]
    sessions = [session_of(admin, email) for email in emails]
    with ExitStack() as held:
        for number in range(STREAMS):
            link = held.enter_context(socket.create_connection((host, int(port)), timeout=30))
            headers = {"Host": f"{host}:{port}", "Origin": app.url, **sessions[number % len(sessions)]}
            lines = ["GET /live HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
            link.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
            answer = link.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode(errors="replace"))
        found = _one(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mainstay live'")
    said = f"Streams: by {len(sessions)} signed-in people; the live process's connections to the database."
    return [Line(f"connections for {STREAMS} live streams", "", [found], "≤ 3", [said])]
