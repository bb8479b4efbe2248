"""One-line texts from outside (subjects, names, file names) made fit to show and to store."""

import re
import unicodedata

# Controls, soft hyphen, bidirectional overrides and isolates, zero-width and invisible characters, tags:
# they let one text look like another ("exe.gpj" for "jpg.exe").
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Joiners matter inside emoji and in Persian or Indic words, and only there.
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f\\s])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\\s])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)", re.I)


def storable(text: str) -> str:
    """Text that UTF-8 can encode and PostgreSQL accepts."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def clean_line(text: str, limit: int = 300) -> str:
    # Cut generously before the expensive part: a header may be megabytes long.
    text = storable(text[: limit * 8 + 1000])
    text = _REMOVED.sub("", text)
    text = " ".join(text.split())
    if not text.isascii():
        text = _STRAY_JOINER.sub("", text).strip()
    if len(text) <= limit:
        return text
    cut = text[: max(limit - 1, 0)]
    while cut and unicodedata.combining(cut[-1]):
        cut = cut[:-1]
    return (cut.rstrip() + "…")[:limit]


def safe_filename(name: str, limit: int = 120) -> str:
    """The last path component, without anything a file system or a header would trip over."""
    name = unicodedata.normalize("NFC", storable(name[:4000]))
    name = clean_line(name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1], 4000)
    name = re.sub(r'[<>:"|?*%;]', "_", name).strip(". ")
    if _RESERVED.match(name):
        name = "_" + name
    if len(name) > limit:
        stem, dot, ending = name.rpartition(".")
        ending = (dot + ending) if stem and len(ending) <= 16 else ""
        name = name[: limit - len(ending)].rstrip(". ") + ending
    return name or "attachment"
