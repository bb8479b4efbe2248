"""Sending to receivers that hang, drip, lie and recover."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
import time
from datetime import datetime, timedelta

import pytest

from mainstay.core.outgoing import Guard
from mainstay.core.outgoing.tests.server import Got, plain, serving
from mainstay.integrations.webhooks.actions import replay_failed, rotate_secret, send_test, switch_endpoint
from mainstay.integrations.webhooks.actions.sending import claim, write_down
from mainstay.integrations.webhooks.jobs import Sender, guard_for, try_once
from mainstay.integrations.webhooks.rules import LEASE, Outcome
from mainstay.integrations.webhooks.tests.make import (
    AT,
    LOCAL,
    fresh,
    local,
    make_delivery,
    make_endpoint,
    send_all,
)
from mainstay.people.messages.models import Notice, StaffNotice
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def is_genuine(got: Got, secret: str, now: datetime) -> bool:
    """What docs/webhooks.md tells receivers to do."""
    parts = [part.split("=", 1) for part in got.headers["x-mainstay-signature"].split(",")]
    moment = next(value for name, value in parts if name == "t")
    if abs(now.timestamp() - int(moment)) > 300:
        return False
    wanted = hmac.new(secret.encode(), moment.encode() + b"." + got.body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value, wanted) for name, value in parts)


def test_a_delivery_arrives_signed_and_is_written_down(world: World) -> None:
    with serving(plain(201, b"thanks")) as server:
        endpoint, secret = make_endpoint(world.ana, server.url)
        row = make_delivery(endpoint)
        send_all(AT)
    [got] = server.got
    assert got.headers["x-mainstay-delivery"] == str(row.id)
    assert got.headers["x-mainstay-event"] == "ticket.opened"
    assert got.headers["content-type"] == "application/json"
    assert is_genuine(got, secret, AT)
    assert not is_genuine(got, secret + "x", AT)
    assert not is_genuine(got, secret, AT + timedelta(minutes=6))
    assert (fresh(row).state, row.status, row.answer, row.attempts, row.next_at) == (
        "delivered", 201, "thanks", 1, None,
    )  # fmt: skip
    assert fresh(endpoint).last_success_at


def test_for_a_day_both_secrets_sign(world: World) -> None:
    with serving() as server:
        endpoint, old = make_endpoint(world.ana, server.url)
        with acting_as(world.ana) as actor:
            _row, new = rotate_secret(actor, endpoint.id, at=AT)
        make_delivery(endpoint)
        send_all(AT)
        make_delivery(endpoint, at=AT + timedelta(days=1, seconds=1))
        send_all(AT + timedelta(days=1, seconds=1))
    first, second = server.got
    assert is_genuine(first, old, AT)
    assert is_genuine(first, new, AT)
    later = AT + timedelta(days=1)
    assert is_genuine(second, new, later)
    assert not is_genuine(second, old, later)


def test_500_for_some_hours_then_it_recovers(world: World) -> None:
    broken = threading.Event()
    broken.set()

    def answer(got: Got, link: socket.socket) -> None:
        plain(500 if broken.is_set() else 200, b"oops")(got, link)

    with serving(answer) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row = make_delivery(endpoint)
        at = AT
        while fresh(row).next_at and row.next_at - AT < timedelta(hours=20):
            at = row.next_at
            send_all(max(at, fresh(endpoint).rests_until or at))
        assert row.attempts > 8
        assert fresh(endpoint).failing_since
        broken.clear()
        send_all(row.next_at)
        ids = {got.headers["x-mainstay-delivery"] for got in server.got}
    assert (fresh(row).state, ids) == ("delivered", {str(row.id)})
    assert (fresh(endpoint).state, endpoint.failing_since, endpoint.failures) == ("active", None, 0)


@pytest.mark.parametrize("side", ["ana", "max"])
def test_500_for_a_day_pauses_tells_and_keeps_everything(world: World, side: str) -> None:
    person = {"ana": world.ana, "max": world.max}[side]
    broken = threading.Event()
    broken.set()

    def answer(got: Got, link: socket.socket) -> None:
        plain(500 if broken.is_set() else 200)(got, link)

    with serving(answer) as server:
        endpoint, _secret = make_endpoint(person, server.url)
        row = make_delivery(endpoint)
        while fresh(endpoint).state == "active":
            assert fresh(row).state == "queued"
            send_all(max(row.next_at, endpoint.rests_until or row.next_at))
        day = fresh(row).tried_at
        assert day - AT >= timedelta(days=1)
        waiting = make_delivery(endpoint, at=day)
        assert (fresh(endpoint).state, fresh(row).state) == ("failing", "held")
        with builders_scope():
            tenants = list(Notice.objects.values_list("member_id", "kind", "link"))
            staff = set(StaffNotice.objects.values_list("staff_id", flat=True))
        if side == "ana":
            assert tenants == [(world.ana.id, "webhook.stopped", f"/webhooks/{endpoint.id}")]
            assert staff == set()
        else:
            assert tenants == []
            assert staff == {world.max.id, world.eve.id}
        sent = len(server.got)
        send_all(day + timedelta(days=1))
        assert len(server.got) == sent  # nothing goes to a paused one
        broken.clear()
        with acting_as(person) as actor:
            switch_endpoint(actor, endpoint.id, on=True, at=day)
        send_all(day)
    assert fresh(row).state == fresh(waiting).state == "delivered"


def test_after_three_days_it_is_given_up_and_can_be_replayed(world: World) -> None:
    with serving(plain(200)) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row = make_delivery(endpoint)
        [claimed] = claim(AT, 5, each=1, busy={}, ailing=False)
        late = AT + timedelta(days=3)
        write_down([(claimed, Outcome(500, 0.1))], at=late, jitter=0.5)
        assert (fresh(row).state, row.next_at, row.status) == ("failed", None, 500)
        with acting_as(world.ana) as actor:
            replay_failed(actor, endpoint.id, since=AT, at=late)
        send_all(late + timedelta(seconds=5))
    assert fresh(row).state == "delivered"


def test_410_ends_it_and_says_so(world: World) -> None:
    with serving(plain(410)) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row, other = make_delivery(endpoint), make_delivery(endpoint, at=AT + timedelta(minutes=1))
        send_all(AT)
    assert (fresh(endpoint).state, fresh(row).state, fresh(other).state) == ("gone", "failed", "held")
    with builders_scope():
        assert Notice.objects.count() == 1


@pytest.mark.parametrize("status", [302, 400, 404])
def test_what_is_not_wanted_is_tried_a_few_times(world: World, status: int) -> None:
    with serving(plain(status, b"no", "Location: http://127.0.0.1:9/\r\n")) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row = make_delivery(endpoint)
        while fresh(row).next_at:
            send_all(row.next_at)
    assert (row.state, row.attempts, row.status, len(server.got)) == ("failed", 4, status, 4)


def test_the_receiver_says_when(world: World) -> None:
    with serving(plain(429, b"", "Retry-After: 900\r\n")) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row, other = make_delivery(endpoint), make_delivery(endpoint, at=AT + timedelta(seconds=1))
        send_all(AT)
        send_all(AT + timedelta(seconds=600))
    assert len(server.got) == 1  # the other one waits as well
    assert AT + timedelta(seconds=900) <= fresh(row).next_at <= AT + timedelta(seconds=910)
    assert fresh(other).attempts == 0


def test_private_addresses_stay_closed_whatever_a_name_says(world: World) -> None:
    with serving() as server:
        endpoint, _secret = make_endpoint(world.ana, f"http://localhost:{server.port}/")
        row = make_delivery(endpoint)
        sender = Sender(guard=guard_for, timeout_s=1)
        while sender.run_due(AT, 100) == 100:
            pass
    assert (server.connections, fresh(row).error, row.status) == (0, "private", None)


def test_redirects_to_the_inside_are_not_followed(world: World) -> None:
    for target in ("http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:9/"):
        with serving(plain(307, b"", f"Location: {target}\r\n")) as server:
            endpoint, _secret = make_endpoint(world.ana, server.url)
            row = make_delivery(endpoint)
            send_all(AT)
        assert (fresh(row).status, len(server.got)) == (307, 1)


def test_answers_of_every_bad_kind(world: World) -> None:
    def large(got: Got, link: socket.socket) -> None:
        plain(200, b"x" * 10_000_000)(got, link)

    def broken(got: Got, link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf")
        link.shutdown(socket.SHUT_RDWR)

    def binary(got: Got, link: socket.socket) -> None:
        plain(200, b"\0\xff\xfe")(got, link)

    def drip(got: Got, link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        for _ in range(100):
            time.sleep(0.05)
            link.sendall(b"a")

    for bad, state, error in (
        (large, "delivered", ""),
        (broken, "queued", "broken"),
        (binary, "delivered", ""),
        (drip, "queued", "timeout"),
    ):
        with serving(bad) as server:
            endpoint, _secret = make_endpoint(world.ana, server.url)
            row = make_delivery(endpoint)
            send_all(AT, timeout_s=0.5)
            assert (fresh(row).state, row.error) == (state, error), bad
            assert len(row.answer) <= 2048
            assert "\0" not in row.answer


def test_one_that_hangs_starves_nobody(world: World) -> None:
    """100 deliveries to an endpoint that hangs, and ten to one that works: those go out meanwhile."""

    def hang(_got: Got, _link: socket.socket) -> None:
        hanging.stopping.wait(10)

    with serving(hang) as hanging, serving() as working:
        slow, _s = make_endpoint(world.gus, hanging.url)
        fast, _s = make_endpoint(world.ana, working.url)
        for _ in range(100):
            make_delivery(slow)
        rows = [make_delivery(fast, at=AT + timedelta(milliseconds=1)) for _ in range(10)]
        sender = Sender(guard=local, timeout_s=3)
        began = time.monotonic()
        while any(fresh(row).state != "delivered" for row in rows):
            sender.run_due(AT + timedelta(seconds=1), 100)
            assert time.monotonic() - began < 2.5, "they waited for the one that hangs"
        assert len(hanging.got) <= 4
        while sender.run_due(AT + timedelta(seconds=1), 100) == 100:
            assert time.monotonic() - began < 10
        assert len(hanging.got) <= 5  # it rests now, and is tried one by one


def test_a_worker_that_dies_leaves_its_claim_to_another(world: World) -> None:
    with serving() as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row = make_delivery(endpoint)
        [claimed] = claim(AT, 5, each=4, busy={}, ailing=False)
        assert try_once(claimed, AT, LOCAL, 1).status == 200  # it dies before it can write that down
        send_all(AT + LEASE - timedelta(seconds=1))
        assert len(server.got) == 1
        send_all(AT + LEASE)
        assert {got.headers["x-mainstay-delivery"] for got in server.got} == {str(row.id)}
        assert [got.body for got in server.got] == [row.body.encode()] * 2
        assert (fresh(row).state, row.attempts) == ("delivered", 2)
        write_down(
            [(claimed, Outcome(500, 9.9))], at=AT + LEASE, jitter=0
        )  # it was only slow, and comes too late
    assert (fresh(row).state, row.status) == ("delivered", 200)
    assert fresh(endpoint).failing_since is None


def test_a_late_answer_after_the_time_out_changes_nothing(world: World) -> None:
    def late(got: Got, link: socket.socket) -> None:
        if len(server.got) == 1:
            time.sleep(0.6)
        plain(200)(got, link)
        plain(200)(got, link)  # and once more, for nothing

    with serving(late) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        row = make_delivery(endpoint)
        send_all(AT, timeout_s=0.3)
        assert (fresh(row).state, row.error) == ("queued", "timeout")
        send_all(row.next_at, timeout_s=2)
    assert (fresh(row).state, row.attempts, len(server.got)) == ("delivered", 2, 2)


def test_a_test_goes_out_whatever_the_state_and_harms_nothing(world: World) -> None:
    with serving(plain(500)) as server:
        endpoint, _secret = make_endpoint(world.ana, server.url)
        with acting_as(world.ana) as actor:
            switch_endpoint(actor, endpoint.id, on=False, at=AT)
            row = send_test(actor, endpoint.id, at=AT)
        send_all(AT)
        assert (fresh(row).state, row.attempts, len(server.got)) == ("failed", 1, 1)
        assert (fresh(endpoint).state, endpoint.failing_since) == ("off", None)


def test_a_lost_key_is_said_and_waits(world: World, settings) -> None:
    endpoint, _secret = make_endpoint(world.ana, "http://127.0.0.1:9/")
    row = make_delivery(endpoint)
    settings.SECRET_KEY = "another key that was put in by mistake today"
    send_all(AT)
    assert (fresh(row).state, row.error) == ("queued", "secret")
    assert "MAINSTAY_OLD_SECRET_KEYS" in row.answer


def test_nothing_of_the_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(plain(500, b"no")) as server:
        endpoint, secret = make_endpoint(world.ana, server.url)
        make_delivery(endpoint)
        send_all(AT)
        [claimed] = claim(AT + timedelta(hours=1), 5, each=4, busy={}, ailing=True)
    assert secret not in caplog.text
    assert secret not in repr(claimed)
    assert secret[6:] not in repr(claimed)


def test_the_guards_differ_by_side(settings, world: World) -> None:
    settings.MAINSTAY_OUTGOING_PRIVATE = ("127.0.0.0/8", "n8n.internal")
    assert guard_for(None).networks
    assert guard_for(None).hosts
    assert guard_for(world.acme.id) == Guard(ports=guard_for(None).ports)
