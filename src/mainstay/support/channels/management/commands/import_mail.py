"""Take in old mail from an mbox, an .eml file, or a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.core.clock import now
from mainstay.support.channels.archive import Archive


class Command(BaseCommand):
    help = (
        "Take in old mail from FILE.mbox, FILE.eml or a directory of them; the worker makes tickets of it, with their "
        "dates. Nobody is written to. A run that was cut short goes on where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE.mbox|FILE.eml|DIR")
        parser.add_argument("--mailbox", default="", help="the address the mail came to, where it says none")
        parser.add_argument(
            "--again", action="store_true", help="from the beginning; what is known is found to be the same"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [Path(path) for path in options["paths"]]
        for path in paths:
            if not path.exists():
                raise CommandError(f"{path} does not exist")
        kept = sum(self._keep(path, options["mailbox"], again=options["again"]) for path in paths)
        self.stdout.write(
            f"{kept} mails kept. The worker takes them in; those of unknown senders wait in triage."
        )

    def _keep(self, path: Path, address: str, *, again: bool) -> int:
        archive = Archive(path, Path(settings.DATA_DIR) / "imports")
        kept = 0
        try:
            for progress in archive.keep(address=address, at=now(), again=again):
                kept = progress.done - progress.skipped
                if progress.skipped and kept <= 50:
                    self.stdout.write(f"{path}: the first {progress.skipped} were kept by an earlier run")
                if progress.done % 500 == 0 or progress.done == progress.total:
                    self.stdout.write(f"{path}: {progress.done} of {progress.total}")
        finally:
            archive.close()
        return kept
