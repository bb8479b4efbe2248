"""Text out of the compressed RTF in which Outlook keeps a body (MS-OXRTFCP)."""

import re
import struct

from mainstay.core.text.tokens import names
from mainstay.support.channels.mime.charsets import decode

MAX_OUTPUT = 5_000_000
_PREBUF = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.S
)
_SKIPPED = names("fonttbl colortbl stylesheet info pict object header footer themedata listtable")
_WORDS = {
    "par": "\n", "line": "\n", "sect": "\n", "row": "\n", "tab": "\t", "cell": "\t", "emdash": "—", "endash": "–",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip


def decompress(data: bytes) -> bytes:
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[16 : 16 + size]
    if kind != b"LZFu":
        return b""
    window = bytearray(_PREBUF.ljust(4096, b"\0"))
    out, write, at = bytearray(), len(_PREBUF), 16
    limit = min(size, MAX_OUTPUT)
    while at < len(data) and len(out) < limit:
        control = data[at]
        at += 1
        for bit in range(8):
            reference = bool(control >> bit & 1)
            if at + reference >= len(data):
                return bytes(out)
            offset, length = at, 1
            if reference:
                word = data[at] << 8 | data[at + 1]
                offset, length = word >> 4, (word & 15) + 2
                if offset == write:
                    return bytes(out)
            # A copied run may reach into what it writes itself: byte by byte.
            for step in range(length):
                byte = window[(offset + step) % 4096] if reference else data[at]
                window[write] = byte
                write = (write + 1) % 4096
                out.append(byte)
            at += 1 + reference
    return bytes(out[:limit])


class _Reader:
    def __init__(self, codepage: str) -> None:
        self.codepage = codepage
        self.out: list[str] = []
        self.pending = bytearray()
        self.depth = 0
        self.skip_from = 0  # the depth of a group without readable words
        self.hidden = False
        self.replaced = False  # a fallback character follows \\u

    def flush(self) -> None:
        if self.pending:
            self.out.append(decode(bytes(self.pending), self.codepage)[0])
            self.pending.clear()

    def brace(self, brace: str) -> None:
        self.depth += 1 if brace == "{" else -1
        if self.depth < self.skip_from:
            self.skip_from = 0

    def control(self, word: str, number: str | None) -> None:
        if word in _SKIPPED:
            self.skip_from = self.depth
        elif word == "htmlrtf":
            self.hidden = number != "0"
        elif self.hidden:
            return
        elif word == "u" and number:
            self.out.append(chr(int(number) % 65536))
            self.replaced = True
        else:
            self.out.append(_WORDS.get(word, ""))

    def symbol(self, symbol: str) -> None:
        if symbol == "*":
            self.skip_from = self.depth
        elif not self.hidden:
            self.out.append({"~": "\u00a0", "_": "-"}.get(symbol, symbol if symbol in "\\{}" else ""))

    def words(self, hexed: str | None, plain: str | None) -> None:
        if self.hidden:
            return
        if self.replaced:
            self.replaced, hexed, plain = False, None, (plain or "")[1:]
        if hexed:
            self.pending.append(int(hexed, 16))
        else:
            self.out.append(plain or "")


def to_text(data: bytes) -> str | None:
    source = data.decode("latin-1")
    if not source.lstrip().startswith("{\\rtf"):
        return None
    page = re.search(r"\\ansicpg(\d{3,5})", source[:2000])
    reader = _Reader(f"cp{page[1]}" if page else "cp1252")
    for match in _TOKEN.finditer(source):
        word, number, hexed, symbol, brace, plain = match.groups()
        if hexed is None:
            reader.flush()
        if brace:
            reader.brace(brace)
        elif reader.skip_from:
            continue
        elif word:
            reader.control(word, number)
        elif symbol:
            reader.symbol(symbol)
        else:
            reader.words(hexed, plain)
    reader.flush()
    text = "".join(reader.out).encode("utf-16-le", "surrogatepass")
    return decode(text, "utf-16-le")[0].strip()
