"""What is done with the personal data of one person, and who may ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from mainstay.core.actor import Permission, Role


class RequestKind(StrEnum):
    EXPORT = "export"
    ERASURE = "erasure"


class RequestState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Wording(StrEnum):
    """What becomes of the words that the person wrote to others."""

    KEPT = "kept"
    """They stay without the person: address and name are taken out of them."""
    ERASED = "erased"


class Fate(StrEnum):
    """What an erasure does with a column that may hold something about the person."""

    ROW_REMOVED = "row removed"
    CLEARED = "cleared"
    REPLACED = "address and name replaced"
    WORDING = "address and name replaced, or cleared with the wording"
    KEPT = "kept"


EXPORT_PERSON: Final = Permission(
    "people.export",
    frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER}),
)
"""Of somebody else; everybody may ask for their own."""
ERASE_PERSON: Final = Permission(
    "people.erase",
    frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER}),
)

KEPT_FOR: Final = timedelta(days=7)
"""How long an export can be fetched."""
ERASED: Final = "[…]"
"""Stands where words were; the same in every language."""
_SHORTEST_NAME: Final = 5


def erased_address(member_id: UUID) -> str:
    return f"erased-{member_id.hex}@erased.invalid"


def redactor(*, email: str, name: str) -> Callable[[str], str]:
    """Takes the address and the full name out of a text, however they are cased or spaced.

    A single short word is no name that could be looked for: "Ana" stands in "Banana" and in "analysis".
    """
    sought = [rf"(?<![\w.+-]){re.escape(email)}(?![\w-])"] if email else []
    words = name.split()
    if len(words) > 1 or len(name.strip()) >= _SHORTEST_NAME:
        spaced = r"\s+".join(map(re.escape, words))
        sought.append(rf"(?<!\w){spaced}(?!\w)")
    if not sought:
        return lambda text: text
    pattern = re.compile("|".join(sought), re.IGNORECASE)
    return lambda text: pattern.sub(ERASED, text)
