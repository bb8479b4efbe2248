"""How much processor time each part spends: what stays comparable when others use the cores too."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from mainstay.project.supervisor.embedded import Embedded
from mainstay.project.testing.live_app import LiveApp

_TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """Between `__init__` and `spent`: seconds by part. What ended in between is not counted."""

    def __init__(self, app: LiveApp, embedded: Embedded) -> None:
        self._app, self._embedded = app, embedded
        self._before = self._now()

    def spent(self) -> dict[str, float]:
        return {part: seconds - self._before.get(part, 0.0) for part, seconds in self._now().items()}

    def per(self, count: int) -> str:
        """For a note below the table."""
        spent = {part: seconds * 1000 / count for part, seconds in self.spent().items()}
        parts = ", ".join(f"{part} {each:.2f}" for part, each in spent.items() if each >= 0.005)
        return f"{sum(spent.values()):.1f} ms of processor time each ({parts})"

    def _now(self) -> dict[str, float]:
        children = _children()
        found = {
            name: _seconds(_tree(self._app.process(name), children)) for name in ("web", "worker", "smtp")
        }
        data = self._embedded.data.resolve()
        return {**found, "database": _seconds(_working_in(data))}


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(path.parent.name))
    return found


def _tree(root: int, children: dict[int, list[int]]) -> list[int]:
    return [root, *(one for child in children.get(root, ()) for one in _tree(child, children))]


def _working_in(directory: Path) -> Iterable[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == directory:
                yield int(entry.name)


def _seconds(processes: Iterable[int]) -> float:
    ticks = 0
    for process in processes:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS
