"""Rewrites any HTML into balanced, properly nested HTML of allowed elements, in linear time.

What a parser then sees has bounded depth and no misnesting, which is what makes parsers slow.
"""

from collections.abc import Callable, Iterable
from html import escape

from mainstay.core.text.tokens import VOID, Token, names

MAX_DEPTH = 120

BLOCKS = names(
    "address blockquote caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre table tbody "
    "td tfoot th thead tr ul details summary"
)
ALLOWED = BLOCKS | names(
    "a abbr b bdi bdo br cite code col colgroup del dfn em i img ins kbd mark q s samp small span strike "
    "strong sub sup tt u var"
)
RENAMED = {
    "center": "div", "article": "div", "section": "div", "main": "div", "header": "div", "footer": "div",
    "aside": "div", "nav": "div", "fieldset": "div", "dir": "ul", "menu": "ul", "listing": "pre",
}  # fmt: skip
_SECTIONS = frozenset(("thead", "tbody", "tfoot"))
_CELLS = frozenset(("td", "th"))
_TABLE_ONLY = _SECTIONS | _CELLS | {"tr", "caption", "colgroup", "col"}
_STRUCTURE = _SECTIONS | {"table", "tr", "colgroup"}
# An opening tag of the first ends open ones of the second, up to the given wall.
_SIBLINGS = {
    "li": (frozenset(("li",)), frozenset(("ul", "ol"))),
    "dt": (frozenset(("dt", "dd")), frozenset(("dl",))),
    "dd": (frozenset(("dt", "dd")), frozenset(("dl",))),
    "a": (frozenset(("a",)), frozenset()),
}

Rewrite = Callable[[str, dict[str, str], bool], str | None]


class Writer:
    """Collects the output. `rewrite(name, attrs, in_link)` gives an opening tag, other HTML, or None."""

    def __init__(self, rewrite: Rewrite) -> None:
        self.rewrite = rewrite
        self.out: list[str] = []
        self.stack: list[str] = []
        self.counts: dict[str, int] = {}

    def text(self, text: str) -> None:
        if not text.strip():
            if not self.stack or self.stack[-1] not in _STRUCTURE:
                self.out.append(text)
            return
        self._into_cell()
        self.out.append(escape(text, quote=False))

    def open(self, name: str, attrs: dict[str, str]) -> None:
        name = RENAMED.get(name, name)
        if name not in ALLOWED:
            return
        if name in _TABLE_ONLY:
            if not self._place_in_table(name):
                return
        else:
            self._into_cell()
            self._end_siblings(name)
        if len(self.stack) >= MAX_DEPTH and name not in VOID:
            return
        written = self.rewrite(name, attrs, self.counts.get("a", 0) > 0)
        if written is None:
            return
        self.out.append(written)
        if name not in VOID:
            self._push(name)

    def close(self, name: str) -> None:
        name = RENAMED.get(name, name)
        if name == "br":  # browsers read </br> as <br>
            self.open("br", {})
        elif self.counts.get(name):
            wall = frozenset() if name in BLOCKS else _CELLS
            self._pop_to(name, wall)

    def finish(self) -> str:
        while self.stack:
            self._pop()
        return "".join(self.out)

    def _push(self, name: str) -> None:
        self.stack.append(name)
        self.counts[name] = self.counts.get(name, 0) + 1

    def _pop(self) -> str:
        name = self.stack.pop()
        self.counts[name] -= 1
        self.out.append(f"</{name}>")
        return name

    def _pop_to(self, name: str, wall: frozenset[str]) -> None:
        """Closes up to and including the innermost `name`, unless a wall stands before it."""
        for open_name in reversed(self.stack):
            if open_name == name:
                break
            if open_name in wall:
                return
        while self._pop() != name:
            pass

    def _into_cell(self) -> None:
        """Content directly inside a table's structure would be moved around by a parser."""
        if not self.stack or self.stack[-1] not in _STRUCTURE:
            return
        while self.stack[-1] == "colgroup":
            self._pop()
        if len(self.stack) < MAX_DEPTH + 4:
            if self.stack[-1] in ("table", *_SECTIONS):
                self._emit("tr")
            self._emit("td")

    def _emit(self, name: str) -> None:
        self.out.append(f"<{name}>")
        self._push(name)

    def _end_siblings(self, name: str) -> None:
        ended, wall = _SIBLINGS.get(name, (frozenset(), frozenset()))
        # A paragraph ends where a block begins. Formatting opened inside it ends too: carried over,
        # it is what parsers copy again and again.
        if name in BLOCKS and self.counts.get("p"):
            self._end(frozenset(("p",)), frozenset(("td", "th", "caption")))
        if any(self.counts.get(e) for e in ended):
            self._end(ended, wall | _CELLS)

    def _end(self, names: frozenset[str], wall: frozenset[str]) -> None:
        for open_name in reversed(self.stack):
            if open_name in names:
                self._pop_to(open_name, frozenset())
                return
            if open_name in wall:
                return

    def _place_in_table(self, name: str) -> bool:
        """Closes what stands between a table element and the place it belongs to."""
        if not self.counts.get("table"):
            return False
        parents = {"table"} if name in _SECTIONS or name in ("caption", "colgroup", "col") else _STRUCTURE
        if name == "tr":
            parents = _SECTIONS | {"table"}
        elif name == "col":
            parents = {"table", "colgroup"}
        while self.stack[-1] not in parents or (name != "col" and self.stack[-1] == "colgroup"):
            self._pop()
        if name in _CELLS and self.stack[-1] != "tr":
            self._emit("tr")
        return True


def rebuild(tokens: Iterable[Token], rewrite: Rewrite) -> str:
    writer = Writer(rewrite)
    for kind, value, attrs in tokens:
        if kind == "text":
            writer.text(value)
        elif kind == "open":
            writer.open(value, attrs)
        else:
            writer.close(value)
    return writer.finish()
