"""Django's migrate, run as the owner role, then the wall."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from mainstay.core import clock
from mainstay.core.events.follow import enrol
from mainstay.core.events.wiring import later_handlers
from mainstay.core.wall.build import build_wall
from mainstay.core.wall.login import as_owner


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            super().handle(*args, **options)
            changed = build_wall()
            if not (options["app_label"] or options["plan"] or options["check_unapplied"]):
                # A follow-up that comes with this release starts here, not whenever its worker comes up.
                enrol(later_handlers(), at=clock.now())
        if options["verbosity"] > 0:
            self.stdout.write(f"Wall: {changed} tables brought up to date.")
