"""Bytes to text whatever the sender called the character set."""

import codecs
import re

from charset_normalizer import from_bytes

from mainstay.core.text.headers import storable

_ALIASES = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb18030-2022": "gb18030", "cp936": "gb18030",
    "hz": "hz", "euc-cn": "gb18030", "big5": "big5hkscs", "big5-eten": "big5hkscs", "x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "euc-kr": "cp949", "x-euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "iso-2022-jp-ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext", "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-1": "iso2022_jp_ext",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-8-i": "iso8859_8", "iso-8859-8-e": "iso8859_8", "iso-8859-6-i": "iso8859_6",
    "iso-8859-11": "cp874", "windows-874": "cp874", "tis-620": "cp874", "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8", "utf-8-bom": "utf-8", "utf8": "utf-8", "utf": "utf-8",
    "cp-850": "cp850", "ansi_x3.4-1968": "ascii", "us-ascii": "ascii", "ascii": "ascii", "iso646-us": "ascii",
    "koi8": "koi8_r", "win-1251": "cp1251", "x-cp1251": "cp1251", "x-cp1252": "cp1252", "ansi": "cp1252",
}  # fmt: skip
# Codecs that are not character sets, are quadratic, or interpret escapes.
_REFUSED = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"))
_SAMPLE = 3000
_LATIN = frozenset(("cp1252", "ascii", "latin-1", "cp1254"))
_UTF7 = re.compile(rb"\+[A-Za-z0-9+/]{3,}-?")


def codec_name(label: str | None) -> str | None:
    if not label:
        return None
    key = label.strip().strip("\"'").lower()[:40]
    key = _ALIASES.get(key, key)
    if key.startswith(("windows-", "windows_", "cp-", "win-")):
        key = "cp" + re.sub(r"\D", "", key)
    try:
        info = codecs.lookup(key)
    except (LookupError, ValueError):
        return None
    return None if info.name.replace("-", "_") in _REFUSED or not info._is_text_encoding else info.name


def decode(data: bytes, label: str | None, hint: str | None = None) -> tuple[str, str | None]:
    """Text without anything UTF-8 or PostgreSQL refuses, and what was wrong (a defect's code) or None.

    `hint` is tried when there is no label and the bytes are not UTF-8.
    """
    text, defect = _decode(data, codec_name(label), label, hint)
    if text.startswith("\ufeff"):
        text = text[1:]
    clean = storable(text)
    if len(clean) != len(text):
        defect = "nul_removed"
    return clean, defect


def _decode(data: bytes, codec: str | None, label: str | None, hint: str | None) -> tuple[str, str | None]:
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8", "replace"), None
    if codec in _LATIN or codec is None:
        return _decode_western(data, codec, label, hint)
    try:
        return data.decode(codec), None
    except (UnicodeError, ValueError):
        pass
    if codec != "utf-8":
        try:
            return data.decode("utf-8"), "charset_wrong"
        except UnicodeError:
            pass
    text = data.decode(codec, "replace")
    if text.count("\ufffd") * 50 <= len(text):
        return text, "bytes_replaced"
    return _guess(data), "charset_guessed"


def _decode_western(
    data: bytes, codec: str | None, label: str | None, hint: str | None
) -> tuple[str, str | None]:
    if data.isascii():
        text = data.decode("ascii")
        if "\x1b$" in text or "\x1b(" in text:
            try:
                return data.decode("iso2022_jp_ext"), "charset_guessed"
            except UnicodeError:
                pass
        return text, "charset_unknown" if codec is None and label else None
    try:
        # Text that is valid UTF-8 with non-ASCII bytes is UTF-8, whatever the label says.
        return data.decode("utf-8"), None if codec is None and not label else "charset_wrong"
    except UnicodeError:
        pass
    if codec in ("cp1252", "cp1254"):
        try:
            return data.decode(codec), None
        except UnicodeError:
            return data.decode("latin-1"), "bytes_replaced"
    hinted = codec_name(hint)
    if hinted and hinted not in ("ascii", "utf-8"):
        try:
            return data.decode(hinted), "charset_guessed"
        except UnicodeError:
            pass
    return _guess(data), "charset_guessed"


def _guess(data: bytes) -> str:
    """Costs milliseconds: only a sample of the lines that are not ASCII is looked at."""
    lines = [line for line in data[:200_000].splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:_SAMPLE]
    best = None
    # Statistics need words: a few accents in a short line are western more often than not.
    few = sum(byte > 127 for byte in sample) * 4 < len(sample) < 300
    if len(sample) >= 12 and not few:
        best = from_bytes(sample, steps=3, chunk_size=512).best()
    for codec in (best.encoding if best else None, "utf-8", "cp1252"):
        if codec:
            text = data.decode(codec, "replace")
            if text.count("\ufffd") * 20 <= len(text):
                return text
    return data.decode("cp1252", "replace")
