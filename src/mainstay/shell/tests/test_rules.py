from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.shell import rules

MINUTES = {"minute": 1, "hour": 60, "day": 1440}


@pytest.mark.parametrize(
    ("span", "parts"),
    [
        (timedelta(seconds=59), []),
        (timedelta(minutes=1), [(1, "minute")]),
        (timedelta(minutes=72), [(1, "hour"), (12, "minute")]),
        (timedelta(hours=-2), [(2, "hour")]),
        (timedelta(hours=25), [(1, "day"), (1, "hour")]),
        (timedelta(days=3, hours=5), [(3, "day")]),
    ],
)
def test_a_span_is_said_in_one_or_two_units(span: timedelta, parts: list[tuple[int, str]]) -> None:
    assert [(part.count, part.unit) for part in rules.span_parts(span)] == parts


@given(st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=40)))
def test_a_span_is_never_said_longer_than_it_is(span: timedelta) -> None:
    parts = rules.span_parts(span)
    said = sum(part.count * MINUTES[part.unit] for part in parts)
    exact = abs(span.total_seconds()) / 60
    assert said <= exact < said + MINUTES[parts[-1].unit if parts else "minute"]
    assert rules.span_parts(-span) == parts


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Ibáñez", "AI"),
        ("Gus", "G"),
        ("", "?"),
        ("ana.maria@acme.test", "AT"),
        ("«Ana» de la Cruz", "DC"),
    ],
)
def test_initials(name: str, shown: str) -> None:
    assert rules.initials(name) == shown


@given(st.text())
def test_any_name_has_short_initials_and_a_steady_tint(name: str) -> None:
    assert rules.initials(name)
    assert rules.hue_of(name) == rules.hue_of(name) in range(8)


def test_the_current_item_is_the_longest_whole_prefix() -> None:
    urls = ["/desk", "/desk/triage", "/de", "/desk?status=open"]
    assert rules.current_index(urls, "/desk/triage/7") == 1
    assert rules.current_index(urls, "/desk/tickets/7") == 0
    assert rules.current_index(urls, "/deskside") is None


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, ("0", "B")),
        (999, ("999", "B")),
        (1000, ("1.0", "kB")),
        (9_949, ("9.9", "kB")),
        (999_600, ("1.0", "MB")),
        (25_000_000, ("25", "MB")),
        (7_200_000_000_000, ("7200", "GB")),
    ],
)
def test_sizes_are_readable(size: int, shown: tuple[str, str]) -> None:
    assert rules.readable_size(size) == shown


@pytest.mark.parametrize(("code", "level"), [("P1", 1), ("p3", 3), ("P9", 4), ("", 4), ("urgent", 4)])
def test_severity_levels(code: str, level: int) -> None:
    assert rules.severity_level(code) == level
