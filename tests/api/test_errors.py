"""Each way to ask wrongly gets its own precise answer, and none a trace (TKT-13)."""

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection
from django.http.response import HttpResponseBase
from django.test import Client

from mainstay.core import clock
from mainstay.core.api import router
from mainstay.people.access.models import ApiKey
from mainstay.people.tenants.tests.make import builders_scope, sign_in, tenant_key
from tests.api.cast import CALLS, Call, Things, with_key

NEW = {"subject": "s", "body": "b", "requester": {"email": "ana@acme.example"}}
TICKETS = "/api/v1/support/tickets"


@pytest.fixture
def acme(things: Things) -> Client:
    return with_key(things.acme_key)


def problem(answer: HttpResponseBase, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()  # type: ignore[attr-defined]
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert answer["Content-Type"] == "application/problem+json"
    assert {*body} == {"type", "title", "status", "code", "detail", "fields", "request_id"}
    assert body["title"]
    assert body["detail"]
    assert answer["X-Request-ID"] == body["request_id"]
    return body


def post(client: Client, body: bytes | str, content_type: str = "application/json", **more: Any) -> Any:
    return client.post(TICKETS, body, content_type, **more)


BROKEN = {
    "cut off": b'{"subject": "s", ',
    "no json": b"subject=s",
    "empty key": b'{"": ',
    "trailing comma": b'{"subject": "s",}',
    "two documents": b"{} {}",
    "invalid UTF-8": b'{"subject": "\xff\xfe"}',
    "overlong UTF-8": b'{"subject": "\xc0\xaf"}',
    "half a surrogate pair": b'{"subject": "\\ud83d"}',
    "latin-1": '{"subject": "é"}'.encode("latin-1"),
    "NaN": b'{"subject": NaN}',
    "too deep": b"[" * 5_000,
    "a number of 5,000 digits": b'{"number": ' + b"9" * 5_000 + b"}",
    "UTF-16": '{"subject": "s"}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_json_says_where(acme: Client, body: bytes) -> None:
    assert " line 1 column " in problem(post(acme, body), 400, "malformed")["detail"]


FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "subject missing": ({"subject": None}, ["subject"]),
    "over-long subject": ({"subject": "x" * 301}, ["subject"]),
    "blank subject": ({"subject": "  \n "}, ["subject"]),
    "empty body": ({"body": ""}, ["body"]),
    "over-long body": ({"body": "x" * 100_001}, ["body"]),
    "unknown enum": ({"severity": "P9"}, ["severity"]),
    "enum of another type": ({"severity": 1}, ["severity"]),
    "NUL": ({"subject": "a\0b"}, ["subject"]),
    "NUL deep inside": ({"context": {"a": ["b", {"c": "\0"}]}}, ["context.a.1.c"]),
    "NUL in a key": ({"context": {"a\0": 1}}, ["context"]),
    "unknown field": ({"subjekt": "s"}, ["subjekt"]),
    "text for a number": ({"tags": "export"}, ["tags"]),
    "tag too long": ({"tags": ["ok", "x" * 61]}, ["tags.1"]),
    "too many tags": ({"tags": ["x"] * 21}, ["tags"]),
    "no such person": ({"requester": {"email": "nobody@acme.example"}}, ["requester"]),
    "person twice": ({"requester": {"email": "ana@acme.example", "id": "0" * 32}}, ["requester"]),
    "no person": ({"requester": {}}, ["requester"]),
    "no id": ({"requester": {"id": "ana"}}, ["requester.id"]),
    "no address": ({"requester": {"email": "ana"}}, ["requester.email"]),
    "files that are not there": ({"attachments": ["01a1f808-66ac-7710-957d-19006cc0a739"]}, ["attachments"]),
    "files that are no ids": ({"attachments": ["x"]}, ["attachments.0"]),
    "too much context": ({"context": {"url": "x" * 30_000}}, ["context"]),
    "several": ({"subject": 1, "severity": "x"}, ["severity", "subject"]),
}


@pytest.mark.parametrize(("change", "named"), FIELDS.values(), ids=FIELDS)
def test_a_wrong_field_is_named(acme: Client, change: dict[str, Any], named: list[str]) -> None:
    body = {name: value for name, value in {**NEW, **change}.items() if value is not None}
    found = problem(post(acme, json.dumps(body)), 422, "invalid")
    assert sorted(found["fields"]) == named
    assert all(texts and all(texts) for texts in found["fields"].values())


def test_infinity_by_overflow(acme: Client) -> None:
    body = '{"subject": "s", "body": "b", "requester": {"email": "ana@acme.example"}, "custom": {"n": 1e999}}'
    assert problem(post(acme, body), 422, "invalid")["fields"].keys() == {"custom"}


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"1"])
def test_a_body_that_is_no_object(acme: Client, body: bytes) -> None:
    assert problem(post(acme, body), 422, "invalid")["fields"]


