"""Plans, hours and promises out of a shipped preset; what the operator changed stays."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mainstay.core import clock
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.actions import PLAN_PRESETS
from mainstay.support.sla.actions import install_presets


class Command(BaseCommand):
    help = (
        "Install the shipped plans, calendars and SLA matrices. Run again after an upgrade: it is idempotent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--preset", choices=PLAN_PRESETS, help="default: the one in use")

    def handle(self, *args: Any, **options: Any) -> None:
        with sweep("install_presets") as actor:
            done = install_presets(actor, options["preset"], at=clock.now())
        for item in done if options["verbosity"] else ():
            self.stdout.write(f"{item.outcome:<10} {item.kind:<9} {item.key}")
