"""A message's words for a page: sanitised, with quoted history and signature apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mainstay.core.text.html import sanitise_mail_html
from mainstay.core.text.markdown import render_markdown
from mainstay.core.text.quotes import fold
from mainstay.core.text.quotes_html import fold_html
from mainstay.support.tickets.models import Message


@dataclass(frozen=True, slots=True)
class Words:
    """`is_plain`: the three are text as it was written, to be escaped and shown with its line breaks."""

    visible: str
    quoted: str = ""
    signature: str = ""
    is_plain: bool = False


def words_of(message: Message, *, images: Mapping[str, str] | None = None, image_label: str = "") -> Words:
    """`images`: Content-ID → our own address of the file. `image_label` stands where a foreign image was."""
    if message.body_html.strip():
        parts = fold_html(message.body_html)
        visible, quoted, signature = (
            sanitise_mail_html(part, images, image_label=image_label) if part.strip() else ""
            for part in (parts.visible, parts.quoted, parts.signature)
        )
        return Words(visible, quoted, signature)
    if message.body_format == "markdown":
        return Words(render_markdown(message.body, image_label=image_label))
    folded = fold(message.body)
    return Words(folded.visible, folded.quoted, folded.signature, is_plain=True)
