"""Page heads, empty states, filters, tables, pagers, tabs, lists of facts."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, QueryDict
from django.template import Context, Library
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mainstay.shell.tags.marks import _svg, check_meaning

register = Library()


def address(context: Context, **changes: str | None) -> str:
    """The page's own address with some parameters changed; paging starts anew unless it is what changes."""
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def address_with(context: Context, **changes: str | None) -> str:
    """`{% address_with status="open" %}`: this page's filters with one changed; an empty value removes it."""
    return address(context, **{name: str(value) if value else None for name, value in changes.items()})


@register.simple_block_tag
def page_head(content: str, title: str, lead: str = "", back_url: str = "", back_word: str = "") -> str:
    """Page title with its one primary action (and perhaps quiet ones) as the block's content."""
    return render_to_string(
        "shell/parts/page_head.html",
        {"actions": content, "title": title, "lead": lead, "back_url": back_url, "back_word": back_word},
    )


@register.simple_block_tag
def empty(content: str, title: str, text: str = "", icon: str = "inbox") -> str:
    """Says what will be here and how to begin; the action is the block's content."""
    return format_html(
        '<div class="empty"><span class="empty-shape">{}</span><h2>{}</h2>{}{}</div>',
        _svg(icon, 24, ""),
        title,
        format_html("<p>{}</p>", text) if text else "",
        format_html('<div class="row">{}</div>', content) if content.strip() else "",
    )


@register.simple_block_tag
def notice(content: str, meaning: str = "notice", title: str = "") -> str:
    """A standing remark on the page, with the meaning's shape."""
    from mainstay.shell.rules import SHAPES

    return format_html(
        '<div class="notice" data-meaning="{}">{}<div>{}{}</div></div>',
        check_meaning(meaning),
        _svg(SHAPES[meaning], 16, ""),
        format_html("<strong>{}</strong> ", title) if title else "",
        content,
    )


@register.simple_block_tag
def card(content: str, title: str = "", aside: str = "") -> str:
    head = format_html(
        '<div class="card-head"><h2>{}</h2><span class="push muted small">{}</span></div>', title, aside
    )
    return format_html(
        '<section class="card">{}<div class="card-body">{}</div></section>', head if title else "", content
    )


@register.simple_block_tag(takes_context=True)
def filter_bar(context: Context, content: str, label: str = "") -> str:
    """A GET form: filters live in the address. Submits itself on change when scripts run."""
    request: HttpRequest | None = context.get("request")
    return format_html(
        '<form class="filters" method="get" role="search" aria-label="{}" data-filters>{}'
        '<button class="button no-script" type="submit">{}</button>{}</form>',
        label or _("Filters"),
        content,
        _("Apply"),
        format_html('<a class="button" data-kind="quiet" href="?">{}</a>', _("Clear filters"))
        if request and any(request.GET.values())
        else "",
    )


@register.simple_tag(takes_context=True)
def filter_select(
    context: Context, name: str, label: str, options: Sequence[tuple[str, str]], all_word: str = ""
) -> str:
    """One select of a filter bar; `options` are (value, word) pairs; the empty choice means all."""
    request: HttpRequest | None = context.get("request")
    chosen = request.GET.get(name, "") if request else ""
    return render_to_string(
        "shell/parts/filter_select.html",
        {
            "name": name,
            "label": label,
            "options": options,
            "chosen": chosen,
            "all_word": all_word or _("All"),
        },
    )


@register.simple_tag(takes_context=True)
def filter_search(context: Context, name: str = "q", label: str = "", key: str = "/") -> str:
    request: HttpRequest | None = context.get("request")
    return render_to_string(
        "shell/parts/filter_search.html",
        {
            "name": name,
            "label": label or _("Search"),
            "value": request.GET.get(name, "") if request else "",
            "key": key,
        },
    )


@register.simple_tag(takes_context=True)
def sort_head(context: Context, name: str, word: str, number: bool = False, default: str = "") -> SafeString:
    """A table head that sorts by click and keeps the filters. Sort lives in `?sort=name` or `?sort=-name`."""
    request: HttpRequest | None = context.get("request")
    sort = (request.GET.get("sort") if request else None) or default
    state, target, shape = "", name, "chevrons-up-down"
    if sort == name:
        state, target, shape = "ascending", f"-{name}", "arrow-up"
    elif sort == f"-{name}":
        state, target, shape = "descending", name, "arrow-down"
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}{}</a></th>',
        format_html(' aria-sort="{}"', state) if state else "",
        SafeString(" data-number") if number else "",
        address(context, sort=target),
        word,
        _svg(shape, 14, ""),
    )


@register.simple_tag(takes_context=True)
def pager(
    context: Context, next_cursor: str | None = None, previous_cursor: str | None = None, count: Any = None
) -> str:
    """Pages by key: `?after=cursor`, `?before=cursor`. `count` may be a number or words."""
    return render_to_string(
        "shell/parts/pager.html",
        {
            "next_url": address(context, after=next_cursor) if next_cursor else "",
            "previous_url": address(context, before=previous_cursor) if previous_cursor else "",
            "count": count,
        },
    )


@register.simple_block_tag
def tabs(content: str, label: str) -> str:
    """Tabs as links: `{% tabs "Views" %}{% tab … %}{% endtabs %}`."""
    return format_html('<nav class="tabs" aria-label="{}">{}</nav>', label, content)


@register.simple_tag
def tab(word: str, url: str, current: bool = False, count: int | None = None, icon: str = "") -> SafeString:
    return format_html(
        '<a href="{}"{}>{}{}{}</a>',
        url,
        SafeString(' aria-current="page"') if current else "",
        _svg(icon, 16, "") if icon else "",
        word,
        format_html(' <span class="count">{}</span>', count) if count is not None else "",
    )


@register.simple_block_tag
def facts(content: str) -> str:
    """A list of facts for sidebars: `{% facts %}{% fact "Plan" plan %}{% endfacts %}`."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.simple_tag
def fact(word: str, value: Any, none: str = "–") -> SafeString:
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", word, none if value in (None, "") else value)


@register.simple_tag
def figure(number: Any, label: str, url: str = "", unit: str = "") -> SafeString:
    """A number that links to its evidence."""
    inner = format_html(
        '<span class="figure-number">{}{}</span><span class="figure-label">{}</span>',
        number,
        format_html(" <small>{}</small>", unit) if unit else "",
        label,
    )
    return (
        format_html('<a class="figure" href="{}">{}</a>', url, inner)
        if url
        else format_html('<div class="figure">{}</div>', inner)
    )
