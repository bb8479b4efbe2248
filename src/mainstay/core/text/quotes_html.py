"""Folds quoted history in a mail's HTML, before it is sanitised (programs mark quotes by class and id)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mainstay.core.text.phrases import HEADER_FROM, HEADER_OTHER, ORIGINAL
from mainstay.core.text.plain import html_to_text
from mainstay.core.text.quotes import is_attribution, is_forward, is_header_block
from mainstay.core.text.tokens import VOID, Token, names, tokenize

_QUOTE_CLASS = re.compile(
    r"(?:^|\s)(?:x_)*(?:gmail_quote|gmail_quote_container|yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra"
    r"|moz-cite-prefix|ms-outlook-mobile-reference-message|front-blockquote|freshdesk_quote|mainstay-history)",
)
_REST_ID = re.compile(
    r"(?:x_)*(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|reply-intro|mail-editor-reference)"
)
_SIGNATURE = re.compile(
    r"(?:^|\s)(?:x_)*(?:gmail_signature|moz-signature|protonmail_signature_block)|^(?:x_)*Signature$"
)
# Outlook's rule above the header block of the message answered.
_RULED = re.compile(r"border:\s*none;\s*border-top:\s*solid\s+#(?:E1E1E1|B5C4DF)", re.I)
_BREAKS = names("br p div tr li blockquote table h1 h2 h3 hr pre")


@dataclass(frozen=True, slots=True)
class FoldedHtml:
    """Parts of the source; neither is safe to show before it has been sanitised."""

    visible: str
    quoted: str
    signature: str


def fold_html(source: str) -> FoldedHtml:
    tokens = list(tokenize(source))
    quoted = _history(tokens)
    signature = _signature(tokens, quoted)
    shown = bytearray(b"\x01" * len(tokens))
    for first, last in (*quoted, *signature):
        shown[first:last] = bytes(last - first)
    visible = _write([token for token, show in zip(tokens, shown, strict=True) if show])
    if not has_content(visible):
        return FoldedHtml(source, "", "")
    return FoldedHtml(
        visible,
        "".join(_write(tokens[a:b]) for a, b in quoted),
        "".join(_write(tokens[a:b]) for a, b in signature),
    )


def has_content(source: str) -> bool:
    return "<img" in source or bool(html_to_text(source).strip())


def _history(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Ranges of tokens that are history. Answers between several quotes keep everything in view."""
    ranges: list[tuple[int, int]] = []
    at, line, line_start = 0, "", 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "text":
            line = (line + token.value)[:500]
        elif token.value in _BREAKS:
            if is_forward(line.strip()):
                break
            if _starts_unmarked(tokens, at, line):
                ranges.append((line_start, len(tokens)))
                break
            opens_quote = token.kind == "open" and (token.value == "blockquote" or bool(_mark(token)))
            if line.strip() and not opens_quote and not is_attribution(line):
                line, line_start = "", at
        cited = token.kind == "open" and token.value == "blockquote" and is_attribution(line)
        if token.kind == "open" and (mark := "part" if cited else _mark(token)):
            end = len(tokens) if mark == "rest" else _end_of(tokens, at)
            if _is_forwarded(tokens, at):
                break
            ranges.append((line_start if is_attribution(line) else at, end))
            at, line, line_start = end, "", end
            continue
        at += 1
    return _kept_in_view(tokens, ranges)


def _mark(token: Token) -> str:
    attrs = token.attrs
    if not attrs:
        return ""
    style, ident = attrs.get("style", ""), attrs.get("id", "")
    if _REST_ID.match(ident) or (token.value == "div" and _RULED.search(style[:300])):
        return "rest"
    if _QUOTE_CLASS.search(attrs.get("class", "")[:300]):
        return (
            "rest" if "moz-cite-prefix" in attrs["class"] or "reference-message" in attrs["class"] else "part"
        )
    cited = token.value == "blockquote" and (attrs.get("type", "").lower() == "cite" or "cite" in attrs)
    return "part" if cited or attrs.get("name") == "quote" else ""


def _starts_unmarked(tokens: Sequence[Token], at: int, line: str) -> bool:
    line = line.strip()
    if ORIGINAL.match(line[:120]):
        return True
    if not HEADER_FROM.match(line[:200]) and not HEADER_OTHER.match(line[:200]):
        return False
    # The rows of a header block: the words after each break.
    near = [t for t in tokens[at : at + 60] if t.value not in ("b", "span", "strong", "font", "a")]
    rows = "".join(t.value if t.kind == "text" else "\n" for t in near).split("\n")
    return is_header_block([line[:200], *(row.strip()[:200] for row in rows if row.strip())][:5])


def _end_of(tokens: Sequence[Token], at: int) -> int:
    name, depth = tokens[at].value, 0
    for place in range(at, len(tokens)):
        token = tokens[place]
        if token.value == name and token.kind != "text" and name not in VOID:
            depth += 1 if token.kind == "open" else -1
            if depth == 0:
                return place + 1
    return len(tokens)


def _is_forwarded(tokens: Sequence[Token], at: int) -> bool:
    words = "".join(t.value for t in tokens[at : at + 12] if t.kind == "text")
    return is_forward(words.strip())


def _kept_in_view(tokens: Sequence[Token], ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    answered = 0
    for place, (_, end) in enumerate(ranges):
        until = ranges[place + 1][0] if place + 1 < len(ranges) else len(tokens)
        words = "".join(t.value for t in tokens[end:until] if t.kind == "text")
        answered += bool(words.strip())
    return [] if answered > 1 else ranges


def _signature(tokens: Sequence[Token], quoted: list[tuple[int, int]]) -> list[tuple[int, int]]:
    for at, token in enumerate(tokens):
        if token.kind == "open" and token.attrs and _is_signature(token.attrs):
            end = _end_of(tokens, at)
            return [] if any(a < end and at < b for a, b in quoted) else [(at, end)]
    return []


def _is_signature(attrs: dict[str, str]) -> bool:
    return bool(
        _SIGNATURE.search(attrs.get("class", "")[:300]) or _SIGNATURE.search(attrs.get("id", "")[:100])
    )


def _write(tokens: Sequence[Token]) -> str:
    out: list[str] = []
    for kind, value, attrs in tokens:
        if kind == "text":
            out.append(escape(value, quote=False))
        elif kind == "open":
            out.append(f"<{value}" + "".join(f' {k}="{escape(v)}"' for k, v in attrs.items()) + ">")
        else:
            out.append(f"</{value}>")
    return "".join(out)
