"""Files that belong to nothing: uploaded and never sent, or stored by a request that then failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from mainstay.core.storage.files import delete_stored, orphans
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.models import TenantLogo
from mainstay.support.tickets.models import Attachment

_UNSENT: Final = timedelta(days=7)
_SETTLED: Final = timedelta(days=1)
"""A row follows its bytes within seconds; nothing younger is looked at."""


def sweep_files(
    now: datetime, limit: int, *, also_known: Callable[[list[str]], set[str]] = lambda _keys: set()
) -> int:
    """Rows first, in a transaction of their own; the bytes are then found as orphans. `also_known`: those of the
    keys that rooms above have rows for."""
    with sweep("retention"):
        unsent = Attachment.objects.filter(message__isnull=True, created_at__lt=now - _UNSENT)
        Attachment.objects.filter(id__in=unsent.values("id")[:limit]).delete()
    gone = 0
    for key in islice(orphans(now - _SETTLED, known=lambda keys: _known(keys) | also_known(keys)), limit):
        delete_stored(key)
        gone += 1
    return gone


def _known(keys: list[str]) -> set[str]:
    with sweep("retention"):
        attached = Attachment.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True)
        logos = TenantLogo.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True)
        return {*attached, *logos}
