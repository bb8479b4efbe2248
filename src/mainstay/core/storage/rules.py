"""Names and kinds of files: what an uploader says is never believed."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final
from uuid import UUID

NAME_LIMIT: Final = 200
HEAD_SIZE: Final = 512
"""How much of a file's beginning `sniff` wants to see."""
_SAFE_INLINE: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_KEY = re.compile(r"[0-9a-f-]{36}/[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f-]{36}")

_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBPVP8", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-elf"),
)
# Containers hold several kinds; only there the name may say which.
_WITHIN: Final[dict[str, dict[str, str]]] = {
    "application/zip": {
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation",
    },
    "application/x-ole-storage": {
        "doc": "application/msword",
        "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint",
        "msg": "application/vnd.ms-outlook",
    },
    "text/plain": {"csv": "text/csv", "json": "application/json", "eml": "message/rfc822"},
}


class ScanVerdict(StrEnum):
    UNSCANNED = "unscanned"
    CLEAN = "clean"
    INFECTED = "infected"


def sniff(head: bytes, filename: str = "") -> str:
    """The content type by the first bytes. Markup of any kind is plain text here: nothing is ever rendered."""
    found = next((kind for at, magic, kind in _MAGIC if head[at : at + len(magic)] == magic), None)
    if found == "image/webp" and head[:4] != b"RIFF":
        found = None
    kind = found or ("text/plain" if _is_text(head) else "application/octet-stream")
    extension = filename.rpartition(".")[2].lower()
    return _WITHIN.get(kind, {}).get(extension, kind)


def may_show_inline(content_type: str) -> bool:
    return content_type in _SAFE_INLINE


def clean_filename(name: str) -> str:
    """The last part of the path, without what could hide an extension or break a line; never empty."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = re.split(r"[/\\]", name)[-1]
    # Controls, surrogates, private use, and formats: among these the marks that turn text around.
    name = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in name)
    name = " ".join(name.split()).strip(". ")
    if len(name) > NAME_LIMIT:
        stem, dot, extension = name.rpartition(".")
        ending = f"{dot}{extension}" if stem and len(extension) <= 10 else ""
        name = (name[: NAME_LIMIT - len(ending)].rstrip(". ") + ending) if ending else name[:NAME_LIMIT]
    return name or "file"


def storage_key(tenant_id: UUID, sha256: str, unique: UUID) -> str:
    """By tenant and content, yet one for each upload: no row shares its bytes with another, so that erasing
    one never takes another's, and the sweep of orphans needs no lock."""
    return f"{tenant_id}/{sha256[:2]}/{sha256}-{unique}"


def is_storage_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # A character cut in two by our own cut.
        return len(head) == HEAD_SIZE and error.start > len(head) - 4
    return True
