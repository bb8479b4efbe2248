"""Stored files that hold the person. Never inside a scope."""

from __future__ import annotations

import io
from typing import Final
from uuid import UUID

from mainstay.core.storage.files import NewFile, open_stored, save
from mainstay.people.privacy.ports import Look, Person
from mainstay.people.privacy.rules import needles, redactor

_ENCODINGS: Final = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")


def holds(content: bytes, person: Person) -> bool:
    """The address or the full name, as bytes in one of the usual encodings."""
    redact = redactor(email=person.email, name=person.name)
    return any(redact(text) != text for text in _readings(content, person))


def _readings(content: bytes, person: Person) -> list[str]:
    sought = needles(email=person.email, name=person.name)
    found = [content.decode(encoding, "replace") for encoding in _ENCODINGS]
    return [text for text in found if any(needle in text.lower() for needle in sought)]


def without_person(tenant_id: UUID, look: Look, person: Person) -> tuple[bool, NewFile | None]:
    """Whether the file holds the person, and a stored copy without, where it is a text."""
    try:
        content = b"".join(open_stored(look.storage_key))
    except FileNotFoundError:
        return False, None
    if not holds(content, person):
        return False, None
    text = _text(content)
    if look.is_whole or text is None:
        return True, None
    left = redactor(email=person.email, name=person.name)(text)
    return True, save(tenant_id, look.filename, io.BytesIO(left.encode()), limit=len(content) * 4)


def _text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
