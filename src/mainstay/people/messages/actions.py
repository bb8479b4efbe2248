"""Queueing mail inside the change's transaction, and sending what is due outside of any."""

from __future__ import annotations

import logging
import smtplib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, NotFound
from mainstay.core.events.types import Visibility
from mainstay.core.ids import new_id
from mainstay.core.prepared import insert
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Delivery, Suppression
from mainstay.people.messages.ports import PermanentFailure, Postman, TemporaryFailure
from mainstay.people.messages.rules import (
    AUTOMATIC_CAP,
    AUTOMATIC_CAP_WINDOW,
    CLAIM,
    MANAGE_OUTBOX,
    DeliveryState,
    Refusal,
    next_attempt,
)

CHANNEL = "mainstay_delivery"
log = logging.getLogger(__name__)


_MOST_ROWS = 500
"""In one statement, which may have 65,535 parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one person. `id` is known beforehand, so that the Message-ID can carry it."""

    kind: str
    email: str
    subject: str
    text: str
    language: str
    html: str = ""
    name: str = ""
    tenant_id: UUID | None = None
    person_id: UUID | None = None
    ticket_id: UUID | None = None
    ticket_number: int | None = None
    cause: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[dict[str, str], ...] = ()
    is_automatic: bool = True
    visibility: Visibility = Visibility.ALL
    is_secret: bool = False
    id: UUID = field(default_factory=new_id)


def queue_mail(mails: Sequence[Mail], *, at: datetime) -> None:
    """Insert into the outbox; the same kind to the same address for the same event only once."""
    if not mails:
        return
    for start in range(0, len(mails), _MOST_ROWS):
        insert([_row(mail, at) for mail in mails[start : start + _MOST_ROWS]], skip_conflicts=True)
    transaction.on_commit(_wake)


def _row(mail: Mail, at: datetime) -> Delivery:
    return Delivery(
        id=mail.id,
        tenant_id=mail.tenant_id,
        kind=mail.kind,
        cause=mail.cause,
        email=mail.email,
        name=mail.name,
        person_id=mail.person_id,
        ticket_id=mail.ticket_id,
        ticket_number=mail.ticket_number,
        language=mail.language,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        headers=mail.headers,
        attachments=list(mail.attachments),
        is_automatic=mail.is_automatic,
        visibility=mail.visibility,
        is_secret=mail.is_secret,
        next_at=at,
        created_at=at,
    )


def _wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def send_due(postman: Postman, now: datetime, limit: int = 50) -> int:
    """Claim what is due, send it outside of any transaction, write down how it went.

    A sender that dies in between leaves its claim, which ends by itself; the mail then goes out again under
    the same Message-ID, which mail programs fold into one.
    """
    claimed = _claim(now, limit)
    outcomes = [(row, _send(postman, row)) for row in claimed]
    if outcomes:
        _write_down(outcomes, now)
    return len(claimed)


@dataclass(frozen=True, slots=True)
class _Outcome:
    error: str = ""
    is_permanent: bool = False


def _claim(now: datetime, limit: int) -> list[Delivery]:
    with sweep("send_mail"):
        rows = list(
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(next_at__lte=now)
            .order_by("next_at", "id")[:limit]
        )
        refused = _refusals(rows, now)
        for row_id, why in refused.items():
            Delivery.objects.filter(id=row_id).update(state=DeliveryState.SUPPRESSED, error=why, next_at=None)
        claimed = [row for row in rows if row.id not in refused]
        _of(claimed).update(attempts=F("attempts") + 1, next_at=now + CLAIM)
        for row in claimed:
            row.attempts += 1
        return claimed


