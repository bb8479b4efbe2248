"""Figures of the installation, for its administrators. No secrets, no addresses."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q, Sum

from mainstay.core.actor import Actor
from mainstay.core.house.rules import SEE_SETTINGS
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.rules import DeliveryState
from mainstay.support.tickets.models import Attachment

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    version: str
    size: int
    connections: int
    most_connections: int


@dataclass(frozen=True, slots=True)
class StorageFigures:
    kind: str
    """`file` or `s3`."""
    file_count: int
    file_size: int
    disk_free: int | None
    """Of the data directory; None where files are elsewhere."""
    disk_total: int | None


@dataclass(frozen=True, slots=True)
class MailFigures:
    transport: str
    """Only what kind it is: `smtp`, `post` (files in a directory), or a provider's name."""
    waiting_count: int
    failed_count: int
    """Given up within a day."""
    last_sent_at: datetime | None


def database_figures(actor: Actor) -> DatabaseFigures:
    actor.require(SEE_SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), database_size(), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), "
            "current_setting('max_connections')::int"
        )
        return DatabaseFigures(*cursor.fetchone())


def storage_figures(actor: Actor) -> StorageFigures:
    actor.require(SEE_SETTINGS)
    found = Attachment.objects.aggregate(count=Count("id"), size=Sum("size"))
    kind = urlsplit(settings.MAINSTAY_STORAGE_URL).scheme
    disk = shutil.disk_usage(settings.DATA_DIR) if settings.DATA_DIR.is_dir() else None
    return StorageFigures(
        kind, found["count"], found["size"] or 0, disk.free if disk else None, disk.total if disk else None
    )


def mail_figures(actor: Actor, *, at: datetime) -> MailFigures:
    actor.require(SEE_SETTINGS)
    found = Delivery.objects.aggregate(
        waiting=Count("id", filter=Q(state=DeliveryState.QUEUED)),
        failed=Count("id", filter=Q(state=DeliveryState.FAILED, created_at__gt=at - _DAY)),
        last=Max("sent_at"),
    )
    transport = str(settings.EMAIL_BACKEND).rsplit(".", 2)[-2]
    return MailFigures(transport, found["waiting"], found["failed"], found["last"])


def software() -> dict[str, str]:
    return {"Python": platform.python_version(), "Django": django.get_version()}
