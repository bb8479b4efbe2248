"""Keeping a mail, before anything else is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from mainstay.core.ids import new_id
from mainstay.core.text.headers import clean_line
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.rules import ARCHIVE

CHANNEL = "mainstay_mail"


def keep_mail(
    raw: bytes,
    *,
    door: str,
    at: datetime,
    envelope_from: str = "",
    envelope_to: Sequence[str] = (),
    mailbox: str = "",
    peer: str = "",
) -> UUID:
    """Commit the mail as it came; whoever handed it over may forget it once this returns.

    Runs as the doors role, which may leave mail here and read none.
    """
    with transaction.atomic(durable=True):
        mail_id = put_mail(
            raw,
            door=door,
            at=at,
            envelope_from=envelope_from,
            envelope_to=envelope_to,
            mailbox=mailbox,
            peer=peer,
        )
    wake_intake()
    return mail_id


def put_mail(
    raw: bytes,
    *,
    door: str,
    at: datetime,
    envelope_from: str = "",
    envelope_to: Sequence[str] = (),
    mailbox: str = "",
    peer: str = "",
    received_at: datetime | None = None,
) -> UUID:
    """The same inside the caller's transaction. `received_at`: where another than `at`."""
    mail_id = new_id()
    arrived_at = received_at or at
    InboundMail.objects.bulk_create(
        [
            InboundMail(
                id=mail_id,
                door=door,
                mailbox=clean_line(mailbox, 320),
                envelope_from=clean_line(envelope_from, 1000),
                envelope_to=[clean_line(address, 1000) for address in envelope_to],
                peer=peer,
                size=len(raw),
                received_at=arrived_at,
                next_at=at,
            )
        ]
    )
    RawMail.objects.bulk_create([RawMail(id=mail_id, content=raw, received_at=at)])
    return mail_id


@dataclass(frozen=True, slots=True)
class OldMail:
    raw: bytes
    received_at: datetime


def keep_old_mails(mails: Sequence[OldMail], *, mailbox: str, at: datetime) -> None:
    """Out of files, all in one transaction: nobody is told of what they become."""
    with transaction.atomic(durable=True):
        for mail in mails:
            put_mail(mail.raw, door=ARCHIVE, at=at, mailbox=mailbox, received_at=mail.received_at)
    wake_intake()


def wake_intake() -> None:
    """After the commit; one that is lost costs the intake's tick."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
