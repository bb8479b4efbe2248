"""What an IMAP server says about a mail before it is fetched whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from typing import Any

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
HEADERS = "MESSAGE-ID FROM SUBJECT"


@dataclass(frozen=True, slots=True)
class Head:
    uid: int
    size: int
    arrived_at: datetime | None
    header_id: str
    sender: str
    subject: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One message's part of the answer to a FETCH."""

    uid: int
    attributes: bytes
    literal: bytes | None


def answers(data: Iterable[Any]) -> list[Answer]:
    """imaplib hands on `(attributes, literal)` pairs, each followed by what comes after the literal, and plain
    bytes where there was none. Servers put the UID before or after, and slip in news of other messages."""
    found: list[Answer] = []
    before, literal = b"", None
    for part in [*data, b")"]:
        if isinstance(part, tuple):
            before, literal = bytes(part[0]), bytes(part[1])
            continue
        said = before + b" " + (part if isinstance(part, bytes) else b"")
        uid = _UID.search(said)
        if uid:
            found.append(Answer(int(uid[1]), said, literal))
        before, literal = b"", None
    return found


def read_head(answer: Answer) -> Head:
    size, arrived = _SIZE.search(answer.attributes), _ARRIVED.search(answer.attributes)
    headers = message_from_bytes(answer.literal or b"", policy=policy.compat32)
    return Head(
        uid=answer.uid,
        size=int(size[1]) if size else 0,
        arrived_at=_moment(arrived[1]) if arrived else None,
        header_id=_line(headers.get("Message-ID")).strip("<> ")[:998],
        sender=_line(headers.get("From"))[:320],
        subject=_line(headers.get("Subject"))[:300],
    )


def _moment(text: bytes) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.decode("ascii", "replace").strip().replace("-", " "))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _line(value: Any) -> str:
    """For people to recognise the mail by; never an error."""
    if value is None:
        return ""
    try:
        text = str(make_header(decode_header(str(value))))
    except (ValueError, LookupError):
        text = str(value)
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.encode("utf-8", "replace").decode().split())
