"""Answers that were given already. Read by the doors role, outside any scope."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    request_hash: str
    status: int
    body: str


def stored_answer(owner: UUID, key: str) -> StoredAnswer | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT request_hash, status, body FROM idempotency_key WHERE owner = %s AND key = %s",
            [owner, key],
        )
        row = cursor.fetchone()
    return StoredAnswer(*row) if row else None
