"""`house()`: the settings as they are now, for pages, mails and the worker.

Each process keeps a copy and asks the database again once the copy is a few seconds old, with one call of one
function; a change made in this process shows at once. Without the database (error pages) the last copy stands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection, transaction

from mainstay.core.house.rules import House, house_of


@dataclass(frozen=True, slots=True)
class _Copy:
    house: House
    fresh_until: float


_copy: _Copy | None = None
_reading = threading.Lock()


def house() -> House:
    copy = _copy
    if copy is not None and time.monotonic() < copy.fresh_until:
        return copy.house
    return _read_again(copy)


def forget() -> None:
    """The next `house()` reads. To be called where a setting was changed."""
    global _copy
    _copy = None
    transaction.on_commit(_forget)  # another thread may have read the old value meanwhile


def _forget() -> None:
    global _copy
    _copy = None


def keep(stored: Mapping[str, str]) -> House:
    """As if it had been read now."""
    return _keep_on(house_of(settings.MAINSTAY_HOUSE_DEFAULTS, stored, settings.MAINSTAY_HOUSE_FIXED))


def _keep_on(current: House) -> House:
    global _copy
    _copy = _Copy(current, time.monotonic() + settings.MAINSTAY_HOUSE_FRESH_S)
    return current


def _read_again(copy: _Copy | None) -> House:
    if not _reading.acquire(blocking=copy is None):
        assert copy is not None
        return copy.house  # another thread is at it
    try:
        return keep(_stored())
    except Error:
        return _keep_on(copy.house) if copy else keep({})
    finally:
        _reading.release()


def _stored() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, value FROM house_values()")
        return dict(cursor.fetchall())
