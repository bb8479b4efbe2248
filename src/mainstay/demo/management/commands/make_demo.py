"""The demonstration's world; nothing where it stands already."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mainstay.core.clock import now
from mainstay.demo.world import HalfMade, make_world


class Command(BaseCommand):
    help = "Fill an empty database with the demonstration's customers, people and three months of tickets."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("preparing the demonstration's world …")
        try:
            made = make_world(now())
        except HalfMade:
            raise CommandError(
                "This database holds customers that the demonstration did not finish making. "
                "Start again with: ./run demo --fresh"
            ) from None
        self.stdout.write(
            "The demonstration's world is ready." if made else "The demonstration's world stands."
        )