def _refusals(rows: Sequence[Delivery], now: datetime) -> dict[UUID, Refusal]:
    """Which mails must not go out, and why."""
    emails = {row.email for row in rows}
    bounced = set(Suppression.objects.filter(email__in=emails).values_list("email", flat=True))
    sent = Counter(
        dict(
            Delivery.objects.filter(
                email__in=emails,
                is_automatic=True,
                is_secret=False,
                state=DeliveryState.SENT,
                created_at__gt=now - AUTOMATIC_CAP_WINDOW,
            )
            .values("email")
            .annotate(count=Count("id"))
            .values_list("email", "count")
        )
    )
    out: dict[UUID, Refusal] = {}
    for row in rows:
        if row.email in bounced:
            out[row.id] = Refusal.ADDRESS
        elif row.is_automatic and not row.is_secret and row.error != Refusal.CAP:
            # What the cap refused before is due again only because a person said so.
            if sent[row.email] >= AUTOMATIC_CAP:
                out[row.id] = Refusal.CAP
            sent[row.email] += 1
    return out


def _send(postman: Postman, row: Delivery) -> _Outcome:
    try:
        postman.send(row)
    except PermanentFailure as failure:
        return _Outcome(str(failure), is_permanent=True)
    except (TemporaryFailure, OSError, smtplib.SMTPException) as failure:
        return _Outcome(str(failure) or type(failure).__name__)
    except Exception as failure:  # one mail that cannot even be built must not hold up the others
        log.exception("delivery %s could not be built", row.id)
        return _Outcome(f"{type(failure).__name__}: {failure}", is_permanent=True)
    return _Outcome()


def _write_down(outcomes: Sequence[tuple[Delivery, _Outcome]], now: datetime) -> None:
    with sweep("send_mail"):
        if sent := [row for row, outcome in outcomes if not outcome.error and not row.is_secret]:
            _of(sent).update(**_changes(sent[0], _Outcome(), now))
        for row, outcome in outcomes:
            if outcome.error or row.is_secret:
                _of([row]).update(**_changes(row, outcome, now))


def _of(rows: Sequence[Delivery]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(id__in=[row.id for row in rows], state=DeliveryState.QUEUED)


def _changes(row: Delivery, outcome: _Outcome, now: datetime) -> dict[str, Any]:
    if not outcome.error:
        sent: dict[str, Any] = {"state": DeliveryState.SENT, "sent_at": now, "next_at": None, "error": ""}
        return sent | ({"text": "", "html": ""} if row.is_secret else {})
    again = None if outcome.is_permanent else next_attempt(row.attempts, now)
    state = DeliveryState.QUEUED if again else DeliveryState.FAILED
    return {"state": state, "next_at": again, "error": outcome.error[:2000]}


def suppress(email: str, *, reason: str, detail: str = "", at: datetime) -> None:
    Suppression.objects.bulk_create(
        [Suppression(email=email.lower(), reason=reason, detail=detail[:2000], created_at=at)],
        ignore_conflicts=True,
    )


def note_outcome(email: str, *, reason: str, detail: str, stops: bool, at: datetime) -> bool:
    """What a provider says became of a mail of ours: onto the last one to this address, and where it `stops`, none is
    written there any more. False where we never wrote to it: nobody is silenced by a made-up address."""
    last = Delivery.objects.filter(email=email.lower()).order_by("-created_at").first()
    if last is None:
        return False
    if last.state == DeliveryState.SENT:
        Delivery.objects.filter(id=last.id).update(error=f"{reason}: {detail}"[:2000])
    if stops:
        suppress(email, reason=reason, detail=detail, at=at)
    return True


def lift_suppression(actor: Actor, email: str) -> None:
    actor.require(MANAGE_OUTBOX)
    Suppression.objects.filter(email=email.lower()).delete()


def send_again(actor: Actor, delivery_id: UUID, *, at: datetime) -> None:
    """For mail that was given up or held back; what was sent is not sent twice."""
    actor.require(MANAGE_OUTBOX)
    row = Delivery.objects.select_for_update().filter(id=delivery_id).first()
    if row is None:
        raise NotFound
    if row.state not in (DeliveryState.FAILED, DeliveryState.SUPPRESSED):
        raise Conflict
    row.state, row.next_at, row.attempts = DeliveryState.QUEUED, at, 0
    row.save(update_fields=["state", "next_at", "attempts"])
