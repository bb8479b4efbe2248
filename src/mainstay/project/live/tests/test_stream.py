"""The stream as a browser meets it: the real server, real sockets, real commits."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from mainstay.core.clock import now
from mainstay.core.wall.scope import sweep
from mainstay.people.access.models import OpenSession
from mainstay.people.access.open_sessions import SESSION_ENDED, mark_of_session
from mainstay.people.messages.notices import members, notify
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.rules import MemberState
from mainstay.people.tenants.tests.make import Person, World, acting_as, make_world, sign_in
from mainstay.project.options import CHECKOUT, load
from mainstay.project.supervisor.table import live as live_process
from mainstay.project.testing.live_app import free_addresses
from mainstay.support.tickets.actions import share_ticket
from mainstay.support.tickets.queries import visible_tickets
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

LOGIN = "live-under-test"
URL = "http://desk.example:8000"


@dataclass
class Stream:
    """One socket and what came through it."""

    port: int
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "GET"
    path: str = "/"

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        lines = [f"{self.method} {self.path}{self.query} HTTP/1.1", "Host: live", "Accept: text/event-stream"]
        if self.cookie:
            lines.append(f"Cookie: {settings.SESSION_COOKIE_NAME}={self.cookie}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.raw = b""
        self.ended = False

    def read(self, seconds: float = 0.05) -> bool:
        """Whether anything came, the end included."""
        if self.ended:
            return False
        self.socket.settimeout(seconds)
        try:
            part = self.socket.recv(65536)
        except TimeoutError:
            return False
        except ConnectionError:
            part = b""
        self.raw += part
        self.ended = not part or self.raw.endswith(b"0\r\n\r\n")
        return True

    def until(self, condition: Callable[[], object], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.raw[-2000:]
            self.read()

    @property
    def status(self) -> int:
        self.until(lambda: b"\r\n\r\n" in self.raw)
        return int(self.raw.split(b" ", 2)[1])

    def header(self, name: str) -> str | None:
        self.until(lambda: b"\r\n\r\n" in self.raw)
        head = self.raw.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        values = dict(line.lower().split(": ", 1) for line in head)
        return values.get(name.lower())

    @property
    def hints(self) -> list[dict[str, Any]]:
        """Complete ones; the chunks' lengths stand between lines of their own."""
        text = self.raw.replace(b"\r\n", b"\n").decode()
        return [json.loads(line[6:]) for line in text.split("\n") if line.startswith('data: {"')]

    @property
    def names(self) -> list[str]:
        return [hint["name"] for hint in self.hints]

    @property
    def place(self) -> str:
        return [line for line in self.raw.decode().split("\n") if line.startswith("id: ")][-1][4:].strip()

    def welcomed(self) -> Stream:
        assert self.status == 200, self.raw
        self.until(lambda: b": welcome" in self.raw)
        return self


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]
    opened: list[Stream] = field(default_factory=list)

    def open(self, session: str = "", **more: Any) -> Stream:
        self.opened.append(Stream(self.port, session, **more))
        return self.opened[-1]


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


@pytest.fixture
def server(committed: None, database_address: Callable[[str], str]) -> Iterator[Server]:
    (address,) = free_addresses(1)
    chosen = {
        **os.environ,
        "DATABASE_URL": database_address("app"),
        "MAINSTAY_URL": URL,
        "MAINSTAY_LIVE_LISTEN": f"{address[0]}:{address[1]}",
        "MAINSTAY_LIVE_URL": f"http://{address[0]}:{address[1]}",
    }
    process = live_process(load(chosen), chosen)
    environment = {
        **chosen,
        "DJANGO_SETTINGS_MODULE": "mainstay.project.testing.live_settings",
        "PYTHONPATH": str(CHECKOUT / "src"),
        "PGAPPNAME": LOGIN,
    }
    running = subprocess.Popen([str(part) for part in process.command], env=environment)
    deadline = time.monotonic() + 60
    while not process.is_ready():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server = Server(address[1], running)
    yield server
    for stream in server.opened:
        stream.socket.close()
    running.send_signal(signal.SIGTERM)
    try:
        running.wait(15)
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()


def session_of(person: Person) -> str:
    client = sign_in(Client(), person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def connections(admin: psycopg.Connection) -> int:
    row = admin.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [LOGIN]
    ).fetchone()
    assert row
    return int(row[0])


