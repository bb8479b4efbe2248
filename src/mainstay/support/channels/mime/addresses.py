"""Addresses out of header values that were written by every mail program there ever was."""

import re
from dataclasses import dataclass

from mainstay.core.text.headers import clean_line
from mainstay.support.channels.mime.words import header_text, unfold

MAX_ADDRESSES = 2000
MAX_BYTES = 256_000
_EMAIL = re.compile(r"[^\s<>\"'(),:;@\[\]\\]+@[^\s<>\"'(),:;@\\]+")
_QUOTED_LOCAL = re.compile(r'"[^"@]{1,64}"@[^\s<>"(),:;@\\]+')
_PIECE = re.compile(
    rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|\((?:[^()\\]|\\.)*+(?:\)|\Z)|<[^<>]*+>|[,;]|[^",;<(]++|.', re.S
)
_LOOSE_DOT = re.compile(r"[ \t]*([.@])[ \t]*")  # the obsolete syntax allows space there
_COMMENT = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    email: str  # the domain in lower case; the local part as written

    @property
    def key(self) -> str:
        """What to compare by."""
        return self.email.lower()

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


def parse_addresses(raw: bytes, hint: str | None = None) -> tuple[Address, ...]:
    found: list[Address] = []
    held = b""
    for item in _split(unfold(raw[:MAX_BYTES])):
        address = _parse_one(held + item, hint)
        if address is None:
            # "Doe, Ana <ana@acme.example>" without quotes: the comma was part of the name.
            held = (held + item.rstrip() + b", ")[-2000:] if item.strip() and b"@" not in item else b""
            continue
        held = b""
        found.append(address)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)


def _split(raw: bytes) -> list[bytes]:
    items: list[bytes] = []
    current: list[bytes] = []
    for match in _PIECE.finditer(raw):
        piece = match[0]
        if piece in (b",", b";"):
            items.append(b"".join(current))
            current = []
        else:
            current.append(piece)
    items.append(b"".join(current))
    return items


def _parse_one(item: bytes, hint: str | None) -> Address | None:
    item = item.strip()
    if not item:
        return None
    start, end = item.rfind(b"<"), item.rfind(b">")
    if start >= 0:
        inner = item[start + 1 : end if end > start else len(item)]
        written = _COMMENT.sub("", header_text(inner)).strip()
        email = find_email(_LOOSE_DOT.sub(r"\1", written) if "@" in written else written)
        if email:
            return Address(_name(item[:start], email, hint), email)
    # No brackets, or nothing useful in them: the address may stand free, or inside an encoded word.
    text = header_text(item, hint)
    email = find_email(text)
    if email is None:
        return None
    comment = _COMMENT.search(text)
    before = text.split(email.split("@")[0])[0].rpartition(":")[2].strip(" <\"'")
    return Address(clean_line(comment[1] if comment else before, 200), email)


def without_detail(email: str) -> str:
    """`support+token@acme.example` is the mailbox `support@acme.example`."""
    local, at, domain = email.rpartition("@")
    return (local.partition("+")[0] or local) + at + domain


def find_email(text: str) -> str | None:
    text = text[:2000]
    match = _EMAIL.search(text) or _QUOTED_LOCAL.search(text)
    if match is None:
        return None
    local, _, domain = match[0].rpartition("@")
    local, domain = clean_line(local, 200), clean_line(domain.strip(".").lower(), 255)
    if not local or not domain:
        return None
    return f"{local}@{domain}"


def _name(raw: bytes, email: str, hint: str | None) -> str:
    text = header_text(raw, hint).strip()
    group = re.match(r"[^\"@:]{1,80}:\s*", text)
    if group and not text.startswith('"') and "=?" not in text:
        text = text[group.end() :]
    text = text.strip().strip(",").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    text = re.sub(r"\\(.)", r"\1", text) if "\\" in text else text
    # An encoded word inside quotes is not allowed and common.
    if "=?" in text:
        text = header_text(text.encode("utf-8", "replace"))
    name = clean_line(text, 200).strip("\"' ")
    return "" if name.lower() == email.lower() else name
