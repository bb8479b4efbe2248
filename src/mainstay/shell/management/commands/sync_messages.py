from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

import mainstay
from mainstay.shell.translations.catalogs import faults, read_rooms, synced


class Command(BaseCommand):
    help = "Brings each room's translation files up to date with its texts; translations are kept."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", default="es")
        parser.add_argument("rooms", nargs="*", help="only rooms whose name ends like this")

    def handle(self, *args: Any, language: str, rooms: list[str], **options: Any) -> None:
        source_root = Path(mainstay.__file__).parent
        for room in read_rooms(source_root):
            if rooms and not room.name.endswith(tuple(rooms)):
                continue
            path = room.catalogue(language)
            fresh = synced(room, language)
            if room.places and (not path.exists() or path.read_text(encoding="utf-8") != fresh):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(fresh, encoding="utf-8")
                self.stdout.write(f"{path.relative_to(source_root)}: written")
            for fault in faults(room, language):
                self.stdout.write(f"  {fault}")