def test_hints_reach_exactly_those_who_may_know(world: World, server: Server) -> None:
    everybody: dict[str, Person] = {**world.members, **world.staff}
    streams = {name: server.open(session_of(person)).welcomed() for name, person in everybody.items()}
    tickets = [make_ticket(who, at=now()) for who in (world.ana, world.felix, world.clara, world.gus)]
    with acting_as(world.ana) as actor:
        share_ticket(actor, tickets[0].id, member_id=world.felix.id, at=now())
    make_note(tickets[1], world.ari, at=now())
    last = make_reply(tickets[3], world.ari, at=now())
    streams["ari"].until(lambda: "ticket.replied" in streams["ari"].names)
    shared = make_ticket(world.ana, at=now())
    with acting_as(world.ana) as actor:
        share_ticket(actor, shared.id, with_everybody=True, at=now())
    make_ticket(world.clara, at=now())
    make_ticket(world.gus, at=now())
    for name, person in everybody.items():
        with acting_as(person) as actor:
            mine = {str(t.id) for t in visible_tickets(actor)}
        streams[name].until(lambda n=name, m=mine: m <= {h["id"] for h in streams[n].hints})
        got = {h["id"] for h in streams[name].hints if h["kind"] == "ticket"}
        assert got == mine, name
        assert ("ticket.noted" in streams[name].names) == isinstance(person, Staff)
    assert last.ticket_id == tickets[3].id


def test_a_hint_has_ids_and_nothing_else(world: World, server: Server) -> None:
    stream = server.open(session_of(world.ari)).welcomed()
    ticket = make_ticket(world.ana, "A very secret subject", at=now())
    stream.until(lambda: stream.hints)
    assert set(stream.hints[0]) == {"kind", "id", "name", "n"}
    assert stream.hints[0]["id"] == str(ticket.id)
    assert b"secret" not in stream.raw
    assert b"retry: " in stream.raw


def test_only_a_session_opens_it(world: World, server: Server) -> None:
    assert server.open().status == 401
    assert server.open("made-up").status == 401
    session = session_of(world.ana)
    assert server.open(session, path="/nothing").status == 404
    assert server.open(session, path="/live").welcomed().status == 200
    assert server.open(session, method="POST").status == 405
    assert server.open(path="/healthz").status == 200


def test_only_our_own_pages_may_listen(world: World, server: Server) -> None:
    session = session_of(world.ana)
    ours = server.open(session, headers={"Origin": URL}).welcomed()
    assert ours.header("access-control-allow-origin") == URL
    assert ours.header("access-control-allow-credentials") == "true"
    assert ours.header("cache-control") == "no-store"
    for foreign in ("http://evil.example", "null", URL.replace("8000", "8001"), URL + ".evil.example"):
        refused = server.open(session, headers={"Origin": foreign})
        assert refused.status == 403
        assert refused.header("access-control-allow-origin") is None
    preflight = server.open(method="OPTIONS", headers={"Origin": URL})
    assert preflight.status == 204


def test_a_stream_ends_with_its_session(world: World, server: Server) -> None:
    client = sign_in(Client(), world.ana)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    stream, other = server.open(session).welcomed(), server.open(session_of(world.felix)).welcomed()
    with psycopg.connect(**_parameters(), autocommit=True) as anybody:
        SessionStore(session).delete()
        anybody.execute("SELECT pg_notify(%s, %s)", [SESSION_ENDED, mark_of_session(session)])
    stream.until(lambda: stream.ended)
    assert server.open(session).status == 401
    assert not other.ended


def test_signing_out_says_so(world: World, server: Server) -> None:
    client = sign_in(Client(), world.ana)
    stream = server.open(client.cookies[settings.SESSION_COOKIE_NAME].value).welcomed()
    client.post("/sign-out")
    stream.until(lambda: stream.ended)


def test_a_session_that_is_ended_elsewhere_loses_its_stream_at_once(world: World, server: Server) -> None:
    stolen, own = session_of(world.ana), sign_in(Client(), world.ana)
    stream = server.open(stolen).welcomed()
    mine = server.open(own.cookies[settings.SESSION_COOKIE_NAME].value).welcomed()
    row = OpenSession.objects.get(session_key=stolen)
    assert own.post("/account/sessions", {"session": str(row.id)}).status_code == 302
    stream.until(lambda: stream.ended)
    assert server.open(stolen).status == 401
    assert not mine.ended


def test_who_must_set_up_a_second_factor_has_no_stream(world: World, server: Server) -> None:
    with sweep("demo"):
        Tenant.objects.filter(id=world.acme.id).update(requires_second_factor=True)
    assert server.open(session_of(world.ana)).status == 401
    assert server.open(session_of(world.gus)).status == 200


def test_a_suspended_member_loses_the_stream_at_once(world: World, server: Server) -> None:
    from mainstay.people.tenants.actions import suspend_member

    stream = server.open(session_of(world.felix)).welcomed()
    with acting_as(world.ana) as actor:
        suspend_member(actor, world.felix.id, at=now())
    with sweep("demo"):
        assert Member.objects.get(id=world.felix.id).state == MemberState.SUSPENDED
    stream.until(lambda: stream.ended)


