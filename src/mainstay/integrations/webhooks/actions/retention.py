from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from mainstay.core.wall.scope import sweep
from mainstay.integrations.webhooks.models import Delivery

_BATCH: Final = 5_000


def forget_deliveries(*, at: datetime, keep_days: int) -> int:
    """0 days: for ever."""
    gone = 0
    while keep_days:
        with sweep("retention"):
            old = Delivery.objects.filter(created_at__lt=at - timedelta(days=keep_days)).order_by(
                "created_at"
            )
            ids = list(old.values_list("id", flat=True)[:_BATCH])
            Delivery.objects.filter(id__in=ids).delete()
        gone += len(ids)
        if len(ids) < _BATCH:
            break
    return gone
