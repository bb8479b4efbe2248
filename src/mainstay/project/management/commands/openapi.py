"""Write the OpenAPI document, so that every change of the API shows in a diff."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.project.api import document
from mainstay.project.options import CHECKOUT

FILE = CHECKOUT / "docs" / "openapi.json"


class Command(BaseCommand):
    help = "Write docs/openapi.json; with --check, fail where it is not current."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        current = document()
        if options["check"]:
            if FILE.read_text(encoding="utf-8") != current:
                raise CommandError("docs/openapi.json is not current: run ./run manage openapi")
            return
        FILE.write_text(current, encoding="utf-8")
        self.stdout.write(f"Wrote {FILE.relative_to(CHECKOUT)}.")
