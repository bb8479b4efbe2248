"""Mails that arrived and wait for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from mainstay.demo import cast
from mainstay.support.channels.actions.receive import keep_mail

_TRIAGE: Final = (
    (
        "Wanda Curious <wanda@unknown-company.example>",
        "Do you also work with museums?",
        "Hello,\n\nwe are a museum with 40 buildings and look for something like Fieldbook.\nCould somebody call me?\n",
        "",
    ),
    (
        "Out of Office <nobody@meridian-utilities.example>",
        "Automatic reply: I am away",
        "I am back on Monday.\n",
        "Auto-Submitted: auto-replied\r\n",
    ),
    (
        "Gil Private <gil.private@webmail.example>",
        "Fieldbook: photo upload hangs",
        "Hi, writing from my private address because our company mail is down.\n\nThe photo upload hangs at 99 %.\n",
        "",
    ),
)


def send_mails(now: datetime) -> None:
    """Through the same door as any other."""
    for number, (sender, subject, body, more) in enumerate(_TRIAGE):
        raw = (
            f"From: {sender}\r\nTo: support@{cast.OPERATOR_DOMAIN}\r\nSubject: {subject}\r\n{more}"
            f"Message-ID: <demo-{number}@unknown-company.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n" + body.replace("\n", "\r\n")
        ).encode()
        keep_mail(raw, door="import", at=now - timedelta(minutes=40 * (number + 1)))