QUERIES = {
    "limit=0": "limit",
    "limit=101": "limit",
    "limit=ten": "limit",
    f"limit={'9' * 400}": "limit",
    "limit=1e400": "limit",
    f"number={2**63}": "number",
    "number=-1": "number",
    "sort=random": "sort",
    "status=shut": "status.0",
    "status=open&status=shut": "status.1",
    "assignee=somebody": "assignee",
    "requester=ana": "requester",
    "requester_email=ana": "requester_email",
    "tenant=nobody": "tenant",
    "tenant=%00": "tenant",
    "category=a%00b": "category",
    "staus=open": "staus",
    "cursor=x": "cursor",
    "cursor=W10": "cursor",
    "cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgIngiXQ": "cursor",
    "cursor=WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTE0OjAwIiwgIngiXQ": "cursor",
    "cursor=bnVsbA": "cursor",
    "cursor=%F0%9F%92%A3": "cursor",
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_wrong_parameter_is_named(acme: Client, query: str) -> None:
    found = problem(acme.get(f"{TICKETS}?{query}"), 422, "invalid")
    assert [*found["fields"]] == [QUERIES[query]]


def test_a_query_that_is_not_utf8(acme: Client) -> None:
    problem(acme.get(f"{TICKETS}?category=%FF"), 400, "malformed")


@pytest.mark.parametrize("path", ["zzz", "%00", "%FF", "0", "9" * 300, "..%2F..%2Fetc", "%F0%9F%92%A3"])
def test_a_path_without_an_id(acme: Client, path: str) -> None:
    answer = acme.get(f"{TICKETS}/{path}")
    assert answer.status_code in (404, 422)
    problem(answer, answer.status_code, answer.json()["code"])


OTHER_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
    "application/json; charset=latin-1",
    "nonsense",
]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_another_content_type(acme: Client, content_type: str) -> None:
    problem(post(acme, json.dumps(NEW), content_type), 415, "unsupported_media_type")


def test_an_upload_must_be_multipart(acme: Client) -> None:
    problem(acme.post("/api/v1/support/attachments", "{}", "application/json"), 415, "unsupported_media_type")
    broken = acme.post("/api/v1/support/attachments", b"no parts", "multipart/form-data; boundary=x")
    assert problem(broken, 422, "invalid")["fields"].keys() == {"file"}
    problem(acme.post("/api/v1/support/attachments", b"x", "multipart/form-data"), 400, "malformed")


def test_a_file_that_is_too_large(acme: Client, settings: Any) -> None:
    settings.MAINSTAY_MAX_UPLOAD_BYTES = 1024 * 1024
    call = Call("POST", "/support/attachments", form={"file": b"x" * (1024 * 1024 + 1)})
    assert "1 MB" in problem(call.send(acme), 413, "too_large")["detail"]


