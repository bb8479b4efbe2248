"""HTML as readable plain text, in linear time."""

import re

from mainstay.core.text.headers import clean_line, storable
from mainstay.core.text.tokens import Token, tokenize
from mainstay.core.text.tree import BLOCKS, RENAMED

_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u2060\ufeff]|[\u200c\u200d](?=\\s|$)")
_SPACES = re.compile(r"[\s\u00a0\u2007\u202f]+")
_EDGES = re.compile(r"(?:\s*\x1f\s*)+")
_GAP = re.compile(r"\n{3,}")
_APART = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre", "dl"))
_CELL = "\x1f"
MAX_QUOTE_MARKS = 5


class _Reader:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quote = 0
        self.pre = 0
        self.lists: list[int] = []  # next number; 0 for bullets
        self.link: tuple[str, int] | None = None

    def text(self, text: str) -> None:
        if self.pre:
            first, *others = text.replace(_CELL, "").split("\n")
            self.line.append(first)
            for line in others:
                self.newline()
                self.line.append(line)
        else:
            self.line.append(_SPACES.sub(" ", text.replace(_CELL, "")))

    def newline(self) -> None:
        line = "".join(self.line)
        self.line.clear()
        if self.pre:
            line = line.rstrip()
        else:
            line = _EDGES.sub(" | ", line.strip(_CELL + " ")) if _CELL in line else line
            line = _SPACES.sub(" ", line).strip()
        marks = "> " * min(self.quote, MAX_QUOTE_MARKS)
        self.lines.append((marks + line) if line else marks.rstrip())

    def block(self, *, apart: bool = False) -> None:
        if any(part.strip(" " + _CELL) for part in self.line):
            self.newline()
        if apart and self.lines and self.lines[-1].strip("> "):
            self.lines.append(("> " * min(self.quote, MAX_QUOTE_MARKS)).rstrip())

    def open(self, token: Token) -> None:
        name = RENAMED.get(token.value, token.value)
        if name == "br":
            self.newline()
        elif name == "img":
            alt = token.attrs.get("alt", "").strip()
            if alt:
                self.text(f"[{alt[:200]}]")
        elif name == "a":
            self.link = (token.attrs.get("href", ""), len(self.line))
        elif name in ("td", "th"):
            if not self.line or self.line[-1] != _CELL:
                self.line.append(_CELL)
        elif name in BLOCKS:
            self.block(apart=name in _APART and not (name in ("ul", "ol") and self.lists))
            self._open_block(name, token)

    def _open_block(self, name: str, token: Token) -> None:
        if name == "blockquote":
            self.quote += 1
        elif name == "pre":
            self.pre += 1
        elif name == "hr":
            self.lines.append("---")
        elif name in ("ul", "ol"):
            start = token.attrs.get("start", "1").strip()
            number = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1
            self.lists.append(number if name == "ol" else 0)
        elif name == "li":
            number = self.lists[-1] if self.lists else 0
            if number:
                self.lists[-1] += 1
            self.line.append(f"{number}. " if number else "- ")

    def close(self, name: str) -> None:
        name = RENAMED.get(name, name)
        if name == "a":
            self._end_link()
        elif name in BLOCKS and name not in ("td", "th"):
            self.block()
            if name == "blockquote":
                self.quote = max(self.quote - 1, 0)
            elif name == "pre":
                self.pre = max(self.pre - 1, 0)
            elif name in ("ul", "ol") and self.lists:
                self.lists.pop()
            self.block(apart=name in _APART and not (name in ("ul", "ol") and self.lists))

    def _end_link(self) -> None:
        if self.link is None:
            return
        address, start = self.link
        self.link = None
        address = address.strip()
        words = "".join(self.line[start:]).strip()
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if address[:4].lower() not in ("http", "mail", "tel:") or not words or len(address) > 2000:
            return
        same = {bare.rstrip("/"), bare.split("://", 1)[-1].rstrip("/")}
        if words.rstrip("/") not in same:
            self.line.append(f" ({bare})")


def html_to_text(source: str) -> str:
    reader = _Reader()
    for token in tokenize(storable(source)):
        if token.kind == "text":
            reader.text(token.value)
        elif token.kind == "open":
            reader.open(token)
        else:
            reader.close(token.value)
    reader.block()
    text = "\n".join(line.rstrip() for line in reader.lines)
    return _GAP.sub("\n\n", _INVISIBLE.sub("", text)).strip("\n ")


def snippet(text: str, length: int = 140) -> str:
    """The beginning of a text on one line, cut at a word."""
    line = clean_line(text[: length * 6 + 200], length * 6 + 200)
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    space = cut.rfind(" ", length // 2)
    return (cut[:space] if space > 0 else cut).rstrip(" ,;:.") + "…"
