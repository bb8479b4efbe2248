"""Who hears of what, how it is signed, when it is tried again. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from mainstay.core.actor import TENANT_MANAGERS, ActorKind, Permission, Role
from mainstay.core.events.types import Fact, Happening, Visibility

SEE_WEBHOOKS: Final = Permission(
    "webhooks.see", TENANT_MANAGERS | {Role.ADMIN, Role.SUPPORT_MANAGER, Role.ENGINEER}, "webhooks:read"
)
MANAGE_WEBHOOKS: Final = Permission(
    "webhooks.manage", TENANT_MANAGERS | {Role.ADMIN, Role.ENGINEER}, "webhooks:write"
)


class EndpointState(StrEnum):
    ACTIVE = "active"
    OFF = "off"
    """Switched off by a person: nothing is collected for it."""
    FAILING = "failing"
    """Nothing arrived for a day: deliveries are collected and held until a person switches it on again."""
    GONE = "gone"
    """It answered 410: it wants no more. Nothing is collected."""


COLLECTING: Final = frozenset({EndpointState.ACTIVE, EndpointState.FAILING})


class DeliveryState(StrEnum):
    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up; can be sent again by hand."""
    HELD = "held"
    """Waits for its endpoint to be switched on again."""


PING: Final = "webhook.ping"
MOST_ENDPOINTS: Final = 20
"""Of one customer, or of the operator."""
LONGEST_URL: Final = 2000
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 – a word, not a secret
SECRET_BYTES: Final = 32
OLD_SECRET_LIFE: Final = timedelta(days=1)
"""After a rotation both sign, so that a receiver can change over without losing anything."""

TIMEOUT_S: Final = 10.0
LEASE: Final = timedelta(seconds=60)
"""How long a claimed delivery is left alone before it is sent again: longer than any one try takes."""
ANSWER_BYTES: Final = 2048
KEEP_TRYING: Final = timedelta(days=3)
FAILING_AFTER: Final = timedelta(days=1)
_FIRST_PAUSE: Final = timedelta(seconds=15)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_DOUBTFUL_TRIES: Final = 4
_FIRST_REST: Final = timedelta(seconds=1)
_LONGEST_REST: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Listener:
    """What of an endpoint decides whether an event is for it."""

    endpoint_id: UUID
    tenant_id: UUID | None
    """None: the operator's."""
    event_names: frozenset[str]
    """Empty: all."""
    since: datetime
    is_active: bool = True


def may_hear(tenant_id: UUID | None, fact: Fact) -> bool:
    """The same that the wall and the live stream say: the operator hears what is not a customer's own affair, a
    customer's managers what is about their customer and not the operator's own."""
    if tenant_id is None:
        return fact.visibility in (Visibility.ALL, Visibility.OPERATOR)
    return fact.tenant_id == tenant_id and fact.visibility in (Visibility.ALL, Visibility.TENANT)


def wants(listener: Listener, fact: Fact) -> bool:
    if not may_hear(listener.tenant_id, fact) or fact.at < listener.since:
        return False
    return not listener.event_names or fact.name in listener.event_names


def event_choices(kinds: Mapping[str, type[Happening]], *, is_operators: bool) -> list[str]:
    """Names of events that an endpoint of this side can hear of."""
    hidden = Visibility.TENANT if is_operators else Visibility.OPERATOR
    return sorted(name for name, kind in kinds.items() if kind.visibility is not hidden)


# --- what is sent

_ADDRESSES: Final = {"ticket": "/api/v1/support/tickets/{}", "member": "/api/v1/people/{}"}


