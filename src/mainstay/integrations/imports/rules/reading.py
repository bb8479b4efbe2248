"""From bytes to records: encoding, delimiter, quoting. Nothing here trusts what the file says about itself.

A record's number is the row that a spreadsheet shows: the header is 1, a text over several lines is one row,
an empty line counts, the line `sep=;` (which Excel writes for itself) does not.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

DELIMITERS: Final = (",", ";", "\t", "|")
ENCODINGS: Final = ("utf-8", "utf-16", "cp1252", "latin-1", "iso8859-15", "cp1250", "mac-roman", "cp850")
LINE_LIMIT: Final = 8_000_000
FIELD_LIMIT: Final = 4_000_000
HEADER_LIMIT: Final = 300
"""Columns."""
HEAD_SIZE: Final = 64 * 1024
"""How much of the file its preview is made of."""
UNREADABLE: Final = "\udcff"
"""Stands where bytes are no character of the encoding; PostgreSQL and UTF-8 could not store it by mistake."""
_BOM: Final = codecs.BOM_UTF8
_BOM_TWICE: Final = _BOM.decode("latin-1")
# 0x81, 0x8d, 0x8f, 0x90, 0x9d are no characters of Windows-1252.
_NOT_WINDOWS: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_END: Final = re.compile(r"\r\n|\n|\r")
# Quotes and line ends divide nothing; later versions of the csv module refuse them.
_SEP: Final = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
_OTHER_FILES: Final = (
    (b"PK\x03\x04", "is_spreadsheet"),
    (b"PK\x05\x06", "is_archive"),
    (b"\xd0\xcf\x11\xe0", "is_spreadsheet"),
    (b"%PDF-", "is_pdf"),
    (b"\x1f\x8b", "is_archive"),
    (b"7z\xbc\xaf\x27\x1c", "is_archive"),
    (b"Rar!", "is_archive"),
    (b"BZh", "is_archive"),
    (b"\xfd7zXZ", "is_archive"),
)
csv.field_size_limit(FIELD_LIMIT)
codecs.register_error("mainstay.unreadable", lambda error: (UNREADABLE, error.end))  # type: ignore[attr-defined]


class Unreadable(Exception):
    """The file as a whole cannot be read; `code` has its words in `labels.py`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Record:
    number: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the whole file told."""

    encoding: str
    delimiter: str
    row_count: int
    head: bytes


def look_at(chunks: Iterable[bytes]) -> Found:
    """Guess encoding and delimiter and count the rows. Reads the chunks once, so they must be re-iterable."""
    head = _head(chunks)
    refuse_other_files(head)
    encoding = guess_encoding(chunks)
    delimiter = guess_delimiter(decode([head], encoding))
    count = 0
    for record in records(decode(chunks, encoding), delimiter):
        count += record.number > 1 and any(record.cells)
    if not count:
        raise Unreadable("no_rows")
    return Found(encoding, delimiter, count, head)


def _head(chunks: Iterable[bytes]) -> bytes:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_SIZE:
            break
    return head[:HEAD_SIZE]


def refuse_other_files(head: bytes) -> None:
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise Unreadable("is_empty")
    for magic, code in _OTHER_FILES:
        if head.startswith(magic):
            raise Unreadable(code)
    if not _utf16_of(head):
        controls = sum(head.count(bytes([c])) for c in range(32) if c not in b"\t\n\r\f\x1b")
        if controls > len(head) // 50 + 1:
            raise Unreadable("is_no_text")


def guess_encoding(chunks: Iterable[bytes]) -> str:
    """In a fixed order: a UTF-16 mark or look, UTF-8 where all of it is, else Windows-1252 or Latin-1. A mark of
    UTF-8 in front of text that is none (as some programs write) is only a mark."""
    strict = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8, may_be_windows, is_first = True, True, True
    for chunk in chunks:
        if is_first and _utf16_of(chunk[:4096]):
            return "utf-16"
        is_first = False
        if is_utf8:
            try:
                strict.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        may_be_windows = may_be_windows and not _NOT_WINDOWS.search(chunk)
    try:
        strict.decode(b"", final=is_utf8)
    except UnicodeDecodeError:
        is_utf8 = False
    if is_utf8:
        return "utf-8"
    return "cp1252" if may_be_windows else "latin-1"


def _utf16_of(head: bytes) -> str:
    """Which of the two orders, by the mark or by where the zeros are; empty where it is none of them."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = min(len(head), 4096) // 2
    if half >= 4 and odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if half >= 4 and even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return ""


