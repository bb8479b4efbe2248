from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.actor import STAFF_ROLES, TENANT_MANAGERS, ActorKind
from mainstay.core.events.types import Fact, Mark, Visibility
from mainstay.integrations.webhooks.rules import (
    KEEP_TRYING,
    Judgement,
    Listener,
    Outcome,
    body_of,
    judge,
    may_hear,
    next_try,
    rest,
    seconds_asked,
    signature,
    wants,
)
from mainstay.project.live.rules import Viewer, hint_of, may_get

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACME, GLOBEX = uuid4(), uuid4()
tenants = st.sampled_from([None, ACME, GLOBEX])
visibilities = st.sampled_from([*Visibility, "of a later release"])


def fact(**more: object) -> Fact:
    values = {
        "n": 7,
        "name": "ticket.opened",
        "tenant_id": ACME,
        "at": AT,
        "actor_kind": "member",
        "actor_id": uuid4(),
        "subject_kind": "ticket",
        "subject_id": uuid4(),
        "visibility": "all",
        "data": {"number": 3},
    }
    return Fact(**{**values, **more})


@given(tenants, tenants, visibilities)
def test_an_endpoint_hears_nothing_that_its_sides_managers_could_not_see_live(
    endpoint_of: object, event_of: object, visibility: str
) -> None:
    happened = fact(tenant_id=event_of, visibility=visibility)
    roles = STAFF_ROLES if endpoint_of is None else TENANT_MANAGERS
    viewer = Viewer("s", uuid4(), endpoint_of, uuid4(), frozenset(roles))
    hears = may_hear(endpoint_of, happened)
    assert hears <= may_get(viewer, hint_of(happened, Mark(1, 7), None))
    if visibility not in set(Visibility):
        assert not hears


def test_notes_and_other_customers_stay_away() -> None:
    acme = Listener(uuid4(), ACME, frozenset(), AT)
    operator = Listener(uuid4(), None, frozenset(), AT)
    assert wants(acme, fact())
    assert wants(operator, fact())
    assert not wants(acme, fact(name="ticket.noted", visibility="operator"))
    assert not wants(acme, fact(tenant_id=GLOBEX))
    assert not wants(acme, fact(tenant_id=None))
    assert not wants(operator, fact(visibility="tenant"))
    assert not wants(operator, fact(at=AT - timedelta(seconds=1)))
    assert not wants(Listener(uuid4(), ACME, frozenset({"ticket.replied"}), AT), fact())


def test_the_body_names_no_staff_to_customers_and_counts_nothing() -> None:
    listener = Listener(uuid4(), ACME, frozenset(), AT)
    delivery_id, by_staff = uuid4(), fact(actor_kind="staff")
    told = json.loads(body_of(delivery_id, listener, by_staff, "https://support.example"))
    assert told["id"] == str(delivery_id)
    assert told["actor"] == {"kind": "staff", "id": None}
    assert told["subject"]["url"] == f"https://support.example/api/v1/support/tickets/{by_staff.subject_id}"
    assert set(told) == {"id", "event", "at", "customer_id", "subject", "actor", "data"}
    own = json.loads(body_of(delivery_id, listener, fact(), "https://x"))
    assert own["actor"]["id"]
    operators = Listener(uuid4(), None, frozenset(), AT)
    assert json.loads(body_of(delivery_id, operators, by_staff, "https://x"))["actor"]["id"]
    for kind in ActorKind:
        shown = json.loads(body_of(delivery_id, listener, fact(actor_kind=kind), "https://x"))["actor"]["id"]
        assert bool(shown) == (kind in (ActorKind.MEMBER, ActorKind.TENANT_KEY))


@given(st.binary(max_size=200), st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=2))
def test_the_signature_is_what_the_guide_says(body: bytes, secrets: list[str]) -> None:
    parts = signature(secrets, body, AT).split(",")
    assert parts[0] == f"t={int(AT.timestamp())}"
    for secret, mark in zip(secrets, parts[1:], strict=True):
        wanted = hmac.new(secret.encode(), parts[0][2:].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert mark == f"v1={wanted}"


@pytest.mark.parametrize(
    ("status", "judgement"),
    [
        (200, "delivered"), (204, "delivered"), (301, "doubtful"), (400, "doubtful"), (401, "doubtful"),
        (404, "doubtful"), (408, "retry"), (410, "gone"), (425, "retry"), (429, "retry"), (500, "retry"),
        (503, "retry"), (None, "retry"),
    ],
)  # fmt: skip
def test_answers(status: int | None, judgement: str) -> None:
    assert judge(Outcome(status, 0.1)) == judgement
    assert judge(Outcome(None, 0.0, is_refused=True)) is Judgement.DOUBTFUL


def tries(judgement: Judgement, jitter: float, retry_after: str = "") -> list[datetime]:
    at, found = AT, [AT]
    outcome = Outcome(500, 0.1, retry_after=retry_after)
    while True:
        again = next_try(judgement, outcome, attempts=len(found), queued_at=AT, at=at, jitter=jitter)
        if again is None:
            return found
        assert again > at
        found.append(again)
        at = again


@given(st.floats(0, 1))
def test_retries_go_on_for_three_days_with_growing_pauses(jitter: float) -> None:
    moments = tries(Judgement.RETRY, jitter)
    assert 15 <= len(moments) <= 30
    assert timedelta(days=2.6) < moments[-1] - AT <= KEEP_TRYING
    assert moments[1] - AT <= timedelta(seconds=20)
    assert len(tries(Judgement.DOUBTFUL, jitter)) == 4


def test_what_the_receiver_asks_for_is_waited_and_not_more_than_sense() -> None:
    assert tries(Judgement.RETRY, 0.5, "600")[1] - AT == timedelta(seconds=600)
    assert tries(Judgement.RETRY, 0.5, "99999999999")[1] - AT == timedelta(hours=6)
    assert rest(1, Outcome(429, 0.1, retry_after="30"), AT) == timedelta(seconds=30)
    assert rest(50, Outcome(500, 0.1), AT) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120), (" 5 ", 5), ("-5", 0), ("soon", 0), ("", 0), ("١٢", 0), ("1e9", 0),
        ("Mon, 05 Jan 2026 09:01:00 GMT", 60), ("Mon, 05 Jan 2026 08:00:00 GMT", 0),
        ("Mon, 05 Jan 2026 09:01:00", 60), ("Mon, 99 Jan 2026 09:01:00 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after(text: str, seconds: float) -> None:
    assert seconds_asked(text, AT) == seconds


def test_the_guides_own_code_accepts_what_we_sign_and_nothing_else(settings) -> None:
    guide = (settings.MAINSTAY_CHECKOUT / "docs/webhooks.md").read_text(encoding="utf-8")
    told: dict[str, Any] = {}
    exec(guide.partition("```python\n")[2].partition("```")[0], told)
    is_genuine, now, body = told["is_genuine"], datetime.now(UTC), b'{"id":"x"}'
    header = signature(["whsec_new", "whsec_old"], body, now)
    assert is_genuine("whsec_new", header, body)
    assert is_genuine("whsec_old", header, body)
    assert not is_genuine("whsec_other", header, body)
    assert not is_genuine("whsec_new", header, body + b" ")
    assert not is_genuine("whsec_new", signature(["whsec_new"], body, now - timedelta(minutes=6)), body)
    for nonsense in ("", "t=,v1=", "v1=00", "t=soon,v1=00", ",,="):
        assert not is_genuine("whsec_new", nonsense, body)
