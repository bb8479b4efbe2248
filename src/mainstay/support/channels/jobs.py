"""The mail intake, as the worker's loop runs it."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from uuid import UUID

from mainstay.core import storage
from mainstay.core.storage import NewFile
from mainstay.support.channels.actions.intake import take_in_due


def take_in_mail(now: datetime, limit: int) -> int:
    return take_in_due(_save, now, limit)


def _save(tenant_id: UUID, filename: str, content: bytes) -> NewFile:
    return storage.save(tenant_id, filename, BytesIO(content))
