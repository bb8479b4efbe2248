"""Writes docs/events.md from the registry of events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mainstay.core.events.reference import events_page


class Command(BaseCommand):
    help = "Writes docs/events.md from the registry of events."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        (Path(settings.MAINSTAY_CHECKOUT) / "docs" / "events.md").write_text(events_page(), encoding="utf-8")
