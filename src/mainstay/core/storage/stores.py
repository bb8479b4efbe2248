"""A directory, or a bucket of an S3-compatible service."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import NotFoundError

from mainstay.core.storage.ports import Store

CHUNK = 256 * 1024


class DirectoryStore:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, stream: BinaryIO) -> None:
        path = self._root / key
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                while chunk := stream.read(CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        for directory in (path.parent, path.parent.parent, self._root):
            _sync_directory(directory)

    def open(self, key: str) -> Iterator[bytes]:
        return _Chunks((self._root / key).open("rb"))

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def older_than(self, before: datetime) -> Iterator[str]:
        for path in self._root.glob("*/*/*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                yield path.relative_to(self._root).as_posix()


class BucketStore:
    """What obstore reaches: S3 and what speaks like it."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def put(self, key: str, stream: BinaryIO) -> None:
        obstore.put(self._store, key, stream)

    def open(self, key: str) -> Iterator[bytes]:
        try:
            found = obstore.get(self._store, key)
        except (NotFoundError, FileNotFoundError) as missing:
            raise FileNotFoundError(key) from missing
        return (bytes(chunk) for chunk in found.stream(min_chunk_size=CHUNK))

    def delete(self, key: str) -> None:
        obstore.delete(self._store, key)

    def older_than(self, before: datetime) -> Iterator[str]:
        for batch in obstore.list(self._store):
            for entry in batch:
                if entry["last_modified"] < before:
                    yield entry["path"]


def store_for(url: str, *, access_key: str = "", secret_key: str = "") -> Store:
    """`file:///directory` or `s3://bucket/prefix?endpoint=https://…&region=…`."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return DirectoryStore(Path(unquote(parts.path)))
    query = dict(parse_qsl(parts.query))
    endpoint = query.get("endpoint", "")
    return BucketStore(
        obstore.store.S3Store(
            parts.netloc,
            prefix=unquote(parts.path).strip("/") or None,
            config={
                "region": query.get("region", "us-east-1"),
                "access_key_id": access_key,
                "secret_access_key": secret_key,
                **({"endpoint": endpoint} if endpoint else {}),
            },
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            # Somebody waits for the upload; a bucket that is away is said to be away.
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
        )
    )


class _Chunks:
    """Not a generator: closing one that was never begun would leave the file open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._file.closed and (chunk := self._file.read(CHUNK)):
            return chunk
        self.close()
        raise StopIteration

    def close(self) -> None:
        self._file.close()


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
