"""What is done with the personal data of one person, and who may ask for it."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from html.entities import codepoint2name
from typing import Any, Final
from uuid import UUID

from mainstay.core.actor import Permission, Role
from mainstay.people.tenants.rules import ERASED_DOMAIN


class RequestKind(StrEnum):
    EXPORT = "export"
    ERASURE = "erasure"


class RequestState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """For now: it is tried again."""


class Wording(StrEnum):
    """What becomes of the words that the person wrote to others."""

    KEPT = "kept"
    """They stay without the person: address and name are taken out of them."""
    ERASED = "erased"


class Fate(StrEnum):
    """What an erasure does with a column that may hold something about the person."""

    ROW_REMOVED = "row removed"
    CLEARED = "cleared"
    REPLACED = "address and name replaced"
    WORDING = "address and name replaced, or cleared with the wording"
    KEPT = "kept"


EXPORT_PERSON: Final = Permission(
    "people.export",
    frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER}),
)
"""Of somebody else; everybody may ask for their own."""
ERASE_PERSON: Final = Permission(
    "people.erase",
    frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER}),
)

KEPT_FOR: Final = timedelta(days=7)
"""How long an export can be fetched."""
ERASED: Final = "[…]"
"""Stands where words were; the same in every language."""
_SHORTEST_NAME: Final = 5
# Between the words of a name, as files, links, HTML and JSON write it.
_GAP: Final = r"(?:[\s_.\-+]|&nbsp;|&#160;|&#xa0;|%20|\\[nrt])+"
# What may stand before an address without being part of it: `%3C` in a link, `\n` in JSON.
_BEFORE: Final = r"(?:(?<![\w.+-])|(?<=%[0-9a-f]{2})|(?<=\\[nrt]))"
Redact = Callable[[str], str]


def erased_address(member_id: UUID) -> str:
    return f"erased-{member_id.hex}@{ERASED_DOMAIN}"


def is_sought(name: str) -> bool:
    """A single short word is no name that could be looked for: "Ana" stands in "Banana" and in "analysis"."""
    return len(name.split()) > 1 or len(name.strip()) >= _SHORTEST_NAME


def needles(*, email: str, name: str) -> list[str]:
    """One of them, in any case, stands in every text that `redactor` would change: what a database looks for
    before the pattern is tried. Parts without letters that are written in several ways."""
    found = [_longest_run(email.rpartition("@")[0]) or email] if email else []
    if is_sought(name):
        found.append(_longest_run(name) or max(name.split(), key=len))
    return found


def _longest_run(text: str) -> str:
    runs: list[str] = re.findall(r"[a-z0-9]+", text.lower())
    return max(runs, key=len, default="")


def redactor(*, email: str, name: str) -> Redact:
    """Takes the address and the full name out of a text, however they are cased, spaced or encoded."""
    sought = [rf"{_BEFORE}{_spelled(email)}(?![\w-])"] if email else []
    if is_sought(name):
        words = [_spelled(word) for word in name.split()]
        orders = [_GAP.join(words)]
        if len(words) > 1:
            orders.append(rf"{words[-1]},{_GAP}{_GAP.join(words[:-1])}")
        sought += [rf"(?<![^\W_]){order}(?![^\W_])" for order in orders]
    if not sought:
        return lambda text: text
    pattern = re.compile("|".join(sought), re.IGNORECASE)
    return lambda text: pattern.sub(ERASED, text)


def _spelled(text: str) -> str:
    return "".join(_forms(char) for char in unicodedata.normalize("NFC", text))


def _forms(char: str) -> str:
    """A character in all the ways in which texts, links, HTML and JSON write it."""
    if char.isascii() and char.isalnum():
        return char
    forms = [char, f"&#{ord(char)};", f"&#x{ord(char):x};", f"\\u{ord(char):04x}"]
    forms.append("".join(f"%{byte:02x}" for byte in char.encode()))
    if (apart := unicodedata.normalize("NFD", char)) != char:
        forms.append(apart)
    if named := codepoint2name.get(ord(char)):
        forms.append(f"&{named};")
    return f"(?:{'|'.join(map(re.escape, forms))})"


def redacted(value: Any, redact: Redact) -> Any:
    """The strings in a JSON value."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redacted(one, redact) for one in value]
    if isinstance(value, dict):
        return {redact(key): redacted(one, redact) for key, one in value.items()}
    return value


_RUN: Final = 5
"""Words in a row that somebody else would hardly have written by themself."""
_TOKEN: Final = re.compile(r"<[^<>]*>|(?:[^\W_]|&#?\w{2,8};|['’](?=\w))+")
_WORD: Final = re.compile(r"[^\W_]+")


def quotes_eraser(said: Iterable[str]) -> Redact:
    """Takes out of what others wrote what they quoted: every run of words that stands in one of the texts `said`
    in the same order, whatever stands between the words (line ends, quotation marks, tags). On a line that is
    marked as quoted, shorter runs count as well."""
    runs: set[tuple[str, ...]] = set()
    for text in said:
        words = [word for word, _start, _end in _words(text)]
        for length in range(1, _RUN + 1):
            runs.update(tuple(words[i : i + length]) for i in range(len(words) - length + 1))
    return lambda text: _without(text, runs) if runs else text


def _words(text: str) -> list[tuple[str, int, int]]:
    """In lower case, with their places; an HTML tag is no word."""
    found = []
    for token in _TOKEN.finditer(text):
        if token[0].startswith("<"):
            continue
        plain = unicodedata.normalize("NFC", html.unescape(token[0])).casefold()
        found += [(word, token.start(), token.end()) for word in _WORD.findall(plain)]
    return found


def _without(text: str, runs: set[tuple[str, ...]]) -> str:
    words = _words(text)
    gone = [False] * len(words)
    plain = [word for word, _start, _end in words]
    for i in range(len(words) - _RUN + 1):
        if tuple(plain[i : i + _RUN]) in runs:
            gone[i : i + _RUN] = [True] * _RUN
    for first, last in _quoted_lines(text, words):
        line = plain[first:last]
        pieces = [tuple(line[i : i + _RUN]) for i in range(max(1, len(line) - _RUN + 1))]
        if line and all(piece in runs for piece in pieces):
            gone[first:last] = [True] * len(line)
    return _cut(text, words, gone)


def _quoted_lines(text: str, words: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Which words stand on each line that begins with `>`."""
    found, index = [], 0
    for line in re.finditer(r"[^\n]*\n?", text):
        first = index
        while index < len(words) and words[index][1] < line.end():
            index += 1
        if line[0].lstrip().startswith((">", "&gt;")):
            found.append((first, index))
    return found


def _cut(text: str, words: list[tuple[str, int, int]], gone: list[bool]) -> str:
    pieces, at, index = [], 0, 0
    while index < len(words):
        if not gone[index]:
            index += 1
            continue
        first = index
        while index < len(words) and gone[index]:
            index += 1
        pieces += [text[at : words[first][1]], ERASED]
        at = max(at, words[index - 1][2])
    return "".join([*pieces, text[at:]])
