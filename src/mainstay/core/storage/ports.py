"""Where bytes are kept, and who looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

from mainstay.core.storage.rules import ScanVerdict


class Store(Protocol):
    def put(self, key: str, stream: BinaryIO) -> None:
        """Returns when the bytes are durable, all of them; a key is never half there."""

    def open(self, key: str) -> Iterator[bytes]:
        """Raises FileNotFoundError before the first chunk."""

    def delete(self, key: str) -> None: ...

    def older_than(self, before: datetime) -> Iterator[str]: ...


class Scanner(Protocol):
    def scan(self, stream: BinaryIO) -> ScanVerdict:
        """Called before the file is stored. Raise where no verdict could be had: the file stays unscanned."""
