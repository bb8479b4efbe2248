"""What each room says about the personal data that it keeps: what it is, how it is handed out, how it goes.

A room with such data has a `personal.py` with its keeper; `project/wiring.py` plugs all of them in. A test walks
every column of every table: each is in one keeper's `columns`, or said to hold nothing about a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from mainstay.core.storage.files import NewFile
from mainstay.people.privacy.rules import Fate, Wording


@dataclass(frozen=True, slots=True)
class Person:
    """As they were when it was asked for: an erasure that was interrupted still knows whom to look for."""

    tenant_id: UUID
    member_id: UUID
    email: str
    name: str
    by_operator: bool = False
    """Who asks, and will read an export: the operator does not read what is the customer's own."""
    is_proven: bool = True
    """The address is theirs and nobody else's, as far as is known. A customer's administrators may add a contact under
    any address and name: without a proof nothing outside of the customer is the contact's."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One JSON file of an export."""

    name: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StoredFile:
    path: str
    """In the archive."""
    storage_key: str


@dataclass(frozen=True, slots=True)
class RawFile:
    path: str
    content: bytes


Part = Rows | StoredFile | RawFile


@dataclass(frozen=True, slots=True)
class Look:
    """A stored file that may hold the person: read outside of any transaction."""

    storage_key: str
    filename: str
    is_whole: bool = False
    """Nothing can be taken out of it: it goes, or stays as it is."""


@dataclass(frozen=True, slots=True)
class Erased:
    rows: int
    storage_keys: tuple[str, ...] = ()
    """Files that nothing names any more; their bytes are removed after the commit."""
    go_on_after: str = ""
    """There is more of it: ask again with this, in another transaction."""
    look_into: tuple[Look, ...] = ()


class Keeper(Protocol):
    """A room's share. Both are called in a sweep of their own, since a person's traces stand on both sides of
    the wall; both take the tenant from the person, never more."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> Mapping[str, Fate]:
        """`table.column` → what an erasure does with it."""

    def collect(self, person: Person) -> Iterable[Part]: ...

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """From the beginning again after it was interrupted; what is done then stays as it is."""

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        """A file of `look_into` does hold the person. `instead` is what is left of it, or nothing is. False: it
        stays as it is."""


_keepers: list[Keeper] = []


def plug_keepers(found: Sequence[Keeper]) -> None:
    """In the order in which an erasure goes through them; who the person is goes last."""
    _keepers[:] = found


def keepers() -> Sequence[Keeper]:
    return tuple(_keepers)
