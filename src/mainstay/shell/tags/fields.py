"""Buttons and parts of forms beyond what the form renderer does by itself."""

from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.template import Library
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mainstay.shell.tags.marks import _svg

register = Library()
_KINDS = ("plain", "primary", "danger", "quiet")


@register.simple_tag
def button(
    word: str,
    url: str | None = None,
    kind: str = "plain",
    icon: str = "",
    size: str = "",
    name: str = "",
    value: str = "",
    type: str = "submit",
    icon_only: bool = False,
    key: str = "",
    disabled: bool = False,
    **attributes: Any,
) -> SafeString:
    """A button, or with `url` a link that looks like one. Further attributes: `hx_get=…` becomes hx-get."""
    if url == "":  # a variable of another block, most likely: the link would silently become a submit button
        raise ValueError(f"button {word!r} has an empty url")
    if kind not in _KINDS:
        raise ValueError(f"button kind {kind!r} is not one of {_KINDS}")
    pairs: dict[str, Any] = {"class": "button", "data-kind": kind, "data-size": size, "data-key": key}
    if icon_only:
        pairs |= {"data-icon-only": True, "aria-label": word, "title": word}
    if url:
        pairs["href"] = url
    else:
        pairs |= {"type": type, "name": name, "disabled": disabled}
        if name:
            pairs["value"] = value or True
    pairs |= {key.replace("_", "-"): content for key, content in attributes.items()}
    tag = SafeString("a" if url else "button")
    inner = format_html(
        "{}{}", _svg(icon, 16, "") if icon else "", "" if icon_only else format_html("<span>{}</span>", word)
    )
    return format_html("<{}{}>{}</{}>", tag, _attributes(pairs), inner, tag)


def _attributes(pairs: dict[str, Any]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (SafeString(f" {name}") if value is True else format_html(' {}="{}"', name, value),)
            for name, value in pairs.items()
            if value not in ("", None, False)
        ),
    )


@register.filter
def is_check(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_files(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.FileInput)


@register.simple_tag
def file_drop(field: BoundField, limit: int = 0) -> str:
    """A field to drop files on, or to choose them; names and sizes are listed before sending."""
    return render_to_string(
        "shell/parts/file_drop.html",
        {
            "field": field,
            "multiple": getattr(field.field.widget, "allow_multiple_selected", False),
            "limit": limit or getattr(settings, "MAINSTAY_ATTACHMENT_LIMIT", 0),
        },
    )


@register.simple_tag
def file_link(name: str, url: str, size: int) -> SafeString:
    """An attachment as a link with its size."""
    return format_html(
        '<a class="file" href="{}">{}<span class="file-name">{}</span><span class="file-size">{}</span></a>',
        url,
        _svg("paperclip", 14, ""),
        name,
        file_size(size),
    )


@register.filter
def file_size(size: int) -> str:
    from django.utils.formats import localize

    from mainstay.shell.rules import readable_size

    number, unit = readable_size(int(size))
    return f"{localize(float(number)) if '.' in number else number} {unit}"


@register.simple_tag
def copy_field(value: str, label: str, name: str = "copy") -> str:
    """A value to be copied, such as a key that is shown once."""
    return render_to_string("shell/parts/copy_field.html", {"value": value, "label": label, "name": name})


@register.inclusion_tag("shell/forms/error_summary.html")
def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """For pages that place the fields of a form themselves."""
    return {"form": form}
