"""Menus, dialogs, toasts."""

from django.template import Library
from django.template.loader import render_to_string

from mainstay.shell.rules import SHAPES
from mainstay.shell.tags.marks import check_meaning

register = Library()


@register.simple_block_tag
def menu(
    content: str, word: str, icon: str = "", side: str = "end", icon_only: bool = False, kind: str = "plain"
) -> str:
    """A menu of links and buttons behind a button; works without scripts."""
    return render_to_string(
        "shell/parts/menu.html",
        {"content": content, "word": word, "icon": icon, "side": side, "icon_only": icon_only, "kind": kind},
    )


@register.simple_block_tag
def dialog(content: str, name: str, title: str, width: str = "") -> str:
    """A native dialog, opened by any element with `data-opens="name"`. Content: text and a form."""
    return render_to_string(
        "shell/parts/dialog.html", {"content": content, "name": name, "title": title, "width": width}
    )


@register.simple_tag
def toast(text: str, meaning: str = "good") -> str:
    return render_to_string(
        "shell/parts/toast.html", {"text": text, "meaning": check_meaning(meaning), "shape": SHAPES[meaning]}
    )
