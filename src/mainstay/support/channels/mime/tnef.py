"""winmail.dat: Outlook's own envelope (MS-OXTNEF), read in linear time and within limits.

The known library copies the rest of the data for each attribute and raises on damaged input.
"""

import struct
from dataclasses import dataclass, field

from mainstay.core.text.headers import storable
from mainstay.support.channels.mime import rtf
from mainstay.support.channels.mime.charsets import decode

SIGNATURE = 0x223E9F78
MAX_FILES = 300
MAX_PROPERTIES = 5000
MAX_NESTING = 3

_BODY, _ATTACH_TITLE, _ATTACH_DATA = 0x800C, 0x8010, 0x800F
_ATTACH_START, _MESSAGE_PROPS, _ATTACH_PROPS, _CODEPAGE = 0x9002, 0x9003, 0x9005, 0x9007
_PR_BODY, _PR_HTML, _PR_RTF, _PR_CPID = 0x1000, 0x1013, 0x1009, 0x3FDE
_PR_DATA, _PR_FILENAME, _PR_LONG_FILENAME, _PR_CONTENT_ID, _PR_DISPLAY = (
    0x3701,
    0x3704,
    0x3707,
    0x3712,
    0x3001,
)
_FIXED = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT = 0x1E, 0x1F, 0x0D
_VARIABLE = frozenset((_STRING, _UNICODE, _OBJECT, 0x102))


@dataclass(slots=True)
class Opened:
    text: str | None = None
    html: str | None = None
    files: list[tuple[str, bytes, str | None]] = field(default_factory=list)  # name, content, content id


@dataclass(slots=True)
class _File:
    name: str = ""
    content: bytes = b""
    content_id: str | None = None
    is_message: bool = False


def open_tnef(data: bytes, max_bytes: int, nesting: int = 0) -> Opened | None:
    """None when it is not TNEF or too large to open; damaged content gives what could be read."""
    if len(data) > max_bytes or len(data) < 6 or struct.unpack_from("<I", data)[0] != SIGNATURE:
        return None
    opened, files = Opened(), list[_File]()
    codepage, rich = "cp1252", b""
    at = 6
    while at + 11 <= len(data) and len(files) <= MAX_FILES:
        _level, name, _type, length = struct.unpack_from("<BHHI", data, at)
        value = data[at + 9 : at + 9 + length]
        at += 9 + length + 2
        if name == _CODEPAGE and length >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _BODY and not opened.text:
            opened.text = _string(value, codepage)
        elif name == _MESSAGE_PROPS:
            rich = _read_message(_properties(value), codepage, opened) or rich
        elif name == _ATTACH_START:
            files.append(_File())
        elif files:
            _read_file(files[-1], name, value, codepage)
    if not (opened.text or "").strip() and not opened.html and rich:
        opened.text = rtf.to_text(rtf.decompress(rich))
    for file in files[:MAX_FILES]:
        _keep(file, opened, max_bytes, nesting)
    return opened


def _read_message(props: dict[int, tuple[int, bytes]], codepage: str, opened: Opened) -> bytes:
    if _PR_BODY in props:
        opened.text = _typed(props[_PR_BODY], codepage)
    if _PR_HTML in props:
        number = props.get(_PR_CPID, (0, b""))[1]
        page = struct.unpack_from("<I", number)[0] if len(number) >= 4 else 0
        label = {65001: "utf-8", 20127: "ascii", 28591: "iso-8859-1", 20866: "koi8-r"}.get(page, f"cp{page}")
        opened.html = decode(props[_PR_HTML][1], label if page else codepage)[0]
    return props.get(_PR_RTF, (0, b""))[1]


def _read_file(file: _File, name: int, value: bytes, codepage: str) -> None:
    if name == _ATTACH_TITLE:
        file.name = file.name or _string(value, codepage)
    elif name == _ATTACH_DATA:
        file.content = value
    elif name == _ATTACH_PROPS:
        props = _properties(value)
        for key in (_PR_DISPLAY, _PR_FILENAME, _PR_LONG_FILENAME):
            if key in props:
                file.name = _typed(props[key], codepage) or file.name
        if _PR_CONTENT_ID in props:
            file.content_id = _typed(props[_PR_CONTENT_ID], codepage).strip("<> ") or None
        if _PR_DATA in props:
            kind, content = props[_PR_DATA]
            # Objects carry the id of their interface first.
            file.content = content[16:] if kind == _OBJECT else content
            file.is_message = kind == _OBJECT


def _keep(file: _File, opened: Opened, max_bytes: int, nesting: int) -> None:
    inner = None
    if file.is_message and nesting < MAX_NESTING:
        inner = open_tnef(file.content, max_bytes, nesting + 1)
    if inner is None:
        if file.content:
            opened.files.append((file.name, file.content, file.content_id))
        return
    if inner.html or inner.text:
        ending, words = (".html", inner.html) if inner.html else (".txt", inner.text)
        opened.files.append(((file.name or "message") + ending, (words or "").encode(), None))
    opened.files.extend(inner.files)


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """MAPI properties by id: the type and the first value's bytes."""
    found: dict[int, tuple[int, bytes]] = {}
    try:
        count = min(struct.unpack_from("<I", data)[0], MAX_PROPERTIES)
        at = 4
        for _ in range(count):
            kind, ident = struct.unpack_from("<HH", data, at)
            at += 4
            if ident >= 0x8000:
                at = _skip_name(data, at)
            value, at = _value(data, at, kind)
            found.setdefault(ident, (kind & 0x0FFF, value))
    except struct.error:
        pass  # cut off: what was read so far counts
    return found


def _skip_name(data: bytes, at: int) -> int:
    by_string = struct.unpack_from("<I", data, at + 16)[0]
    if not by_string:
        return at + 24
    length = struct.unpack_from("<I", data, at + 20)[0]
    return int(at + 24 + length + (-length % 4))


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    several, base = bool(kind & 0x1000), kind & 0x0FFF
    count = 1
    if several or base in _VARIABLE:
        count = struct.unpack_from("<I", data, at)[0]
        at += 4
    first = b""
    for number in range(min(count, 10_000)):
        if base in _VARIABLE:
            size = struct.unpack_from("<I", data, at)[0]
            at += 4
        else:
            size = _FIXED.get(base, 4)
        if at > len(data):
            raise struct.error
        if number == 0:
            first = data[at : at + size]
        at += size + (-size % 4)
    return first, at


def _typed(value: tuple[int, bytes], codepage: str) -> str:
    kind, data = value
    return (
        storable(data.decode("utf-16-le", "replace")).strip() if kind == _UNICODE else _string(data, codepage)
    )


def _string(data: bytes, codepage: str) -> str:
    return decode(data.split(b"\0")[0], codepage)[0].strip()
