"""Mail's HTML made safe for our pages."""

import html as stdlib_html
import re
from collections.abc import Iterable, Mapping

import nh3

from mainstay.core.text.headers import storable
from mainstay.core.text.safe import SafeHtml, declare_safe
from mainstay.core.text.tokens import Token, tokenize
from mainstay.core.text.tree import ALLOWED, rebuild

SCHEMES = frozenset(("http", "https", "mailto", "tel"))
LINK_REL = "noopener noreferrer nofollow ugc"
MAX_LINK = 4000
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "target"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type"},
}
_NUMBERS = frozenset(("width", "height", "colspan", "rowspan", "span", "start"))
_VALUES = {
    "dir": frozenset(("ltr", "rtl", "auto")),
    "align": frozenset(("left", "right", "center", "justify")),
    "valign": frozenset(("top", "middle", "bottom", "baseline")),
    "scope": frozenset(("row", "col", "rowgroup", "colgroup")),
    "type": frozenset(("1", "a", "A", "i", "I")),
}
# Browsers ignore tab and newline anywhere in an address and controls before it; other Unicode space
# and format characters are removed as well so that what is checked is what is followed.
_IGNORED = re.compile(
    "[\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*+):")


def safe_link(address: str) -> str | None:
    """The address with invisible characters removed if its scheme is one we let through."""
    cleaned = storable(_IGNORED.sub("", address))
    scheme = _SCHEME.match(cleaned)
    if scheme is None or scheme[1].lower() not in SCHEMES or len(cleaned) > MAX_LINK:
        return None
    rest = cleaned[scheme.end() :]
    if scheme[1].lower().startswith("http") and not (rest.startswith("//") and rest.strip("/\\")):
        return None
    return cleaned


def sanitise_mail_html(
    source: str,
    inline_images: Mapping[str, str] | None = None,
    *,
    image_label: str = "Image",
) -> SafeHtml:
    """HTML of a mail for a page of ours.

    `inline_images` maps Content-IDs to our own addresses. Other images are replaced by a link, since
    loading one tells its sender who reads the mail and when; one-pixel images vanish.
    """
    return clean_tokens(tokenize(storable(source)), inline_images or {}, image_label)


def clean_tokens(tokens: Iterable[Token], images: Mapping[str, str], image_label: str) -> SafeHtml:
    known = {key.strip("<> ").lower(): url for key, url in images.items()}
    ours = frozenset(images.values())

    def rewrite(name: str, attrs: dict[str, str], in_link: bool) -> str | None:
        if name == "img":
            return _image(attrs, known, ours, image_label, in_link)
        kept = _kept_attributes(name, attrs)
        if name == "a":
            link = safe_link(attrs.get("href", ""))
            if link:
                kept += f' href="{stdlib_html.escape(link)}" target="_blank"'
        return f"<{name}{kept}>"

    return _clean(rebuild(tokens, rewrite))


def _clean(built: str) -> SafeHtml:
    """The second, independent layer: what the rewriting let through by mistake ends here."""
    return declare_safe(
        nh3.clean(
            built,
            tags=set(ALLOWED),
            attributes=_ATTRIBUTES,
            url_schemes=set(SCHEMES),
            link_rel=LINK_REL,
            strip_comments=True,
        )
    )


def _kept_attributes(name: str, attrs: dict[str, str]) -> str:
    if not attrs:
        return ""
    allowed, kept = _ATTRIBUTES["*"] | _ATTRIBUTES.get(name, set()), ""
    for key, given in attrs.items():
        if key not in allowed or key in ("href", "src", "target"):
            continue
        value = given.strip()
        if key in _NUMBERS and not (value.isascii() and value.isdigit() and len(value) <= 4):
            continue
        if key in _VALUES and value not in _VALUES[key] and (value := value.lower()) not in _VALUES[key]:
            continue
        kept += f' {key}="{stdlib_html.escape(value[:500])}"'
    return kept


def _image(
    attrs: dict[str, str], known: Mapping[str, str], ours: frozenset[str], label: str, in_link: bool
) -> str | None:
    source = _IGNORED.sub("", attrs.get("src", ""))
    url = source if source in ours else None
    if source[:4].lower() == "cid:":
        url = known.get(source[4:].strip("<>").lower())
    if url:
        return f'<img src="{stdlib_html.escape(url)}"{_kept_attributes("img", attrs)}>'
    if attrs.get("width", "").strip() in ("0", "1", "1px") or attrs.get("height", "").strip() in (
        "0",
        "1",
        "1px",
    ):
        return None
    alt = " ".join(attrs.get("alt", "").split())[:200]
    words = stdlib_html.escape(f"[{label}: {alt}]" if alt else f"[{label}]", quote=False)
    link = safe_link(source)
    if link is None or in_link or not link.lower().startswith("http"):
        return words if alt else None
    return f'<a href="{stdlib_html.escape(link)}" target="_blank">{words}</a>'
