"""Request ids, addresses behind proxies, health."""

import io
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from mainstay.core import clock
from mainstay.core.events.models import Event
from mainstay.core.limits import rules
from mainstay.core.loops.models import Heartbeat
from mainstay.core.loops.running import sign
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import operator_key
from mainstay.project import health
from mainstay.project.loops import loops
from mainstay.project.middleware import client_address
from tests.api.cast import CALLS, Things, with_key


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("", 1, "10.0.0.1"),
        ("198.51.100.7", 1, "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7", 1, "198.51.100.7"),
        ("198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        ("198.51.100.7", 2, "10.0.0.1"),
        ("evil, 198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        ("198.51.100.7:4711", 1, "198.51.100.7"),
        ("[2001:db8::1]:4711", 1, "2001:db8::1"),
        ("2001:DB8::1", 1, "2001:db8::1"),
        ("<script>", 1, "10.0.0.1"),
        (",,,", 1, "10.0.0.1"),
    ],
)
def test_the_address_that_our_outermost_proxy_saw(forwarded: str, proxies: int, address: str) -> None:
    assert client_address("10.0.0.1", forwarded, proxies) == address


@pytest.mark.parametrize(
    ("given", "proxies", "kept"),
    [("abcd-1234", 1, True), ("abcd-1234", 0, False), ("short", 1, False), ("a b\nc-1234", 1, False),
     ("x" * 101, 1, False)],
)  # fmt: skip
def test_a_sane_request_id_of_a_trusted_proxy(
    given: str, proxies: int, kept: bool, settings: Any, client: Client
) -> None:
    settings.MAINSTAY_TRUSTED_PROXIES = proxies
    answer = client.get("/healthz", headers={"x-request-id": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8


def test_events_know_where_from(things: Things, settings: Any) -> None:
    settings.MAINSTAY_TRUSTED_PROXIES = 1
    client = with_key(things.acme_key)
    answer = CALLS["create_ticket"](things).send(client, x_forwarded_for="6.6.6.6, 198.51.100.7")
    with sweep("demo"):
        event = Event.objects.filter(name="ticket.opened").latest("n")
    assert (event.door, event.ip, event.request_id) == ("api", "198.51.100.7", answer["X-Request-ID"])


class TestLimits:
    def test_a_caller_that_comes_too_often(self, things: Things, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(rules.LIMITS, "api.tenant_key", rules.Limit(rate=0.1, burst=3))
        client = with_key(things.acme_key)
        answers = [client.get("/api/v1/me") for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert [a["RateLimit-Remaining"] for a in answers] == ["2", "1", "0", "0"]
        assert answers[-1].json()["code"] == "too_many_requests"
        assert 1 <= int(answers[-1]["Retry-After"]) <= 10
        assert with_key(things.globex_key).get("/api/v1/me").status_code == 200
        assert with_key(operator_key()).get("/api/v1/me").status_code == 200

    def test_wrong_keys_are_counted_by_address(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(rules.LIMITS, "api.bad_key", rules.Limit(rate=0.1, burst=2))
        client = with_key("ms_wrong")
        assert [client.get("/api/v1/me").status_code for _ in range(3)] == [401, 401, 429]
        elsewhere = client.get("/api/v1/me", REMOTE_ADDR="198.51.100.8")
        assert elsewhere.status_code == 401


class TestHealth:
    def test_alive_without_asking_anybody(self, client: Client) -> None:
        answer = client.get("/healthz")  # this test has no database
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")

    def test_ready(self, db: None, client: Client) -> None:
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["checks"]["database"] == {"status": "ok", "detail": ""}

    def test_a_worker_that_is_missed(self, db: None, client: Client) -> None:
        """The installation serves without one, and says so."""
        worker = client.get("/readyz").json()["checks"]["worker"]
        assert worker == {"status": "degraded", "detail": "no worker is running"}
        for loop in loops():
            sign(loop.name, clock.now(), 0)
        assert client.get("/readyz").json()["status"] == "ok"
        sign("send_mail", clock.now(), 0, error="OSError: refused", failures=3)
        Heartbeat.objects.filter(loop="watch_clocks").update(last_ran_at=clock.now() - timedelta(hours=1))
        worker = client.get("/readyz").json()["checks"]["worker"]
        assert worker == {"status": "degraded", "detail": "late: watch_clocks; failing: send_mail"}

    def test_a_database_that_only_reads(self, db: None, client: Client) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["database"]["detail"] == "read-only"

    def test_mail_that_does_not_leave(self, db: None, client: Client) -> None:
        now = clock.now()
        assert client.get("/readyz").json()["checks"]["mail"]["status"] == "ok"
        with sweep("demo"):
            for minutes in (1, 11):
                Delivery.objects.create(
                    kind="x",
                    email="a@acme.example",
                    language="en",
                    subject="s",
                    text="t",
                    created_at=now,
                    next_at=now - timedelta(minutes=minutes),
                )
        mail = client.get("/readyz").json()["checks"]["mail"]
        assert (mail["status"], mail["detail"][:8]) == ("degraded", "late: 1;")

    def test_a_database_that_is_away(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> Any:
            raise OperationalError from psycopg.OperationalError("connection refused")

        monkeypatch.setitem(health.CHECKS, "database", away)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "down")


def test_a_wrong_method_is_refused_under_the_same_policies(things: Things) -> None:
    answer = with_key(things.acme_key).delete("/api/v1/me")
    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (
        405,
        "application/problem+json",
        "GET",
    )
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")


@pytest.mark.parametrize("path", ["/api/v1/support/attachments", "/sign-in", "/support/new"])
def test_a_body_that_is_too_large_is_refused_unread(path: str, client: Client, settings: Any) -> None:
    settings.MAINSTAY_MAX_REQUEST_BYTES = 1_000
    answer = client.post(path, {"file": io.BytesIO(b"x" * 2_000)})
    assert answer.status_code == 413
    assert (answer["Content-Type"] == "application/problem+json") is path.startswith("/api/")
    assert not hasattr(answer.wsgi_request, "_files")  # nothing was read of it
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert len(answer["X-Request-ID"]) >= 8
