"""Forgetting mails as they arrived. What they became, and the row that says so, stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from mainstay.core.wall.scope import sweep
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.rules import NEEDS_ITS_RAW_MAIL

_BATCH = 500


def forget_raw_mail(*, at: datetime, keep_days: int) -> int:
    """0 days: for ever. What still waits for the intake or for a person stays however old it is."""
    gone = 0
    needed = InboundMail.objects.filter(id=OuterRef("id"), state__in=NEEDS_ITS_RAW_MAIL)
    while keep_days:
        with sweep("retention"):
            old = RawMail.objects.filter(~Exists(needed), received_at__lt=at - timedelta(days=keep_days))
            ids = list(old.order_by("received_at").values_list("id", flat=True)[:_BATCH])
            RawMail.objects.filter(id__in=ids).delete()
        gone += len(ids)
        if len(ids) < _BATCH:
            break
    return gone