def test_a_body_that_is_too_large(acme: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    problem(post(acme, json.dumps({**NEW, "body": "x" * 2000})), 413, "too_large")


def test_wrong_method_and_wrong_address(acme: Client) -> None:
    answer = acme.patch(TICKETS)
    problem(answer, 405, "method_not_allowed")
    assert {m.strip() for m in answer["Allow"].split(",")} == {"GET", "POST"}
    problem(acme.get("/api/v1/nothing"), 404, "not_found")
    problem(acme.get("/api/v2/"), 404, "not_found")
    problem(Client().get("/api/"), 404, "not_found")
    problem(acme.post("/api/v1/openapi.json"), 405, "method_not_allowed")


def test_a_foreign_host(acme: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["mainstay.example"]
    problem(acme.get("/api/v1/me", headers={"host": "evil.example"}), 400, "malformed")


class TestKeys:
    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Basic YTpi", "ms_x", "Bearer \xff", "Bearer a b"]
    )
    def test_no_key(self, things: Things, header: str) -> None:
        problem(Client(headers={"authorization": header}).get("/api/v1/me"), 401, "unauthenticated")

    def test_expired(self, things: Things) -> None:
        key = tenant_key(things.world.acme, expires_at=clock.now() - timedelta(seconds=1))
        assert "expired" in problem(with_key(key).get("/api/v1/me"), 401, "unauthenticated")["detail"]

    def test_revoked(self, things: Things) -> None:
        with builders_scope():
            ApiKey.objects.filter(tenant=things.world.acme).update(revoked_at=clock.now())
        found = problem(with_key(things.acme_key).get("/api/v1/me"), 401, "unauthenticated")
        assert "revoked" in found["detail"]

    def test_a_bad_key_counts_though_a_session_is_there(self, things: Things, client: Client) -> None:
        sign_in(client, things.world.ana)
        assert client.get("/api/v1/me").status_code == 200
        problem(client.get("/api/v1/me", headers={"authorization": "Bearer x"}), 401, "unauthenticated")


def test_a_session_needs_the_token_against_forgery(things: Things) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), things.world.ana)
    assert client.get("/api/v1/me").json()["name"] == "Ana"
    call = CALLS["set_status"](things)
    problem(call.send(client), 403, "forbidden")
    client.get("/support/profile")
    assert call.send(client, x_csrftoken=client.cookies["csrftoken"].value).status_code == 200


def test_in_the_language_asked_for(acme: Client) -> None:
    spanish = {"headers": {"accept-language": "es-MX,es;q=0.9"}}
    found = problem(
        post(acme, json.dumps({**NEW, "severity": "x", "subject": ""}), **spanish), 422, "invalid"
    )
    assert found["fields"]["severity"][0].startswith("Debe ser uno de")
    assert found["fields"]["subject"][0].startswith("Como mínimo")
    # … of an action too, though the customer's own language is another.
    found = problem(post(acme, json.dumps({**NEW, "subject": "  "}), **spanish), 422, "invalid")
    assert found["fields"]["subject"] != ["Say in a few words what this is about."]


class TestDatabase:
    """What the database may answer, raised where the view would meet it."""

    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        raised: list[Exception] = []
        render = router._render

        def broken(*arguments: Any) -> Any:
            if raised:
                raise raised.pop()
            return render(*arguments)

        monkeypatch.setattr(router, "_render", broken)
        return raised

    @staticmethod
    def of(kind: type[DatabaseError], cause: Exception) -> DatabaseError:
        error = kind("words of the database that nobody should read")
        error.__cause__ = cause
        return error

    def test_a_deadlock_is_tried_again(self, acme: Client, failing: Any) -> None:
        failing.append(self.of(OperationalError, psycopg.errors.DeadlockDetected()))
        assert post(acme, json.dumps(NEW)).status_code == 201
        assert len(acme.get(TICKETS).json()["items"]) == 3

    def test_but_once(self, acme: Client, failing: Any) -> None:
        failing += [self.of(OperationalError, psycopg.errors.DeadlockDetected()) for _ in range(2)]
        answer = post(acme, json.dumps(NEW))
        problem(answer, 503, "unavailable")
        assert answer["Retry-After"]

    @pytest.mark.parametrize(
        ("cause", "status"),
        [
            (psycopg.errors.QueryCanceled(), 503),
            (psycopg.errors.LockNotAvailable(), 503),
            (psycopg.errors.AdminShutdown(), 503),
            (psycopg.errors.ReadOnlySqlTransaction(), 503),
            (psycopg.errors.NumericValueOutOfRange(), 422),
            (psycopg.errors.UniqueViolation(), 409),
            (psycopg.errors.InsufficientPrivilege(), 500),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_is_answered_without_its_words(
        self, acme: Client, failing: Any, cause: psycopg.Error, status: int
    ) -> None:
        kind = OperationalError if isinstance(cause, psycopg.OperationalError) else DatabaseError
        failing.append(self.of(kind, cause))
        answer = acme.get("/api/v1/me")
        assert answer.status_code == status
        assert "words of the database" not in answer.content.decode()

    def test_a_statement_that_takes_too_long(self, acme: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(router, "_TIMEOUT_MS", 20)

        def slow(_door: Any, _result: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")

        monkeypatch.setattr(router, "_render", slow)
        problem(acme.get("/api/v1/me"), 503, "unavailable")
