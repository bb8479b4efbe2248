"""Sending what is due, as the worker's loop runs it."""

from __future__ import annotations

from datetime import datetime

from mainstay.core.storage import open_stored
from mainstay.people.messages.actions import send_due
from mainstay.people.messages.post import post


def send_mail(now: datetime, limit: int) -> int:
    with post(_read) as postman:
        return send_due(postman, now, limit)


def _read(storage_key: str) -> bytes:
    return b"".join(open_stored(storage_key))
