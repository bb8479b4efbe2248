"""Header values as text: unfolding, encoded words (RFC 2047), parameters (RFC 2231)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mainstay.support.channels.mime.charsets import decode

MAX_VALUE = 16_000
MAX_PARAMETERS = 30
_WORD = re.compile(rb"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?((?:[^?=]|=(?!\?(?!=))|\?(?!=))*+)\?=")
_BETWEEN = re.compile(rb"[ \t\r\n]*\Z")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_STRAY_BREAK = re.compile(rb"[\r\n]+")
_PARAM = re.compile(
    rb";\s*([^\s=;]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*+)(?:\"|\Z)|([^;]*))|;\s*([^;=]*)(?=;|\Z)", re.S
)
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*)?)?\Z")


def unfold(value: bytes) -> bytes:
    if b"\n" not in value and b"\r" not in value:
        return value
    return _STRAY_BREAK.sub(b" ", _FOLD.sub(b"", value))


def header_text(value: bytes, hint: str | None = None) -> str:
    """A header's value decoded; broken encoded words stay as they came. `hint`: the body's character set."""
    value = unfold(value[:MAX_VALUE]).strip()
    if b"=?" not in value:
        return decode(value, None, hint)[0]
    parts: list[str] = []
    pending, charset, at = b"", "", 0
    for match in _WORD.finditer(value):
        between = value[at : match.start()]
        label = match[1].decode("ascii", "replace")
        # Space between encoded words is not text. Bytes of neighbours in one character set are joined
        # before decoding, since senders split words inside characters.
        if not pending or not _BETWEEN.match(between) or label.lower() != charset:
            parts.append(decode(pending, charset)[0])
            pending, charset = b"", label.lower()
            if at == 0 or not _BETWEEN.match(between):
                parts.append(decode(between, None, hint)[0])
        pending += _word_bytes(match[2], match[3])
        at = match.end()
    parts.append(decode(pending, charset)[0])
    parts.append(decode(value[at:], None, hint)[0])
    return "".join(parts)


def _word_bytes(encoding: bytes, payload: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(payload.replace(b"_", b" "), header=False) if payload else b""
    return lenient_base64(payload)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"=+")


def lenient_base64(data: bytes) -> bytes:
    """Decodes what can be decoded: foreign characters, missing padding, several runs one after another."""
    padding = data.find(b"=")
    if padding < 0 or (padding > len(data) - 80 and not data[padding:].strip(b"= \t\r\n")):
        try:
            return binascii.a2b_base64(data)
        except ValueError:
            pass
    runs = _PADDING.split(_NOT_BASE64.sub(b"", data.replace(b"-", b"+").replace(b"_", b"/")), maxsplit=1000)
    out = []
    for run in runs:
        usable = len(run) - (1 if len(run) % 4 == 1 else 0)
        out.append(base64.b64decode(run[:usable] + b"=" * (-usable % 4)))
    return b"".join(out)


@dataclass(slots=True)
class Parameters:
    value: str
    params: dict[str, str] = field(default_factory=dict)


def parse_parameters(raw: bytes) -> Parameters:
    """`text/plain; charset="utf-8"` and the like, with continuations, percent encoding, encoded words."""
    raw = unfold(raw[:MAX_VALUE]).strip()
    head, semicolon, _ = raw.partition(b";")
    result = Parameters(decode(head.split(b" ")[0] if head else b"", None)[0].strip().lower())
    plain: dict[str, bytes] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for match in _PARAM.finditer(raw, len(head)) if semicolon else ():
        if match[1] is None:
            continue
        if len(plain) + len(pieces) >= MAX_PARAMETERS:
            break
        key = match[1].decode("ascii", "replace").lower()
        value = re.sub(rb"\\(.)", rb"\1", match[2], flags=re.S) if match[2] is not None else match[3].strip()
        continued = _CONTINUED.match(key)
        if continued:
            index, encoded = int(continued[2] or 0), continued[2] is None or bool(continued[3])
            pieces.setdefault(continued[1], {})[index] = (value.strip(b'"'), encoded)
        else:
            plain.setdefault(key, value.strip(b'"'))
    result.params = {key: header_text(value) for key, value in plain.items()}
    for key, parts in pieces.items():
        result.params[key] = _join_pieces(parts)
    return result


def _join_pieces(parts: dict[int, tuple[bytes, bool]]) -> str:
    charset: str | None = None
    out = b""
    for place, index in enumerate(sorted(parts)):
        value, encoded = parts[index]
        if encoded:
            if place == 0 and value.count(b"'") >= 2:
                label, _, value = value.split(b"'", 2)
                charset = label.decode("ascii", "replace") or None
            value = unquote_to_bytes(value)
        out += value
    return header_text(out) if charset is None else decode(out, charset)[0]
