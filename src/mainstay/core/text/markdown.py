"""Markdown written by people on either side, as safe HTML."""

from functools import cache

from markdown_it import MarkdownIt

from mainstay.core.text.headers import storable
from mainstay.core.text.html import clean_tokens
from mainstay.core.text.safe import SafeHtml, declare_safe, escape_lines
from mainstay.core.text.tokens import tokenize

# Beyond this nobody writes Markdown by hand, and linkifying is no longer cheap on hostile text.
MAX_LENGTH = 50_000


@cache
def _renderer() -> MarkdownIt:
    options = {"html": False, "linkify": True, "breaks": True, "maxNesting": 20}
    renderer = MarkdownIt("commonmark", options).enable(["linkify", "strikethrough", "table"])
    linkify = renderer.linkify
    assert linkify is not None
    linkify.set({"fuzzy_link": False, "fuzzy_email": True, "fuzzy_ip": False})
    return renderer


def render_markdown(text: str, *, image_label: str = "Image") -> SafeHtml:
    text = storable(text)
    if len(text) > MAX_LENGTH:
        return declare_safe(escape_lines(text))
    return clean_tokens(tokenize(_renderer().render(text)), {}, image_label)
