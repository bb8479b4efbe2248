"""Writes docs/settings.md and .env.example from the table of settings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mainstay.project.reference import stale_files, write_files


class Command(BaseCommand):
    help = "Writes docs/settings.md and .env.example from the table of settings."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the files are up to date")

    def handle(self, *args: Any, **given: Any) -> None:
        if not given["check"]:
            write_files()
            return
        if stale := stale_files():
            self.stderr.write(f"out of date: {', '.join(stale)}; run ./run manage settings_reference")
            raise SystemExit(1)
