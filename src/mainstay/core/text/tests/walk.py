"""An independent reading of HTML for the tests: what could run, whatever the sanitiser thinks."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

ACTIVE = frozenset(
    [
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "form",
        "input",
        "button",
        "textarea",
        "select",
        "meta",
        "base",
        "link",
        "frame",
        "frameset",
        "template",
        "video",
        "audio",
        "source",
        "portal",
        "marquee",
        "bgsound",
        "xml",
        "noscript",
        "isindex",
        "keygen",
        "param",
    ]
)
ADDRESSES = frozenset(
    [
        "href",
        "src",
        "action",
        "formaction",
        "xlink:href",
        "background",
        "poster",
        "data",
        "cite",
        "longdesc",
        "srcset",
        "ping",
        "lowsrc",
        "dynsrc",
    ]
)
SCHEMES = ("http:", "https:", "mailto:", "tel:")
ATTRIBUTES = frozenset(
    [
        "href",
        "src",
        "target",
        "rel",
        "alt",
        "title",
        "dir",
        "lang",
        "width",
        "height",
        "colspan",
        "rowspan",
        "span",
        "align",
        "valign",
        "scope",
        "start",
        "type",
        "class",
    ]
)


class _Walk(HTMLParser):
    def __init__(self, own: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.own = own
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE or ":" in tag:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "id", "srcdoc", "name") or name not in ATTRIBUTES:
                self.found.append(f"{tag} {name}")
            if name in ADDRESSES and value not in self.own:
                bare = re.sub(r"[\x00-\x20\x7f-\xa0\u2000-\u206f\ufeff]", "", unquote(value or "")).lower()
                if not bare.startswith(SCHEMES) or "javascript:" in bare[:30]:
                    self.found.append(f"{tag} {name}={value}")
        if tag == "img" and dict(attrs).get("src") not in self.own:
            self.found.append("remote image")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def active_content(html: str, own: tuple[str, ...] = ()) -> list[str]:
    walk = _Walk(own)
    walk.feed(html)
    walk.close()
    return walk.found
