from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.text.html import safe_link, sanitise_mail_html
from mainstay.core.text.markdown import render_markdown
from mainstay.core.text.plain import html_to_text, snippet
from mainstay.core.text.tests.vectors import LINKS, VECTORS
from mainstay.core.text.tests.walk import active_content

IMAGES = {"a": "/files/1"}
OWN = ("/files/1",)
FRAGMENTS = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(VECTORS),
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</b>",
                "<a",
                "href='http://x'>",
                "</a>",
                "<table>",
                "<tr>",
                "<td>",
                "</td>",
                "</table>",
                "<li>",
                "<ul>",
                "<!--",
                "-->",
            ]
        ),
        st.sampled_from(
            (
                "<",
                ">",
                "&",
                '"',
                "'",
                "</",
                "<!",
                "&lt;",
                "&#x3c;",
                "\x00",
                "\ud800",
                "<pre>\n",
                "<img src=cid:a>",
            )
        ),
    ),
    max_size=25,
).map("".join)


def test_the_walk_itself_finds_active_content() -> None:
    """The oracle must not be blind."""
    assert sum(bool(active_content(vector, OWN)) for vector in VECTORS) > 0.85 * len(VECTORS)


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_active_survives_in_mail(vector: str) -> None:
    for source in (
        vector,
        f"<p>before {vector} after</p>",
        f"<table><tr><td>{vector}",
        f"<a href='http://x'>{vector}",
    ):
        assert active_content(sanitise_mail_html(source, IMAGES), OWN) == []


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_active_survives_in_markdown(vector: str) -> None:
    for source in (
        vector,
        f"> {vector}",
        f"**{vector}**",
        f"- {vector}\n\n```\n{vector}\n```",
        f"[x]({vector})",
    ):
        assert active_content(render_markdown(source)) == []


@pytest.mark.parametrize("link", LINKS)
def test_no_code_in_markdown_links(link: str) -> None:
    for source in (f"[x]({link})", f"[x](<{link}>)", f"![x]({link})", f"<{link}>", f"[x][1]\n\n[1]: {link}"):
        assert active_content(render_markdown(source)) == []


@given(FRAGMENTS)
def test_sanitised_html_is_passive_and_stays_as_it_is(source: str) -> None:
    once = sanitise_mail_html(source, IMAGES)
    assert active_content(once, OWN) == []
    assert sanitise_mail_html(once, IMAGES) == once


@given(FRAGMENTS)
def test_markdown_is_passive(source: str) -> None:
    assert active_content(render_markdown(source)) == []


@given(FRAGMENTS)
def test_text_can_be_stored(source: str) -> None:
    text = html_to_text(source)
    assert "\x00" not in text
    text.encode("utf-8")


def test_links_open_apart_and_unfollowed() -> None:
    shown = sanitise_mail_html('<a href="https://acme.example/?a=1&b=2" class=x>here</a>')
    assert 'href="https://acme.example/?a=1&amp;b=2"' in shown
    assert 'target="_blank"' in shown
    assert 'rel="noopener noreferrer nofollow ugc"' in shown
    assert "class" not in shown


def test_images_of_the_mail_are_shown_and_remote_ones_are_links() -> None:
    assert sanitise_mail_html("<img src='CID:A' alt='plan' width=20>", IMAGES) == (
        '<img src="/files/1" alt="plan" width="20">'
    )
    remote = sanitise_mail_html('<img src="https://t.example/x.png" alt="logo">', image_label="Imagen")
    assert "<img" not in remote
    assert ">[Imagen: logo]</a>" in remote
    assert sanitise_mail_html('<img src="https://t.example/x.gif" width=1 height=1>') == ""
    assert (
        sanitise_mail_html(
            '<a href="https://x.example"><img src="https://t.example/l.png" alt="logo"></a>'
        ).count("<a")
        == 1
    )


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://x.example/a b", "https://x.example/ab"),
        ("HTTP://X.example", "HTTP://X.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("tel:+34 600", "tel:+34600"),
        ("java\u200bscript:alert(1)", None),
        ("ftp://x.example", None),
        ("https:x.example", None),
        ("relative/path", None),
        ("", None),
    ],
)
def test_safe_links(address: str, safe: str | None) -> None:
    assert safe_link(address) == safe


