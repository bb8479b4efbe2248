"""The mail intake and the mailboxes' watcher, as the worker's loops run them."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from uuid import UUID

from django.conf import settings

from mainstay.core import storage
from mainstay.core.storage import NewFile
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.imap.serve import Ways
from mainstay.support.channels.imap.watch import Watcher


def take_in_mail(now: datetime, limit: int) -> int:
    return take_in_due(_save, now, limit)


def _save(tenant_id: UUID, filename: str, content: bytes) -> NewFile:
    return storage.save(tenant_id, filename, BytesIO(content))


def mailbox_watcher() -> Watcher:
    """Does nothing before its first run."""
    return Watcher(
        Ways(
            plain_hosts=settings.MAINSTAY_MAILBOX_PLAIN_HOSTS,
            largest_bytes=settings.MAINSTAY_MAX_MAIL_BYTES,
            idle_s=settings.MAINSTAY_MAILBOX_IDLE_S,
            poll_s=settings.MAINSTAY_MAILBOX_POLL_S,
        )
    )
