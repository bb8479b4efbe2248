"""Operators write calendars and matrices: what is wrong is said with its place."""

from datetime import date

import pytest

from mainstay.support.sla.rules import PresetError, read_calendar, read_matrix

CALENDAR = """
kind: calendar
key: shop
version: 2
names: {en: Shop, es: Tienda}
zone: Europe/Madrid
weekly:
  monday: ["09:00-14:00", "16:00-20:00"]
  saturday: ["22:00-02:00"]
holidays:
  2026-12-24: ["09:00-13:00"]
  2026-12-25: []
"""
MATRIX = """
kind: matrix
key: own
version: 1
names: {en: Own, es: Propia}
rows:
  basic:
    P1:
      first_response: 30 min
      restore: {amount: 1 day, calendar: 24x7, goal: true}
"""


def test_a_calendar_is_read():
    preset = read_calendar(CALENDAR)
    assert preset.weekly[0] == ((540, 840), (960, 1200))
    assert preset.holidays == {date(2026, 12, 24): ((540, 780),), date(2026, 12, 25): ()}
    assert preset.calendar("America/Lima").zone == "Europe/Madrid"
    without_zone = read_calendar(CALENDAR.replace("Europe/Madrid", "operator"))
    assert without_zone.calendar("America/Lima").zone == "America/Lima"


def test_a_matrix_is_read():
    promises = read_matrix(MATRIX).rows["basic"]["P1"]
    assert [(str(promise.amount), promise.is_goal) for promise in promises] == [
        ("30 min", False),
        ("1 days", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("kind: calendar", "kind: matrix", "kind"),
        ("key: shop", "key: ''", "key"),
        ("version: 2", "version: two", "version"),
        ("version: 2", "version: true", "version"),
        (", es: Tienda", "", "names.es"),
        ("es: Tienda", "es: Tienda, fr: Magasin", "names.fr"),
        ("Europe/Madrid", "Europe/Atlantis", ""),
        ("monday:", "lunes:", "weekly.lunes"),
        ('"16:00-20:00"', '"16:00-25:00"', "weekly.monday[1]"),
        ('"16:00-20:00"', "16", "weekly.monday[1]"),
        ('["22:00-02:00"]', "closed", "weekly.saturday"),
        ("2026-12-24", "2026-13-24", "holidays.2026-13-24"),
        ("2026-12-24:", "2026-12-24 10:00:00:", "holidays.2026-12-24 10:00:00"),
        ('["09:00-13:00"]', '["9h"]', "holidays.2026-12-24[0]"),
        ("holidays:", "holiday:", "holiday"),
    ],
)
def test_what_is_wrong_in_a_calendar_is_named(old, new, path):
    with pytest.raises(PresetError) as error:
        read_calendar(CALENDAR.replace(old, new))
    assert error.value.path == path
    assert str(error.value).startswith(path)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("30 min", "30 minutes", "rows.basic.P1.first_response"),
        ("30 min", "0 min", "rows.basic.P1.first_response"),
        ("30 min", "30", "rows.basic.P1.first_response"),
        ("1 day", "500 days", "rows.basic.P1.restore.amount"),
        ("amount: 1 day, ", "", "rows.basic.P1.restore.amount"),
        ("goal: true", "goal: maybe", "rows.basic.P1.restore.goal"),
        ("goal: true", "measure: sometimes", "rows.basic.P1.restore.measure"),
        ("goal: true", "golden: true", "rows.basic.P1.restore.golden"),
        ("first_response", "first_reply", "rows.basic.P1.first_reply"),
        ("P1:", "P5:", "rows.basic.P5"),
        ("  basic:", "  []:", ""),
    ],
)
def test_what_is_wrong_in_a_matrix_is_named(old, new, path):
    with pytest.raises(PresetError) as error:
        read_matrix(MATRIX.replace(old, new))
    assert error.value.path == path


@pytest.mark.parametrize("text", ["", "[]", "just words", "{unclosed", "kind: matrix\nrows: 3"])
def test_anything_else_is_refused(text):
    with pytest.raises(PresetError):
        read_matrix(text)
    with pytest.raises(PresetError):
        read_calendar(text)


def test_a_calendar_without_hours_is_refused():
    with pytest.raises(PresetError, match="weekly: at least one day"):
        read_calendar("kind: calendar\nkey: x\nversion: 1\nnames: {en: X, es: X}")
