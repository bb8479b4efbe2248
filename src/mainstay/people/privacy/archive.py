"""An export as one ZIP: what was kept in tables as JSON, files as they are."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, Final

from mainstay.people.privacy.ports import Part, RawFile, Rows

_IN_MEMORY: Final = 8 * 1024 * 1024


@contextmanager
def archive_of(
    parts: Iterable[Part], *, opened: Callable[[str], Iterable[bytes]], at: datetime
) -> Iterator[BinaryIO]:
    """At its beginning, to be read. `opened` gives a stored file's bytes, or raises FileNotFoundError."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in parts:
                _write(archive, part, opened, at)
        spool.seek(0)
        yield spool  # type: ignore[misc]


def _write(
    archive: zipfile.ZipFile, part: Part, opened: Callable[[str], Iterable[bytes]], at: datetime
) -> None:
    if isinstance(part, Rows):
        text = json.dumps(list(part.rows), ensure_ascii=False, indent=2, default=str)
        archive.writestr(_named(f"{part.name}.json", at), text)
        return
    with archive.open(_named(part.path, at), "w", force_zip64=True) as entry:
        if isinstance(part, RawFile):
            entry.write(part.content)
            return
        try:
            for chunk in opened(part.storage_key):
                entry.write(chunk)
        except FileNotFoundError:
            entry.write(b"This file is no longer stored.\n")


def _named(path: str, at: datetime) -> zipfile.ZipInfo:
    safe = "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", ".", ".."))
    entry = zipfile.ZipInfo(safe, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
