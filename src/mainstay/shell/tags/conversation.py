"""Messages and timeline entries."""

from datetime import datetime

from django.template import Context, Library
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mainstay.shell.tags.marks import _svg, check_meaning
from mainstay.shell.tags.times import moment

register = Library()
MESSAGE_KINDS = ("customer", "agent", "note", "system")


@register.simple_block_tag(takes_context=True)
def message(
    context: Context,
    content: str,
    kind: str,
    author: str,
    at: datetime,
    anchor: str = "",
    audience: str = "",
    extra: str = "",
) -> str:
    """One entry of a conversation; its (already safe) words are the block's content.

    kind: customer, agent, note (internal), system. `audience` is a word beside the kind's word, such as
    "only your team"; `extra` stands below the words: attachments, delivery state.
    """
    if kind not in MESSAGE_KINDS:
        raise ValueError(f"message kind {kind!r} is not one of {MESSAGE_KINDS}")
    return render_to_string(
        "shell/parts/message.html",
        {
            "content": content,
            "kind": kind,
            "author": author,
            "when": moment(context, at),
            "anchor": anchor,
            "audience": audience,
            "extra": extra,
        },
    )


@register.simple_block_tag
def folded(content: str, word: str = "") -> str:
    """Quoted text, one click away."""
    return render_to_string("shell/parts/folded.html", {"content": content, "word": word})


@register.simple_block_tag(takes_context=True)
def timeline_item(
    context: Context,
    content: str,
    at: datetime,
    icon: str = "circle",
    meaning: str = "",
) -> SafeString:
    """An `<li>` of `<ol class="timeline">`: a sentence and its time."""
    return format_html(
        '<li{}><span class="timeline-shape">{}</span><div class="timeline-text">{} '
        '<span class="timeline-when">{}</span></div></li>',
        format_html(' data-meaning="{}"', check_meaning(meaning)) if meaning else "",
        _svg(icon, 14, ""),
        content,
        moment(context, at),
    )
