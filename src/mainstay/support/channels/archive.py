"""Old mail out of files: `.eml`, mbox, and folders of them. A run that was cut short goes on where it stopped."""

from __future__ import annotations

import json
import mailbox
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

from mainstay.support.channels.actions.receive import OldMail, keep_old_mails

_FROM_LINE: Final = b"From "
_BATCH: Final = 50
_HEADERS: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    skipped: int
    """Of them, kept by an earlier run."""
    total: int


class Archive:
    """The order of its mails is the same in each run, so a number says how far one has come."""

    def __init__(self, path: Path, notes: Path) -> None:
        self._path = path
        self._files = sorted(p for p in path.rglob("*") if is_mail_file(p)) if path.is_dir() else [path]
        self._boxes = {file: mailbox.mbox(file, create=False) for file in self._files if is_mbox(file)}
        self._note = notes / f"{sha256(self._fingerprint().encode()).hexdigest()[:32]}.json"

    def __len__(self) -> int:
        return sum(len(self._boxes[file]) if file in self._boxes else 1 for file in self._files)

    def mails(self) -> Iterator[bytes]:
        """Byte by byte as stored, so that a mail imported twice is found to be the same."""
        for file in self._files:
            box = self._boxes.get(file)
            if box is None:
                yield file.read_bytes()
            else:
                for key in box.iterkeys():
                    yield box.get_bytes(key)

    def keep(self, *, address: str, at: datetime, again: bool = False) -> Iterator[Progress]:
        """After each batch, which is one transaction, how far it is."""
        total, start = len(self), 0 if again else self._done_before()
        done, rest = start, islice(self.mails(), start, None)
        while batch := list(islice(rest, _BATCH)):
            keep_old_mails([OldMail(raw, sent_at(raw, at)) for raw in batch], mailbox=address, at=at)
            done += len(batch)
            self._note.parent.mkdir(parents=True, exist_ok=True)
            self._note.write_text(json.dumps({"path": str(self._path), "done": done}))
            yield Progress(done, start, total)
        if done == start:
            yield Progress(done, start, total)

    def close(self) -> None:
        for box in self._boxes.values():
            box.close()

    def _done_before(self) -> int:
        try:
            return int(json.loads(self._note.read_text())["done"])
        except (OSError, ValueError, KeyError):
            return 0

    def _fingerprint(self) -> str:
        """A file that has changed is another one; what is the same in it is found by its key."""
        stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in self._files]
        return json.dumps([str(self._path.resolve()), stats])


def is_mail_file(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_FROM_LINE)) == _FROM_LINE


def sent_at(raw: bytes, now: datetime) -> datetime:
    """When it arrived (the topmost Received), else when it says it was written; never later than now."""
    headers = message_from_bytes(raw[:_HEADERS].partition(b"\n\n")[0] + b"\n\n", policy=policy.compat32)
    received = [str(line).rpartition(";")[2] for line in headers.get_all("Received", [])[:1]]
    found = _first_moment([*received, str(headers.get("Date", ""))])
    return min(found, now) if found else now


def _first_moment(texts: Sequence[str]) -> datetime | None:
    for text in texts:
        try:
            found = parsedate_to_datetime(text.strip())
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found.year >= 1990:  # before, clocks of senders were not set
            return found
    return None
