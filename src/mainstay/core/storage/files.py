"""Saving and opening files. Never inside a scope: storing talks to the disk or the network."""

from __future__ import annotations

import functools
import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import TooLarge, Unavailable
from mainstay.core.ids import new_id
from mainstay.core.storage.ports import Scanner, Store
from mainstay.core.storage.rules import (
    HEAD_SIZE,
    ScanVerdict,
    clean_filename,
    is_storage_key,
    sniff,
    storage_key,
)
from mainstay.core.storage.stores import CHUNK, store_for
from mainstay.core.wall.scope import current_actor

log = logging.getLogger(__name__)
_IN_MEMORY = 1024 * 1024
_scanner: Scanner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file whose bytes are durable under `storage_key`; the name is clean, the type is what the bytes say."""

    filename: str
    content_type: str
    size: int
    sha256: str
    storage_key: str
    content_id: str = ""
    is_inline: bool = False
    scan: str = ScanVerdict.UNSCANNED.value


@functools.cache
def the_store() -> Store:
    return store_for(
        settings.MAINSTAY_STORAGE_URL,
        access_key=settings.MAINSTAY_STORAGE_KEY,
        secret_key=settings.MAINSTAY_STORAGE_SECRET,
    )


def use_scanner(scanner: Scanner | None) -> None:
    """Plugged in once by the project; without one, files are marked `unscanned`."""
    global _scanner
    _scanner = scanner


def save(tenant_id: UUID, filename: str, stream: BinaryIO, *, limit: int | None = None) -> NewFile:
    """Store the bytes, then make the row (`tickets.actions.store_file`): what gets no row is swept later.

    `limit` in bytes, by default the largest upload allowed.
    """
    if current_actor() is not None:
        raise RuntimeError("save files before the scope opens: nothing waits for a disk inside a transaction")
    limit = settings.MAINSTAY_MAX_UPLOAD_BYTES if limit is None else limit
    digest, size, head = hashlib.sha256(), 0, b""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(_("Files may have at most %(limit)d MB.") % {"limit": limit // (1024 * 1024)})
            if len(head) < HEAD_SIZE:
                head += chunk[: HEAD_SIZE - len(head)]
            digest.update(chunk)
            spool.write(chunk)
        spool.seek(0)
        scan = _scan(spool)  # type: ignore[arg-type]
        spool.seek(0)
        sha256 = digest.hexdigest()
        key = storage_key(tenant_id, sha256, new_id())
        _put(key, spool)  # type: ignore[arg-type]
    name = clean_filename(filename)
    return NewFile(
        filename=name,
        content_type=sniff(head, name),
        size=size,
        sha256=sha256,
        storage_key=key,
        scan=scan.value,
    )


def open_stored(key: str) -> Iterator[bytes]:
    """The file in chunks. Raises FileNotFoundError at once where it is missing."""
    if not is_storage_key(key):
        raise FileNotFoundError(key)
    return the_store().open(key)


def orphans(before: datetime, *, known: Callable[[list[str]], set[str]]) -> Iterator[str]:
    """Keys stored before that moment of which no row tells. `known` says which of a batch have rows.

    Let an hour pass at least: a row follows its bytes.
    """
    batch: list[str] = []
    for key in the_store().older_than(before):
        batch.append(key)
        if len(batch) == 500:
            yield from _unknown(batch, known)
            batch = []
    yield from _unknown(batch, known)


def delete_stored(key: str) -> None:
    the_store().delete(key)


def _unknown(batch: list[str], known: Callable[[list[str]], set[str]]) -> list[str]:
    kept = known(batch) if batch else set()
    return [key for key in batch if key not in kept]


def _put(key: str, stream: BinaryIO) -> None:
    try:
        the_store().put(key, stream)
    except Exception as error:
        log.exception("A file could not be stored")
        raise Unavailable(_("The file could not be stored; try again shortly.")) from error


def _scan(stream: BinaryIO) -> ScanVerdict:
    if _scanner is None:
        return ScanVerdict.UNSCANNED
    try:
        return _scanner.scan(stream)
    except Exception:
        log.exception("The scan of a file failed; it is marked as unscanned")
        return ScanVerdict.UNSCANNED
