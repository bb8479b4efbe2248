from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from mainstay.people.tenants.tests.make import operator_key
from mainstay.support.tickets.tests.make import make_ticket
from tests.api.cast import CALLS, Call, Things, with_key


def create(things: Things, subject: str = "The export is empty") -> Call:
    call = CALLS["create_ticket"](things)
    return Call(call.method, call.path, {**call.body, "subject": subject})


def test_the_same_key_gets_the_same_answer(things: Things) -> None:
    client, call = with_key(things.acme_key), create(things)
    first, second = call.send(client, idempotency_key="a"), call.send(client, idempotency_key="a")
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"


def test_an_answer_is_repeated_though_the_state_has_moved_on(things: Things) -> None:
    client = with_key(things.staff_key)
    close = Call("PUT", f"/support/tickets/{things.ticket.id}/status", {"status": "closed"})
    assert close.send(client, idempotency_key="close").status_code == 200
    again = close.send(client, idempotency_key="close")
    assert (again.status_code, again.json()["status"]) == (200, "closed")
    reopen = Call("PUT", f"/support/tickets/{things.ticket.id}/status", {"status": "open"})
    assert reopen.send(client).status_code == 409


def test_another_body_under_the_same_key_is_refused(things: Things) -> None:
    client = with_key(things.acme_key)
    assert create(things).send(client, idempotency_key="a").status_code == 201
    answer = create(things, "Another").send(client, idempotency_key="a")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert "Idempotency-Key" in answer.json()["fields"]


def test_another_path_under_the_same_key_is_refused(things: Things) -> None:
    client = with_key(things.acme_key)
    other = make_ticket(things.world.ana)
    for ticket, status in ((things.ticket, 200), (other, 409)):
        call = Call("PUT", f"/support/tickets/{ticket.id}/status", {"status": "resolved"})
        assert call.send(client, idempotency_key="a").status_code == status


def test_keys_belong_to_their_caller(things: Things) -> None:
    ours = create(things).send(with_key(things.acme_key), idempotency_key="a").json()
    new = {"subject": "The export is empty", "body": "x", "requester": {"email": "gus@globex.example"}}
    theirs = Call("POST", "/support/tickets", new).send(with_key(things.globex_key), idempotency_key="a")
    assert theirs.status_code == 201
    assert theirs.json()["id"] != ours["id"]


def test_what_failed_may_be_tried_again(things: Things) -> None:
    client = with_key(things.acme_key)
    wrong = Call(
        "POST", "/support/tickets", {"subject": "x", "body": "y", "requester": {"email": "no@acme.example"}}
    )
    assert wrong.send(client, idempotency_key="a").status_code == 422
    assert create(things).send(client, idempotency_key="a").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there", "é"])
def test_a_key_that_is_no_key(things: Things, key: str) -> None:
    answer = create(things).send(with_key(things.acme_key), idempotency_key=key)
    assert (answer.status_code, [*answer.json()["fields"]]) == (422, ["Idempotency-Key"])


def test_an_upload_is_the_same_by_its_content(things: Things) -> None:
    client = with_key(things.acme_key)

    def send(content: bytes) -> tuple[int, str]:
        answer = Call("POST", "/support/attachments", form={"file": content}).send(
            client, idempotency_key="u"
        )
        return answer.status_code, answer.json().get("id", "")

    first = send(b"one")
    assert first[0] == 201
    assert send(b"one") == first
    assert send(b"two")[0] == 409


@pytest.mark.parametrize("same_body", [True, False])
def test_ten_at_once_make_one_ticket(committed_things: Things, same_body: bool) -> None:
    """Different bodies under one key: one wins, the others are told so."""
    things = committed_things

    def send(n: int) -> tuple[int, bytes]:
        try:
            call = create(things, "The export is empty" if same_body else f"Number {n}")
            answer = call.send(with_key(things.acme_key), idempotency_key="race")
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    made = [content for status, content in answers if status == 201]
    assert len(set(made)) == 1
    assert len(made) == (10 if same_body else 1)
    assert all(status in (201, 409) for status, _content in answers)
    listed = Call("GET", "/support/tickets").send(with_key(things.acme_key)).json()["items"]
    assert len(listed) == 3  # the cast's two, and one


def test_ten_status_changes_at_once(committed_things: Things) -> None:
    """A twin that waits for the ticket's lock finds the state changed; it still gets the first answer."""
    things = committed_things

    def send(_n: int) -> tuple[int, bytes]:
        try:
            call = Call("PUT", f"/support/tickets/{things.ticket.id}/status", {"status": "closed"})
            answer = call.send(with_key(things.staff_key), idempotency_key="close")
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(10)))
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_a_key_of_the_operators_names_the_customer(things: Things) -> None:
    client: Client = with_key(operator_key())
    body = {"subject": "By phone", "body": "x", "requester": {"email": "gus@globex.example"}}
    assert Call("POST", "/support/tickets", body).send(client).json()["fields"].keys() == {"tenant"}
    for tenant in ("globex", str(things.world.globex.id)):
        answer = Call("POST", "/support/tickets", {**body, "tenant": tenant}).send(client)
        assert answer.status_code == 201
        assert answer.json()["tenant"]["slug"] == "globex"
