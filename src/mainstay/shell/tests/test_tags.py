from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from selectolax.lexbor import LexborHTMLParser

from mainstay.shell.context import Chrome
from mainstay.shell.tags.times import Counter

NOW = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)


def shown(source: str, address: str = "/desk", **context: object) -> LexborHTMLParser:
    request = RequestFactory().get(address)
    chrome = Chrome(zone="Europe/Madrid")
    template = Template("{% load shell %}" + source)
    html = template.render(Context({"now": NOW, "chrome": chrome, "request": request, **context}))
    return LexborHTMLParser(html)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=72), "in 1 h 12 min"),
        (timedelta(seconds=30), "in under a minute"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(days=-3), "3 days ago"),
        (timedelta(days=-80), "8 Jan 2026"),
    ],
)
def test_a_moment_is_said_as_people_say_it(ahead: timedelta, words: str) -> None:
    node = shown("{% moment at %}", at=NOW + ahead).css_first("time")
    assert node.text() == words


def test_a_moment_carries_its_exact_time_in_the_readers_zone() -> None:
    # an hour after the clocks went forward in Madrid
    node = shown("{% moment at %}", at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC)).css_first("time")
    assert node.attributes["title"] == "29 Mar 2026, 03:30 CEST"
    assert node.attributes["datetime"] == "2026-03-29T01:30:00+00:00"


@pytest.mark.parametrize(
    ("counter", "text", "meaning"),
    [
        (Counter("First response", NOW + timedelta(hours=3), NOW + timedelta(hours=2)), "3 h left", "good"),
        (Counter("First response", NOW + timedelta(minutes=17), NOW), "17 min left", "warning"),
        (Counter("Restore", NOW, NOW), "just over", "critical"),
        (Counter("Restore", NOW - timedelta(minutes=72)), "1 h 12 min over", "critical"),
        (Counter("Restore", word="paused", meaning="neutral"), "paused", "neutral"),
    ],
)
def test_a_counter_changes_word_and_shape(counter: Counter, text: str, meaning: str) -> None:
    page = shown("{% sla_counter counter %}", counter=counter)
    node = page.css_first(".counter")
    assert node.css_first(".counter-time").text() == text
    assert node.attributes["data-meaning"] == meaning
    assert page.css_first(f'svg[data-shape="{meaning}"]') is not None
    assert ("data-counter" in node.attributes) == (counter.due_at is not None)


def test_no_counter_says_so() -> None:
    assert shown("{% sla_counter none %}", none=None).css_first(".sr-only").text() == "no deadline"


@pytest.mark.parametrize(
    "source",
    [
        "{% badge word %}",
        "{% button word %}",
        "{% button word url=word %}",
        "{% person word %}",
        "{% fact word word %}",
        "{% tab word '#x' %}",
        "{% page_head word lead=word %}{% endpage_head %}",
        "{% empty word text=word %}{% endempty %}",
        "{% copy_field word word %}",
        "{% file_link word '/f' 12 %}",
        "{% message 'customer' word now %}{{ word }}{% endmessage %}",
        "{% timeline_item now %}{{ word }}{% endtimeline_item %}",
        "{% toast word %}",
        "{% figure word word %}",
        "{% progress 3 label=word %}",
        "{% dialog 'd' word %}{% enddialog %}",
        "{% menu word %}{% endmenu %}",
        "{% icon 'x' label=word %}",
        "{% severity word %}",
        "{% avatar word initials=word %}",
        "{% kbd word %}",
        "{% facts %}{{ word }}{% endfacts %}",
    ],
)
def test_what_people_wrote_is_never_markup(source: str) -> None:
    page = shown(source, word="<script>alert(1)</script><img src=x onerror=alert(1)>")
    assert not page.css("script, img")


@pytest.mark.parametrize(
    "source", ["{% badge 'x' meaning='blue' %}", "{% icon 'x' size=17 %}", "{% button 'x' kind='big' %}"]
)
def test_a_wrong_word_in_a_template_is_found_at_once(source: str) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        shown(source)


def test_sort_links_keep_the_filters_and_start_paging_anew() -> None:
    page = shown(
        '<table><tr>{% sort_head "due" "Due" %}</tr></table>', "/desk?status=open&after=abc&sort=due"
    )
    head = page.css_first("th")
    assert head.attributes["aria-sort"] == "ascending"
    assert head.css_first("a").attributes["href"] == "?status=open&sort=-due"


def test_the_pager_keeps_the_filters() -> None:
    page = shown('{% pager next_cursor="n" previous_cursor="p" %}', "/desk?status=open&after=abc")
    assert [node.attributes["href"] for node in page.css("a")] == [
        "?status=open&before=p",
        "?status=open&after=n",
    ]


def test_the_filter_bar_shows_what_is_chosen() -> None:
    options = [("open", "Open"), ("closed", "Closed")]
    page = shown(
        '{% filter_bar %}{% filter_search %}{% filter_select "status" "Status" options %}{% endfilter_bar %}',
        "/desk?status=closed&q=%3Cb%3E",
        options=options,
    )
    assert page.css_first("option[selected]").text() == "Closed"
    assert page.css_first("input[name=q]").attributes["value"] == "<b>"
    assert page.css_first("a.button").attributes["href"] == "?"


class Sample(forms.Form):
    subject = forms.CharField(label="Subject", help_text="A few words")
    severity = forms.ChoiceField(choices=[("P1", "One"), ("P2", "Two")], widget=forms.RadioSelect)
    files = forms.FileField(required=False)
    copy = forms.BooleanField(required=False)


def test_a_form_shows_errors_at_the_field_and_summed_on_top() -> None:
    form = Sample({"severity": "P9"})
    page = shown("{{ form }}", form=form)
    links = page.css(".error-summary a")
    assert [link.attributes["href"] for link in links] == ["#id_subject", "#id_severity"]
    field = page.css_first("#id_subject")
    assert field.attributes["aria-invalid"] == "true"
    described = field.attributes["aria-describedby"].split()
    assert all(page.css_first(f"#{name}") is not None for name in described)
    for link in links:
        assert page.css_first(link.attributes["href"]) is not None


def test_a_form_marks_what_is_optional_and_offers_a_place_for_files() -> None:
    page = shown("{{ form }}", form=Sample())
    assert page.css_first('label[for="id_files"] .field-optional') is not None
    assert page.css_first('label[for="id_subject"] .field-optional') is None
    assert page.css_first("[data-drop] input[type=file]").attributes["id"] == "id_files"
    assert page.css_first(".error-summary") is None
