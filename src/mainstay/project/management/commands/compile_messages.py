"""Compiles translations that changed."""

from typing import Any

from django.core.management.base import BaseCommand

from mainstay.project.translations import compile_messages


class Command(BaseCommand):
    help = "Compiles translations (.po to .mo) that changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **given: Any) -> None:
        for source in compile_messages():
            self.stdout.write(str(source))