def test_whoever_comes_back_gets_what_was_missed(world: World, server: Server) -> None:
    session = session_of(world.ari)
    stream = server.open(session).welcomed()
    first = make_ticket(world.ana, at=now())
    stream.until(lambda: stream.hints)
    place = stream.place
    stream.socket.close()
    second = make_ticket(world.gus, at=now())
    witness = server.open(session).welcomed()
    third = make_ticket(world.gus, at=now())
    witness.until(lambda: str(third.id) in [h["id"] for h in witness.hints])
    again = server.open(session, headers={"Last-Event-ID": place}).welcomed()
    assert [h["id"] for h in again.hints if h["kind"] == "ticket"] == [str(second.id), str(third.id)]
    again.until(lambda: "notice" in [h["kind"] for h in again.hints])  # the bell asks again, too
    assert str(first.id) not in str(again.hints)
    assert b"event: refresh" not in again.raw
    lost = server.open(session, query="?after=1-1").welcomed()
    assert b"event: refresh" in lost.raw


def test_of_a_notice_hears_the_one_it_is_for(world: World, server: Server) -> None:
    hers, his = (server.open(session_of(person)).welcomed() for person in (world.ana, world.felix))
    staff = server.open(session_of(world.max)).welcomed()
    with sweep("demo"):
        notify(
            members(world.felix.id),
            kind="security.changed",
            subject=None,
            params={"what": "new_device"},
            tenant_id=world.acme.id,
            link="",
            cause=None,
            at=now(),
        )
    his.until(lambda: his.hints)
    assert his.hints == [{"kind": "notice", "name": "notice.changed"}]
    ticket = make_ticket(world.ana, at=now())
    for other in (hers, staff):
        other.until(lambda other=other: other.hints)  # type: ignore[misc]
        assert {h.get("id") for h in other.hints} == {str(ticket.id)}


def test_five_hundred_streams_hold_three_connections(
    world: World, server: Server, admin_connection: psycopg.Connection
) -> None:
    sessions = [session_of(person) for person in (*world.staff.values(), *world.members.values())]
    more = _more_staff(500 // 10)
    sessions += [session_of(person) for person in more]
    began = time.monotonic()
    streams = [server.open(sessions[i % len(sessions)]) for i in range(500)]
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        _read_until(selector, streams, lambda s: b": welcome" in s.raw)
        assert [s.raw[:200] for s in streams if s.status != 200] == []
        opened_in = time.monotonic() - began
        assert connections(admin_connection) <= 3
        sent = time.monotonic()
        ticket = make_ticket(world.ana, at=now())
        make_ticket(world.gus, at=now())
        staffs = [s for s in streams if s.cookie in sessions[:4] or s.cookie in sessions[8:]]
        _read_until(selector, staffs, lambda s: str(ticket.id).encode() in s.raw)
        spread_in = time.monotonic() - sent
    assert connections(admin_connection) <= 3
    assert len(staffs) > 400
    assert opened_in < 30
    assert spread_in < 5


def test_a_client_that_does_not_read_is_dropped(world: World, server: Server) -> None:
    """It is remembered for nobody: what it does not take is not kept."""
    session = session_of(world.ari)
    stream = server.open(session)
    assert stream.status == 200
    hold = [server.open(session).welcomed() for _ in range(3)]
    assert stream.socket.fileno() > 0
    hold[0].socket.close()
    ticket = make_ticket(world.ana, at=now())
    hold[1].until(lambda: str(ticket.id) in [h["id"] for h in hold[1].hints])


def test_asked_to_stop_it_ends_its_streams(world: World, server: Server) -> None:
    stream = server.open(session_of(world.ari)).welcomed()
    server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert server.process.wait(15) == 0
    assert time.monotonic() - began < 10
    stream.until(lambda: stream.ended)


def _read_until(
    selector: selectors.BaseSelector, streams: list[Stream], condition: Callable[[Stream], bool]
) -> None:
    deadline = time.monotonic() + 60
    waiting = {id(s) for s in streams if not condition(s)}
    while waiting:
        assert time.monotonic() < deadline, f"{len(waiting)} are waiting"
        for key, _ in selector.select(1):
            stream: Stream = key.data
            stream.read()
            if stream.ended or condition(stream):
                waiting.discard(id(stream))


def _more_staff(count: int) -> list[Staff]:
    from mainstay.core.actor import Role
    from mainstay.people.tenants.tests.make import make_staff, make_user

    with sweep("demo"):
        people = [make_staff(f"Agent {i}", Role.AGENT, email=f"agent{i}@x.example") for i in range(count)]
    for person in people:
        make_user(person)
    return people


def _parameters() -> dict[str, Any]:
    from procrastinate.contrib.django.utils import connector_params

    return connector_params()
