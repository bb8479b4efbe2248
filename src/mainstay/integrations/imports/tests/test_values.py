"""One cell, one value: what can be read in two ways is asked (PPL-12)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.integrations.imports.labels import COLUMNS as COLUMN_WORDS
from mainstay.integrations.imports.labels import FAULTS, told
from mainstay.integrations.imports.rules import Kind, formula_safe
from mainstay.integrations.imports.rules.columns import (
    COLUMNS,
    clean,
    clean_row,
    columns_for,
    guess_mapping,
    mapping_faults,
)
from mainstay.integrations.imports.rules.values import (
    Given,
    Wrong,
    read_date,
    read_moment,
    read_number,
)

GIVEN = Given(
    now=datetime(2026, 3, 2, 9, tzinfo=UTC), zone="Europe/Madrid", zones=frozenset({"Europe/Madrid"})
)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_dates_in_every_order(day: date) -> None:
    assert read_date(day.isoformat()) == day
    assert read_date(f"{day:%Y/%m/%d}") == day
    assert read_date(f"{day:%d/%m/%Y}", "dmy") == day
    assert read_date(f"{day:%m/%d/%Y}", "mdy") == day
    assert read_date(f"{day:%d.%m.%Y}") == day
    if day.day > 12:
        assert read_date(f"{day:%d/%m/%Y}") == read_date(f"{day:%m/%d/%Y}") == day
    elif day.day != day.month:
        with pytest.raises(Wrong) as asked:
            read_date(f"{day:%d/%m/%Y}")
        assert asked.value.code == "ambiguous_date"
        assert day.isoformat() in asked.value.params.values()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31/02/2026", "no_such_day"),
        ("1/2/26", "short_year"),
        ("soon", "not_a_date"),
        ("0000-01-01", "not_a_date"),
    ],
)
def test_what_is_no_date(text: str, code: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read_date(text)
    assert wrong.value.code == code


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-01-15 10:30", 9),
        ("2026-01-15T10:30:00Z", 10),
        ("2026-01-15T10:30:00.123+05:00", 5),
        ("15/01/2026, 10:30 PM", 21),
        ("2026-01-15", 23),
    ],
)
def test_moments_are_of_the_files_zone_unless_they_say_so(text: str, hour: int) -> None:
    assert read_moment(text, GIVEN).hour == hour


def test_nothing_is_imported_from_the_future() -> None:
    with pytest.raises(Wrong, match="in_the_future"):
        read_moment("2026-03-03", GIVEN)


@given(st.decimals(0, 10**9, places=2))
def test_numbers_of_both_worlds(number: Decimal) -> None:
    english = f"{number:,.2f}"
    spanish = english.translate(str.maketrans(",.", ".,"))
    assert read_number(english, ".") == read_number(spanish, ",") == number
    assert read_number(f"{number:.2f}") == number
    assert read_number(f"€ {english}") == number


@pytest.mark.parametrize("text", ["1,234", "1.234", "12,345"])
def test_a_number_with_two_readings_is_asked(text: str) -> None:
    with pytest.raises(Wrong, match="ambiguous_number"):
        read_number(text)


@pytest.mark.parametrize("text", ["1.2.3", "1,23,456.7", "12 apples", "--1", "", "1e9"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(Wrong):
        read_number(text)


@given(st.sampled_from([c for columns in COLUMNS.values() for c in columns]), st.text(max_size=80))
def test_any_cell_becomes_a_value_or_a_fault_with_words(column: object, text: str) -> None:
    try:
        clean(column, text.strip() or "x", GIVEN)  # type: ignore[arg-type]
    except Wrong as wrong:
        found = wrong
    else:
        return
    assert told(FAULTS, found.code, found.params) != found.code


def test_every_column_has_its_word_and_a_right_example() -> None:
    for columns in COLUMNS.values():
        for column in columns:
            assert column.key in COLUMN_WORDS
            if column.example:
                clean(column, column.example, GIVEN)


@pytest.mark.parametrize("kind", list(Kind))
def test_headers_are_recognised(kind: Kind) -> None:
    keys = [column.key for column in COLUMNS[kind]]
    assert guess_mapping(kind, keys) == keys
    assert guess_mapping(kind, [key.replace("_", " ").title() for key in keys]) == keys


def test_headers_in_spanish_twice_and_unknown() -> None:
    header = ["Correo Electrónico", "NOMBRE", "email", "Favourite colour", ""]
    assert guess_mapping(Kind.PEOPLE, header) == ["email", "name", "", "", ""]


def test_a_mapping_needs_each_column_once() -> None:
    faults = mapping_faults(Kind.PEOPLE, ["email", "email"], is_tenant_side=False)
    assert {(f.column, f.code) for f in faults} == {("email", "chosen_twice"), ("customer", "not_chosen")}
    assert mapping_faults(Kind.PEOPLE, ["email"], is_tenant_side=True) == []


def row(cells: list[str], mapping: list[str]) -> tuple[dict[str, object], list[tuple[str, str]]]:
    columns = {c.key: c for c in columns_for(Kind.CUSTOMERS, is_tenant_side=False)}
    values, faults = clean_row(columns, mapping, cells, GIVEN)
    return values, [(f.column, f.code) for f in faults]


def test_ragged_rows() -> None:
    assert row(["Acme"], ["name", "plan"]) == ({"name": "Acme"}, [])
    assert row(["Acme", "business", "", ""], ["name", "plan"])[1] == []
    assert row(["Acme", "business", "left over"], ["name", "plan"])[1] == [("", "too_many_cells")]


def test_odd_characters() -> None:
    assert row(["Ac\0me"], ["name"])[1] == [("name", "has_nul")]
    assert row(["x" * 1_000_000], ["name"])[1] == [("name", "too_long")]
    assert row(["Acme\u202e"], ["name"])[0] == {"name": "Acme"}
    values, faults = row(["blue"], ["attribute:Colour"])
    assert (values, faults) == ({"attributes": {"Colour": "blue"}}, [])


@given(st.text(max_size=20))
def test_no_formula_leaves(text: str) -> None:
    safe = formula_safe(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe in (text, f"'{text}")
