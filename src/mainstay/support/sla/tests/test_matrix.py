"""SLA-2: the shipped matrices against the tables of the specification, written out."""

from datetime import timedelta

import pytest

from mainstay.support.sla.presets import calendar_presets, matrix_presets
from mainstay.support.sla.rules import (
    Calendar,
    ClockKind,
    UnknownPlanError,
    add_business_time,
    promises_for,
    terms_of_ticket,
)

from .test_calendar import at

KINDS = tuple(ClockKind)
CALENDARS = {key: preset.calendar("Europe/Madrid") for key, preset in calendar_presets().items()}

# plan: severity: (first and next response, restore, update, calendar of all)
CHEAP = {
    "P1": ("4 h", "goal 6 h", "1 h", "24x7"),
    "P2": ("24 h", None, "4 h", "plan-hours"),
    "P3": ("48 h", None, None, "plan-hours"),
    "P4": (None, None, None, "plan-hours"),
}


def paid(p1, p2, p3, p4):
    return {
        "P1": (p1, "2 h", "1 h", "24x7"),
        "P2": (p2, "8 h", "4 h", "plan-hours"),
        "P3": (p3, "2 days", None, "plan-hours"),
        "P4": (p4, None, None, "plan-hours"),
    }


STANDARD = {
    "free": CHEAP,
    "starter": CHEAP,
    "professional": paid("2 h", "8 h", "24 h", "48 h"),
    "business": paid("1 h", "4 h", "8 h", "24 h"),
    "enterprise": paid("15 min", "1 h", "4 h", "8 h"),
}
FOUR_STEP = {
    "starter": CHEAP,
    "growth": STANDARD["professional"],
    "pro": STANDARD["business"],
    "enterprise": STANDARD["enterprise"],
}


def shown(matrix_key: str) -> dict:
    table = {}
    for plan, severities in matrix_presets()[matrix_key].rows.items():
        for severity, promises in severities.items():
            for promise in promises:
                goal = "goal " if promise.is_goal else ""
                cell = (f"{goal}{promise.amount}", promise.calendar, promise.measure.value)
                table[plan, severity, promise.kind.value] = cell
    return table


def expected(rows: dict, first_measure: str = "business") -> dict:
    table = {}
    for plan, severities in rows.items():
        for severity, (response, restore, update, calendar) in severities.items():
            measure = "business" if severity == "P1" else first_measure
            cells = {
                "first_response": (response, calendar, measure),
                "next_response": (response, calendar, measure),
                "restore": (restore, calendar, "business"),
                "update": (update, calendar, "business"),
            }
            for kind, (amount, where, how) in cells.items():
                # The wall clock has no hours to name.
                if amount:
                    table[plan, severity, kind] = (amount, where, how)
    return table


def test_standard_is_the_table():
    assert shown("standard") == expected(STANDARD)


def test_standard_elapsed_counts_responses_by_the_wall_clock():
    assert shown("standard-elapsed") == expected(STANDARD, first_measure="elapsed")


def test_four_step_is_the_table():
    assert shown("four-step") == expected(FOUR_STEP)


@pytest.mark.parametrize(("plan", "response"), [("starter", "8 h"), ("pro", "4 h"), ("enterprise", "1 h")])
def test_three_tier_is_the_text(plan, response):
    cells = {key[1:]: cell for key, cell in shown("three-tier").items() if key[0] == plan}
    plan_hours = ("plan-hours", "business")
    assert cells == {
        **{(f"P{n}", "first_response"): (response, *plan_hours) for n in (1, 2, 3, 4)},
        **{(f"P{n}", "next_response"): (response, *plan_hours) for n in (1, 2, 3, 4)},
        ("P1", "restore"): ("2 h", "24x5", "business"),
        ("P2", "restore"): ("8 h", *plan_hours),
        ("P3", "restore"): ("2 days", *plan_hours),
        ("P1", "update"): ("1 h", "24x5", "business"),
        ("P2", "update"): ("4 h", *plan_hours),
    }


def test_every_preset_is_named_in_both_languages():
    presets = [*calendar_presets().values(), *matrix_presets().values()]
    assert sorted(preset.key for preset in presets) == sorted(
        ["8x5", "24x5", "24x7", "standard", "standard-elapsed", "three-tier", "four-step"]
    )
    assert all(set(preset.names) == {"en", "es"} and all(preset.names.values()) for preset in presets)


def test_shipped_hours():
    assert CALENDARS["8x5"] == Calendar("8x5", "Europe/Madrid", (((540, 1020),),) * 5 + ((), ()))
    assert CALENDARS["24x5"] == Calendar("24x5", "Europe/Madrid", (((0, 1440),),) * 5 + ((), ()))
    assert CALENDARS["24x7"].always_open


def test_two_days_are_twice_the_length_of_a_day_of_the_calendar():
    matrix = matrix_presets()["standard"]
    for hours, length in (("8x5", 16), ("24x5", 48), ("24x7", 48)):
        terms = terms_of_ticket(matrix, "enterprise", "P3", CALENDARS, hours)
        assert terms[ClockKind.RESTORE].amount == timedelta(hours=length)


def test_a_p2_of_saturday_waits_for_monday_and_24_hours_are_three_working_days():
    matrix = matrix_presets()["standard"]
    terms = terms_of_ticket(matrix, "free", "P2", CALENDARS, "8x5")[ClockKind.FIRST_RESPONSE]
    due = add_business_time(terms.calendar, at("2026-10-17T11:00", "Europe/Madrid"), terms.amount)
    assert due == at("2026-10-21T17:00", "Europe/Madrid")
    by_the_wall = matrix_presets()["standard-elapsed"]
    terms = terms_of_ticket(by_the_wall, "free", "P2", CALENDARS, "8x5")[ClockKind.FIRST_RESPONSE]
    due = add_business_time(terms.calendar, at("2026-10-17T11:00", "Europe/Madrid"), terms.amount)
    assert due == at("2026-10-18T11:00", "Europe/Madrid")


def test_best_effort_has_no_promise_and_an_unknown_plan_is_named():
    matrix = matrix_presets()["standard"]
    assert promises_for(matrix, "free", "P4") == ()
    with pytest.raises(UnknownPlanError, match="plan: 'gold' is not in the matrix 'standard', which has"):
        promises_for(matrix, "gold", "P1")
