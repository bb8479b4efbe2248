"""The bytes of a file to import: looked at and stored outside of any scope, since both wait for a disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final
from uuid import UUID

from mainstay.core.errors import Invalid, TooLarge
from mainstay.core.storage.files import NewFile, save
from mainstay.core.storage.stores import CHUNK
from mainstay.integrations.imports.actions.prepare import unreadable
from mainstay.integrations.imports.queries import size_limit
from mainstay.integrations.imports.rules.reading import Found, Unreadable, look_at

_OPERATORS: Final = UUID(int=0)
"""Where the operator's own files are kept; a customer's stand under the customer's id."""


@dataclass(frozen=True, slots=True)
class TakenFile:
    file: NewFile
    found: Found


class _Chunks:
    """The file from its beginning, each time it is asked for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        self._stream.seek(0)
        while chunk := self._stream.read(CHUNK):
            yield chunk


def take_file(tenant_id: UUID | None, filename: str, stream: BinaryIO) -> TakenFile:
    """What cannot be read as rows is refused before it is stored."""
    try:
        found = look_at(_Chunks(stream))
    except Unreadable as problem:
        raise unreadable(problem) from problem
    stream.seek(0)
    try:
        stored = save(tenant_id or _OPERATORS, filename, stream, limit=size_limit())
    except TooLarge as problem:
        raise Invalid(fields={"file": [problem.detail]}) from problem
    return TakenFile(stored, found)
