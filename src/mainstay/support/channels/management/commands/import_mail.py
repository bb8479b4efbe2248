"""Take in mail from an mbox, an .eml file, or a folder of them."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.core.clock import now
from mainstay.support.channels.actions.receive import keep_mail

_FROM_LINE = b"From "


class Command(BaseCommand):
    help = (
        "Take in mail from FILE.mbox, FILE.eml or a directory of .eml files; the worker makes tickets of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE.mbox|FILE.eml|DIR")
        parser.add_argument("--mailbox", default="", help="the address the mail came to, where it says none")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = 0
        for path in map(Path, options["paths"]):
            if not path.exists():
                raise CommandError(f"{path} does not exist")
            for raw in raw_mails(path):
                keep_mail(raw, door="import", at=now(), mailbox=options["mailbox"])
                kept += 1
                if kept % 500 == 0:
                    self.stdout.write(f"{kept} mails kept …")
        self.stdout.write(
            f"{kept} mails kept. The worker takes them in; those of unknown senders wait in triage."
        )


def raw_mails(path: Path) -> Iterator[bytes]:
    """Byte by byte as stored, so that a mail imported twice is found to be the same."""
    if path.is_dir():
        for inner in sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")):
            yield from raw_mails(inner)
        return
    with path.open("rb") as file:
        is_mbox = file.read(len(_FROM_LINE)) == _FROM_LINE
    if not is_mbox:
        yield path.read_bytes()
        return
    box = mailbox.mbox(path, create=False)
    for key in box.iterkeys():
        yield box.get_bytes(key)
