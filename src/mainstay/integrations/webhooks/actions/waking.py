from __future__ import annotations

from typing import Final

from django.db import connection, transaction

CHANNEL: Final = "mainstay_webhook"


def wake_sender() -> None:
    """After the commit; one that is lost costs a tick."""
    transaction.on_commit(_notify)


def _notify() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
