"""Writes docs/privacy.md from what the rooms say of their columns."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from mainstay.project.options import CHECKOUT
from mainstay.project.personal_data import privacy_page


class Command(BaseCommand):
    help = "Writes docs/privacy.md from what the rooms say of their columns."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        (CHECKOUT / "docs" / "privacy.md").write_text(privacy_page(), encoding="utf-8")
