"""Reads calendars and matrices written as YAML; an error names the path of what is wrong.

weekly:                             rows:
  monday: ["09:00-17:00"]             free:
holidays:                               P1: {first_response: 4 h, restore: {amount: 6 h, goal: true}}
  2026-12-24: ["09:00-13:00"]           P4: {}
  2026-12-25: []
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar

import yaml

from .calendar import WEEKDAYS, Calendar, hours_from_text
from .matrix import PLAN_HOURS, Amount, ClockKind, Matrix, Measure, Promise, Promises, Unit
from .timeline import Hours

LANGUAGES = ("en", "es")
SEVERITIES = ("P1", "P2", "P3", "P4")
OPERATOR_ZONE = "operator"
_UNITS = {"min": Unit.MINUTES, "h": Unit.HOURS, "day": Unit.DAYS, "days": Unit.DAYS}
_LONGEST = {Unit.MINUTES: 100_000, Unit.HOURS: 10_000, Unit.DAYS: 400}
Value = TypeVar("Value")


class _Loader(yaml.SafeLoader):
    """Dates stay text: YAML's own answer to 2026-13-24 is a bare ValueError without a place."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class PresetError(ValueError):
    """What is written is wrong; `path` says where."""

    def __init__(self, path: str, message: str):
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


@dataclass(frozen=True)
class CalendarPreset:
    """Hours without a place: the zone is the operator's unless one is written."""

    key: str
    version: int
    names: Mapping[str, str]
    zone: str | None
    weekly: tuple[Hours, ...]
    holidays: Mapping[date, Hours]

    def calendar(self, operator_zone: str) -> Calendar:
        return Calendar(self.key, self.zone or operator_zone, self.weekly, self.holidays)


def read_calendar(text: str) -> CalendarPreset:
    return calendar_from(parsed(text))


def calendar_from(content: object) -> CalendarPreset:
    """Of what YAML or JSON gave."""
    root = _Node(content, "")
    root.only("kind", "key", "version", "names", "zone", "weekly", "holidays")
    root.at("kind").equal("calendar")
    weekly = root.at("weekly")
    weekly.only(*WEEKDAYS)
    zone = root.at("zone").text(OPERATOR_ZONE)
    preset = CalendarPreset(
        key=root.at("key").text(),
        version=root.at("version").number(),
        names=_names(root),
        zone=None if zone == OPERATOR_ZONE else zone,
        weekly=tuple(_hours(weekly.at(day)) for day in WEEKDAYS),
        holidays={_date(node): _hours(node) for node in root.at("holidays").children()},
    )
    if not any(preset.weekly):
        raise PresetError("weekly", "at least one day needs opening hours")
    root.guard(lambda: preset.calendar("UTC"))
    return preset


def read_matrix(text: str) -> Matrix:
    return matrix_from(parsed(text))


def matrix_from(content: object) -> Matrix:
    root = _Node(content, "")
    root.only("kind", "key", "version", "names", "rows")
    root.at("kind").equal("matrix")
    rows = {plan.name: _severities(plan) for plan in root.at("rows").children()}
    if not rows:
        raise PresetError("rows", "at least one plan is needed")
    return Matrix(root.at("key").text(), root.at("version").number(), _names(root), rows)


def parsed(text: str) -> object:
    """YAML as it is written: dates and numbers with units stay text."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with less in it
    except yaml.YAMLError as error:
        raise PresetError("", f"this is not YAML: {error}") from None


def _names(root: "_Node") -> dict[str, str]:
    names = root.at("names")
    names.only(*LANGUAGES)
    return {language: names.at(language).text() for language in LANGUAGES}


def _hours(node: "_Node") -> Hours:
    return tuple(item.guard(partial(hours_from_text, item.text())) for item in node.items())


def _date(node: "_Node") -> date:
    return node.guard(lambda: date.fromisoformat(node.name))


def _severities(plan: "_Node") -> dict[str, Promises]:
    plan.only(*SEVERITIES)
    return {severity: _promises(plan.at(severity)) for severity in SEVERITIES}


def _promises(node: "_Node") -> Promises:
    node.only(*ClockKind)
    return tuple(_promise(kind, node.at(kind)) for kind in ClockKind if node.has(kind))


def _promise(kind: ClockKind, node: "_Node") -> Promise:
    if not isinstance(node.value, dict):
        return Promise(kind, _amount(node))
    node.only("amount", "calendar", "measure", "goal")
    measure = node.at("measure")
    if (written := measure.text(Measure.BUSINESS)) not in set(Measure):
        raise PresetError(measure.path, f"must be {' or '.join(Measure)}, not {written!r}")
    goal = node.at("goal")
    if goal.value not in (None, True, False):
        raise PresetError(goal.path, f"must be true or false, not {goal.value!r}")
    return Promise(
        kind=kind,
        amount=_amount(node.at("amount")),
        calendar=node.at("calendar").text(PLAN_HOURS),
        measure=Measure(written),
        is_goal=bool(goal.value),
    )


def _amount(node: "_Node") -> Amount:
    number, _, unit = node.text().partition(" ")
    if not (number.isascii() and number.isdigit()) or unit not in _UNITS:
        raise PresetError(node.path, f"must be like 15 min, 4 h or 2 days, not {node.value!r}")
    amount = Amount(int(number), _UNITS[unit])
    if not 1 <= amount.count <= _LONGEST[amount.unit]:
        raise PresetError(node.path, f"must be from 1 to {_LONGEST[amount.unit]} {amount.unit}, not {number}")
    return amount


@dataclass(frozen=True)
class _Node:
    """A value in the document that knows where it stands."""

    value: object
    path: str
    key: object = ""

    @property
    def name(self) -> str:
        return str(self.key)

    def at(self, key: str) -> "_Node":
        return _Node(self._mapping().get(key), self._path(key), key)

    def has(self, key: str) -> bool:
        return key in self._mapping()

    def children(self) -> list["_Node"]:
        return [_Node(value, self._path(key), key) for key, value in self._mapping().items()]

    def items(self) -> list["_Node"]:
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise PresetError(self.path, f"must be a list, not {self.value!r}")
        return [_Node(value, f"{self.path}[{index}]", index) for index, value in enumerate(self.value)]

    def text(self, default: str | None = None) -> str:
        if self.value is None and default is not None:
            return default
        if not isinstance(self.value, str) or not self.value.strip():
            raise PresetError(self.path, f"text is needed, not {self.value!r}")
        return self.value

    def number(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < 1:
            raise PresetError(self.path, f"a whole number from 1 is needed, not {self.value!r}")
        return self.value

    def equal(self, expected: str) -> None:
        if self.value != expected:
            raise PresetError(self.path, f"must be {expected}, not {self.value!r}")

    def only(self, *allowed: str) -> None:
        for key in self._mapping():
            if key not in allowed:
                raise PresetError(self._path(key), f"is not known here; known are {', '.join(allowed)}")

    def guard(self, make: Callable[[], Value]) -> Value:
        try:
            return make()
        except PresetError:
            raise
        except ValueError as error:
            raise PresetError(self.path, str(error)) from None

    def _mapping(self) -> dict[Any, object]:
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise PresetError(self.path, f"must be a mapping, not {self.value!r}")
        return self.value

    def _path(self, key: object) -> str:
        return f"{self.path}.{key}" if self.path else str(key)
