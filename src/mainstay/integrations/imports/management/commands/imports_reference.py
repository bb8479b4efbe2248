"""Writes docs/imports.md from the table of columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mainstay.integrations.imports.reference import imports_page


class Command(BaseCommand):
    help = "Writes docs/imports.md from the table of columns."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        (Path(settings.MAINSTAY_CHECKOUT) / "docs" / "imports.md").write_text(
            imports_page(), encoding="utf-8"
        )