def decode(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Text in pieces, without its mark. Where bytes are no characters, `UNREADABLE` stands."""
    source = iter(chunks)
    first = next(source, b"")
    while len(first) < 4 and (more := next(source, b"")):
        first += more
    if encoding == "utf-16":
        order = _utf16_of(first[:4096]) or "utf-16-le"
        first = first.removeprefix(codecs.BOM_UTF16_LE if order == "utf-16-le" else codecs.BOM_UTF16_BE)
        encoding = order
    first = first.removeprefix(_BOM)
    decoder = codecs.getincrementaldecoder(encoding)("mainstay.unreadable")
    is_first = True
    for chunk in chain([first], source):
        text = decoder.decode(chunk)
        if is_first and text:
            text, is_first = text.removeprefix(_BOM_TWICE).removeprefix("\ufeff"), False
        if text:
            yield text
    if rest := decoder.decode(b"", final=True):
        yield rest


def lines(texts: Iterable[str]) -> Iterator[str]:
    """By line feed, carriage return or both, and by nothing else that Unicode calls a line's end."""
    rest = ""
    for text in texts:
        rest += text
        # A return at the end may be half of a pair.
        end, until = 0, len(rest) - rest.endswith("\r")
        for found in _END.finditer(rest, 0, until):
            yield rest[end : found.end()]
            end = found.end()
        rest = rest[end:]
        if len(rest) > LINE_LIMIT:
            raise Unreadable("line_too_long", limit=LINE_LIMIT // 1_000_000)
    if rest:
        yield rest


def guess_delimiter(texts: Iterable[str]) -> str:
    """What Excel's own line says; else what divides the first rows most evenly."""
    sample = list(islice(lines(texts), 60))
    if sample and (said := _SEP.fullmatch(sample[0])):
        return said.group(1)
    best, best_score = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        try:
            widths = [len(cells) for cells in csv.reader(sample, delimiter=delimiter) if cells]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        # The last row of a sample may be cut.
        judged = widths[:-1] if len(widths) > 2 else widths
        score = (sum(width == widths[0] for width in judged) / len(judged), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def records(texts: Iterable[str], delimiter: str) -> Iterator[Record]:
    """The header first. Broken quoting is one wrong record; where its end cannot be known, it is the last."""
    source = lines(texts)
    first = next(source, "")
    if first and _SEP.fullmatch(first):
        first = next(source, "")
    reader = csv.reader(chain([first] if first else [], source), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            words = str(error)
            is_end = "field larger" in words or "end of data" in words
            yield Record(number, [], "unclosed_quote" if is_end else "broken_quote")
            if is_end:
                return
            continue
        yield Record(number, cells)


@dataclass(frozen=True, slots=True)
class Preview:
    header: list[str]
    rows: list[list[str]]
    """The first few, as wide as the header."""


def preview(head: bytes, encoding: str, delimiter: str, *, is_whole: bool, rows: int = 5) -> Preview:
    found = [r.cells for r in islice(records(decode([head], encoding), delimiter), 200)]
    if not is_whole and len(found) > 2:
        found.pop()
    header = [cell.strip()[:200] for cell in (found[0] if found else [])]
    if len(header) > HEADER_LIMIT:
        raise Unreadable("too_many_columns", limit=HEADER_LIMIT)
    body = [cells for cells in found[1:] if any(cells)][:rows]
    return Preview(header, [(cells + [""] * len(header))[: len(header)] for cells in body])
