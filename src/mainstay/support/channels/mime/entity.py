"""Splits bytes into header blocks and parts. Knows nothing of what parts mean."""

import binascii
import re
from dataclasses import dataclass, field

from mainstay.support.channels.mime.mail import Limits
from mainstay.support.channels.mime.words import Parameters, lenient_base64, parse_parameters

_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_GUESSED_BOUNDARY = re.compile(
    rb"(?:[^\n]{0,200}\n){0,10}?--([^\s][^\r\n]{0,100}?)[ \t]*\r?\n(?=[Cc]ontent-)"
)


@dataclass(slots=True)
class Entity:
    raw: bytes = field(repr=False)
    headers: list[tuple[str, bytes]]
    start: int  # of the body
    end: int
    type: Parameters = field(default_factory=lambda: Parameters("text/plain"))

    def first(self, name: str) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def encoding(self) -> str:
        value = (self.first("content-transfer-encoding") or b"").split(b";")[0].split(b"(")[0]
        return value.decode("ascii", "replace").strip(" \t\r\n\"'").lower()


def read_entity(raw: bytes, start: int, end: int, limits: Limits, defects: set[str], default: str) -> Entity:
    headers, body = read_headers(raw, start, end, limits, defects)
    entity = Entity(raw, headers, body, end)
    declared = entity.first("content-type")
    entity.type = parse_parameters(declared) if declared else Parameters(default)
    if not _TYPE.fullmatch(entity.type.value):
        if declared:
            defects.add("content_type_broken")
        # RFC 2045 says text; some programs write just "text" or "multipart".
        entity.type.value = "multipart/mixed" if entity.type.params.get("boundary") else "text/plain"
    return entity


def read_headers(
    raw: bytes, start: int, end: int, limits: Limits, defects: set[str]
) -> tuple[list[tuple[str, bytes]], int]:
    """The headers as (lower-case name, folded value), and where the body begins."""
    headers: list[tuple[str, bytes]] = []
    at, value_start, name = start, start, ""

    def keep(until: int) -> None:
        if name and len(headers) < limits.headers:
            headers.append((name, raw[value_start:until].rstrip(b"\r\n")))

    while at < end:
        stop = raw.find(b"\n", at, end) + 1 or end
        first = raw[at]
        if first in b"\r\n" and not raw[at:stop].strip(b"\r\n"):
            keep(at)
            return headers, stop
        if at - start > limits.header_bytes:
            defects.add("headers_too_long")
            keep(min(at, value_start + limits.header_bytes))
            return headers, _after_blank_line(raw, at, end)
        match = None if first in b" \t" else _HEADER.match(raw, at, stop)
        if match:
            keep(at)
            name, value_start = match[1].decode("ascii").lower(), match.end()
        elif first not in b" \t" or not name:
            if not name and (raw.startswith((b"From ", b">From "), at) or not raw[at:stop].strip()):
                pass  # an mbox separator or leading blank space
            elif not _header_follows(raw, stop, end):
                defects.add("blank_line_missing")
                keep(at)
                return headers, at
            else:
                defects.add("header_broken")
        at = stop
    keep(end)
    return headers, end


def _after_blank_line(raw: bytes, at: int, end: int) -> int:
    ends = [(raw.find(mark, at, end), len(mark)) for mark in (b"\r\n\r\n", b"\n\n")]
    return min((place + length for place, length in ends if place >= 0), default=end)


def _header_follows(raw: bytes, at: int, end: int) -> bool:
    match = _HEADER.match(raw, at, end)
    return match is not None and (
        b"-" in match[1] or match[1].lower() in (b"subject", b"from", b"to", b"date")
    )


def multipart_children(entity: Entity, limits: Limits, defects: set[str]) -> list[tuple[int, int]]:
    """Where the parts begin and end; empty when no boundary is found."""
    boundary = entity.type.params.get("boundary", "").strip().encode("utf-8", "surrogateescape")
    found = _split(entity, boundary, limits, defects) if boundary else []
    if not found:
        # Only what looks like a boundary followed by a part's header is taken for one.
        guess = _GUESSED_BOUNDARY.match(entity.raw[entity.start : min(entity.end, entity.start + 10_000)])
        if guess:
            defects.add("boundary_wrong")
            found = _split(entity, guess[1], limits, defects)
    return found


def _split(entity: Entity, boundary: bytes, limits: Limits, defects: set[str]) -> list[tuple[int, int]]:
    raw, end = entity.raw, entity.end
    marker = b"--" + boundary[:1000]
    parts: list[tuple[int, int]] = []
    part_start, at = -1, entity.start
    while True:
        at = raw.find(marker, at, end)
        if at < 0:
            break
        after = at + len(marker)
        line_end = raw.find(b"\n", after, end) + 1 or end
        closing = raw.startswith(b"--", after)
        # Another part's longer boundary may begin with this one.
        tail = raw[after : min(line_end, after + 1000)].strip()
        if (at != entity.start and raw[at - 1] != 10) or tail not in (b"", b"--"):
            at = after
            continue
        if part_start >= 0:
            cut = at - 1 - (raw[at - 2 : at - 1] == b"\r")
            parts.append((part_start, max(cut, part_start)))
        part_start = -1 if closing else line_end
        if closing:
            return parts
        if len(parts) > limits.parts:
            defects.add("too_many_parts")
            return parts
        at = line_end
    if part_start >= 0:
        defects.add("boundary_unclosed")
        parts.append((part_start, end))
    return parts


def body_bytes(entity: Entity, defects: set[str]) -> bytes:
    """The body with its transfer encoding undone as far as it can be."""
    data, encoding = entity.raw[entity.start : entity.end], entity.encoding
    if encoding in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"):
        return data
    if encoding in ("base64", "base-64"):
        return lenient_base64(data)
    if encoding in ("quoted-printable", "quotedprintable"):
        return quoted_printable(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return data
    defects.add("encoding_unknown")
    return data


def quoted_printable(data: bytes) -> bytes:
    # Trailing space on a line is padding by mail servers.
    if b" \r\n" in data or b" \n" in data or b"\t\r\n" in data:
        data = b"\n".join(line.rstrip(b" \t\r") for line in data.split(b"\n"))
    return binascii.a2b_qp(data)
