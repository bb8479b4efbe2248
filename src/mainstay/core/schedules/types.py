"""Work by the calendar. Each is one entry of `project/schedules.py`; the operator may move it or switch it off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mainstay.core.errors import Text
from mainstay.core.schedules.rules import Timing, timing

Run = Callable[[datetime], int]
"""Called as `run(now)` by a job, outside any scope; returns how many things it did. It may be run again for the
same moment (a worker died in the middle of it), so it works towards a state, or looks first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`key` is its identity in the database. `default` as in `rules.Timing`, in `zone`."""

    key: str
    name: Text
    help: Text
    default: str
    run: Run
    zone: str = "UTC"
    missed_after: timedelta = timedelta(hours=1)
    """Beginning later than this is a miss, of which the administrators hear."""

    @property
    def timing(self) -> Timing:
        return timing(self.default)


_plugged: dict[str, Schedule] = {}


def plug_schedules(schedules: Sequence[Schedule]) -> None:
    """Replace the table; called once by the project (and by tests that bring their own)."""
    found = {schedule.key: schedule for schedule in schedules}
    if len(found) != len(schedules):
        raise ValueError("a schedule is listed twice")
    for schedule in schedules:
        _ = schedule.timing  # a malformed default stops the start
    _plugged.clear()
    _plugged.update(found)


class _Names(Mapping[str, Text]):
    """Key → name, for sentences about schedules; asked when they are shown."""

    def __getitem__(self, key: str) -> Text:
        return _plugged[key].name

    def __iter__(self) -> Iterator[str]:
        return iter(_plugged)

    def __len__(self) -> int:
        return len(_plugged)


NAMES: Final[Mapping[str, Text]] = _Names()


def known_schedules() -> dict[str, Schedule]:
    """In the order of the table."""
    return dict(_plugged)