def test_broken_tables_become_tables() -> None:
    shown = sanitise_mail_html("<table>stray<tr><td>1<td>2<tr>3</table>end")
    assert shown == (
        "<table><tbody><tr><td>stray</td></tr><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></tbody></table>end"
    )


def test_words_are_not_lost_to_stray_brackets() -> None:
    for source in (
        "if a<b then",
        "x <- y",
        "unclosed <!-- comment",
        "<p>1 < 2 & 3 > 2",
        "<b",
        "<a href='never closed>text</a> more",
    ):
        assert "".join(c for c in html_to_text(source) if c.isalnum())
    assert html_to_text("if a<b then stop") == "if a<b then stop"
    assert html_to_text("before <!-- forgotten end. <b>after</b>") == "before forgotten end. after"


HOSTILE: dict[str, Callable[[int], str]] = {
    name: (lambda size, unit=unit: (unit * (size // len(unit) + 1))[:size])
    for name, unit in {
        "bold": "<b>",
        "div": "<div>",
        "p in b": "<b title=1><p>",
        "links": "<a href=http://x>",
        "tag": "<a ",
        "quote": '<a "',
        "less": "<",
        "comment": "<!--",
        "script": "<script>",
        "cells": "<table><td>",
        "row": "<table><a href=x><tr>x",
        "ends": "</p>",
        "entity": "&amp",
        "number": "&#",
        "list": "<ul><li>",
        "cite": "<blockquote>",
        "area": "<textarea>",
        "lines": "\n",
        "break": "<br>",
        "select": "<select>",
        "attribute": "<p a=1 b=2 c=3 d=4>",
        "slash": "<a/",
        "cdata": "<![CDATA[",
        "title": "</title><title>",
        "cite quote": '<blockquote type="cite">',
        "gmail": '<div class="gmail_quote"></div>',
        "from": "<div>From: x</div>",
    }.items()
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(60)
def test_a_megabyte_of_hostile_html_costs_little(name: str) -> None:
    """Measured at most 0.8 s; the time-out leaves room for a busy machine, not for quadratic time."""
    source = HOSTILE[name](1_000_000)
    assert len(sanitise_mail_html(source)) < 20 * len(source)
    assert len(html_to_text(source)) < 20 * len(source)


def test_plain_text_keeps_the_structure() -> None:
    text = html_to_text(
        "<h1>Plan</h1><p>See <a href='https://x.example/z'>this</a> or "
        "<a href='mailto:a@b.example'>a@b.example</a></p>"
        "<ul><li>one<li>two<ol start=3><li>x<li>y</ol></ul><table><tr><th>A<th>B<tr><td>1<td>2</table>"
        "<blockquote>said<br>before</blockquote><pre>a\n  b</pre>bye"
    )
    assert text == (
        "Plan\n\nSee this (https://x.example/z) or a@b.example\n\n- one\n- two\n3. x\n4. y\n\n"
        "A | B\n1 | 2\n\n"
        "> said\n> before\n\na\n  b\n\nbye"
    )


def test_snippets_end_at_a_word() -> None:
    assert snippet("one two\nthree four", 12) == "one two…"
    assert snippet("short") == "short"


def test_markdown_as_people_write_it() -> None:
    assert render_markdown("**hi**\nthere ~~no~~") == "<p><strong>hi</strong><br>\nthere <s>no</s></p>\n"
    assert "<table>" in render_markdown("|a|b|\n|-|-|\n|1|2|")
    assert 'href="https://x.example/p?a=1&amp;b=2"' in render_markdown("see https://x.example/p?a=1&b=2.")
    long_text = "<b>" + "word " * 20_000
    assert render_markdown(long_text).startswith("<p>&lt;b&gt;word")
