"""A forgiving HTML tokenizer that takes linear time on any input.

Tree-building parsers are quadratic on hostile markup (deep nesting, unclosed formatting). Mail is read
as a flat stream of tokens instead; comments, declarations and the content of script-like elements
disappear here.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple


def names(words: str) -> frozenset[str]:
    return frozenset(words.split())


MAX_TAGS = 60_000
MAX_ATTRIBUTES = 40

VOID = names("area base br col embed hr img input link meta param source track wbr")
# Their content is code or data for a program, never words for a reader.
OPAQUE = names("script style noscript iframe object applet noembed noframes template svg math xml")
# The parser reads no tags inside these; a reader sees (or used to see) their text.
RAW_TEXT = names("title textarea xmp plaintext listing")


class Token(NamedTuple):
    kind: str  # "text", "open", "close"
    value: str  # decoded text, or the element's name in lower case
    attrs: dict[str, str]


_NONE: dict[str, str] = {}
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:_.-]*+")
_SIMPLE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)\s*+>")
_ATTR_NAME = re.compile(r"[\s/]*+([^\s/>=\"'<]++)?+")
_EQUALS = re.compile(r"\s*+=\s*+")
_UNQUOTED = re.compile(r"[^\s>]*+")
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_ANY_TAG = re.compile(r"<[^<>]*+>")


class _Scanner:
    def __init__(self, source: str) -> None:
        self.source = source
        self.size = len(source)
        self.gone: set[str] = set()
        self._found: dict[str, int] = {}

    def find(self, needle: str, start: int) -> int:
        # What was found (or found missing) ahead holds for later starts too: without this memory
        # unterminated quotes, tags or comments would each scan to the end again.
        known = self._found.get(needle, -2)
        if known >= start or known == -1:
            return known
        at = self._found[needle] = self.source.find(needle, start)
        return at

    def attributes(self, at: int) -> tuple[dict[str, str], int]:
        """Attributes from `at` on, and the position after the tag's end."""
        source, found = self.source, dict[str, str]()
        while at < self.size:
            match = _ATTR_NAME.match(source, at)
            assert match is not None
            at = match.end()
            if at >= self.size:
                break
            if source[at] == ">":
                self._keep(found, match[1], "")
                return found, at + 1
            if source[at] == "<" and not match[1]:
                return found, at
            name, value = match[1], ""
            equals = _EQUALS.match(source, at)
            if equals:
                value, at = self._value(equals.end())
            elif not name:
                at += 1  # a stray quote or the like
            self._keep(found, name, value)
        return found, self.size

    def _keep(self, found: dict[str, str], name: str | None, value: str) -> None:
        if name and len(found) < MAX_ATTRIBUTES:
            found.setdefault(name.lower(), unescape(value) if "&" in value else value)

    def _value(self, at: int) -> tuple[str, int]:
        quote = self.source[at : at + 1]
        if quote in ('"', "'"):
            end = self.find(quote, at + 1)
            if end >= 0:
                return self.source[at + 1 : end], end + 1
            at += 1
        match = _UNQUOTED.match(self.source, at)
        assert match is not None
        return match[0], match.end()


def tokenize(source: str) -> Iterator[Token]:
    scan, at, tags = _Scanner(source), 0, 0
    while at < scan.size:
        found = _MARKUP.search(source, at)
        start = found.start() if found else scan.size
        if scan.find(">", start) < 0:
            start = scan.size
        if start > at:
            yield Token("text", unescape(source[at:start]), _NONE)
        if start >= scan.size:
            return
        if tags >= MAX_TAGS:
            yield Token("text", unescape(_ANY_TAG.sub(" ", source[start:])), _NONE)
            return
        token, at = _markup(scan, start)
        if token is None:
            continue
        tags += token.kind != "text"
        if token.kind == "open" and (token.value in OPAQUE or token.value in RAW_TEXT):
            words, at = _element_text(scan, token.value, at)
            if token.value in RAW_TEXT and token.value != "title":
                yield Token("text", unescape(words), _NONE)
            continue
        yield token


def _markup(scan: _Scanner, at: int) -> tuple[Token | None, int]:
    source = scan.source
    simple = _SIMPLE.match(source, at)
    if simple:
        return Token("close" if simple[1] else "open", simple[2].lower(), _NONE), simple.end()
    follows = source[at + 1 : at + 2]
    if follows in ("!", "?"):
        return None, _skip_declaration(scan, at)
    closing = follows == "/"
    name = _NAME.match(source, at + 1 + closing)
    if name is None:
        return Token("text", "<", _NONE), at + 1
    attrs, end = scan.attributes(name.end())
    return Token("close" if closing else "open", name[0].lower(), attrs), end


def _skip_declaration(scan: _Scanner, at: int) -> int:
    source = scan.source
    if source.startswith(("<!-->", "<!--->"), at):
        return source.index(">", at) + 1
    if source.startswith("<!--", at):
        end = scan.find("-->", at + 4)
        # An unclosed comment would swallow the rest of the mail; drop its opening only.
        return end + 3 if end >= 0 else at + 4
    end = scan.find(">", at)
    return end + 1 if end >= 0 else at + 2


_CLOSERS = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*+>?", re.I) for name in OPAQUE | RAW_TEXT}


def _element_text(scan: _Scanner, name: str, at: int) -> tuple[str, int]:
    key = "</" + name
    if key in scan.gone:
        return "", at
    closer = _CLOSERS[name].search(scan.source, at)
    if closer is None:
        scan.gone.add(key)
        return "", at
    return scan.source[at : closer.start()], closer.end()
