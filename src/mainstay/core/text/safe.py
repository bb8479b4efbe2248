"""The one place where a string is declared safe to put into a page."""

import html

from django.utils.safestring import SafeString, mark_safe

SafeHtml = SafeString


def declare_safe(cleaned: str) -> SafeHtml:
    """Only for what has just come out of the sanitiser."""
    return mark_safe(cleaned)  # noqa: S308


def escape_lines(text: str) -> str:
    """Plain text as HTML: escaped, paragraphs and line breaks kept."""
    paragraphs = [p for p in text.replace("\r\n", "\n").split("\n\n") if p.strip()]
    return "\n".join(
        "<p>" + html.escape(p.strip("\n"), quote=False).replace("\n", "<br>") + "</p>" for p in paragraphs
    )