def body_of(delivery_id: UUID, listener: Listener, fact: Fact, base_url: str) -> str:
    """What happened and where to read about it: never words of people, which the address shows under the
    receiver's own key. The operator's people stay nameless for customers; numbers that count all customers'
    events stay inside."""
    who: dict[str, Any] = {"kind": fact.actor_kind, "id": str(fact.actor_id) if fact.actor_id else None}
    if listener.tenant_id is not None and fact.actor_kind not in (ActorKind.MEMBER, ActorKind.TENANT_KEY):
        who["id"] = None
    address = _ADDRESSES.get(fact.subject_kind)
    return _json(
        {
            "id": str(delivery_id),
            "event": fact.name,
            "at": fact.at.astimezone(UTC).isoformat(),
            "customer_id": str(fact.tenant_id) if fact.tenant_id else None,
            "subject": {
                "kind": fact.subject_kind,
                "id": str(fact.subject_id),
                "url": base_url + address.format(fact.subject_id) if address else None,
            },
            "actor": who,
            "data": fact.data,
        }
    )


def ping_body(delivery_id: UUID, endpoint_id: UUID, tenant_id: UUID | None, at: datetime) -> str:
    return _json(
        {
            "id": str(delivery_id),
            "event": PING,
            "at": at.astimezone(UTC).isoformat(),
            "customer_id": str(tenant_id) if tenant_id else None,
            "subject": {"kind": "endpoint", "id": str(endpoint_id), "url": None},
            "actor": {"kind": "system", "id": None},
            "data": {},
        }
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def signature(secrets: Iterable[str], body: bytes, at: datetime) -> str:
    """`t=…,v1=…`, one v1 for each valid secret: HMAC-SHA256 over the moment, a full stop and the body."""
    moment = str(int(at.timestamp()))
    signed = moment.encode() + b"." + body
    marks = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={moment}", *(f"v1={mark}" for mark in marks)])


def headers_of(delivery_id: UUID, name: str, signed: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Mainstay-Delivery": str(delivery_id),
        "X-Mainstay-Event": name,
        "X-Mainstay-Signature": signed,
    }


# --- what becomes of an answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went. `status` None: no answer, for the reason in `error`."""

    status: int | None
    seconds: float
    answer: str = ""
    error: str = ""
    is_refused: bool = False
    """We did not even connect: the address leads where it must not."""
    retry_after: str = ""


class Judgement(StrEnum):
    DELIVERED = "delivered"
    RETRY = "retry"
    DOUBTFUL = "doubtful"
    """The receiver does not want it like this (4xx, a redirect): a few more tries, in case it was a slip."""
    GONE = "gone"


def judge(outcome: Outcome) -> Judgement:
    status = outcome.status
    if status is None:
        return Judgement.DOUBTFUL if outcome.is_refused else Judgement.RETRY
    if 200 <= status < 300:
        return Judgement.DELIVERED
    if status == 410:
        return Judgement.GONE
    return Judgement.RETRY if status >= 500 or status in (408, 425, 429) else Judgement.DOUBTFUL


def next_try(
    judgement: Judgement, outcome: Outcome, *, attempts: int, queued_at: datetime, at: datetime, jitter: float
) -> datetime | None:
    """None: given up. `jitter` from 0 to 1 spreads those that failed together."""
    if judgement is Judgement.DOUBTFUL and attempts >= _DOUBTFUL_TRIES:
        return None
    pause: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 20), _LONGEST_PAUSE) * (0.75 + jitter / 2)
    asked = seconds_asked(outcome.retry_after, at)
    again: datetime = at + max(pause, min(timedelta(seconds=asked), _LONGEST_PAUSE))
    return again if again <= queued_at + KEEP_TRYING else None


def rest(failures: int, outcome: Outcome, at: datetime) -> timedelta:
    """How long an endpoint is left alone altogether after so many failures in a row."""
    asked = timedelta(seconds=seconds_asked(outcome.retry_after, at))
    pause: timedelta = min(_FIRST_REST * 2 ** min(failures - 1, 20), _LONGEST_REST)
    return max(pause, min(asked, timedelta(hours=1)))


def seconds_asked(retry_after: str, at: datetime) -> float:
    """Of a Retry-After header: seconds, or a date. What cannot be read asks for nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - at).total_seconds())
