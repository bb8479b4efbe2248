"""The order of the measurements: what only reads comes before what fills the tables."""

from __future__ import annotations

from collections.abc import Sequence

from bench import figures
from bench.house import House, catch_up
from bench.machine import database
from bench.stories import Size
from bench.table import Line


def measure(
    house: House, names: Sequence[str], *, tickets: int, runs: int, scale: float
) -> tuple[list[Line], str]:
    """The lines of the table, and a word about the database server where one was needed."""
    bench = figures.Bench(house, Size.of(tickets), runs, scale)
    lines: list[Line] = []
    if "due_time" in names:
        lines += figures.due_times(bench)
    if not set(names) - {"due_time"}:
        return lines, ""
    with house.open():
        small = None
        if "queue" in names:
            house.fresh_copy(figures.SMALL)
            with house.serving() as app, house.admin() as admin:
                small = figures.see_queue(bench, app, admin)
        house.fresh_copy(bench.size.tickets)
        with house.admin() as admin:
            server = database(admin)
            if "watch" in names:
                lines += figures.watch(bench, admin)
                catch_up()  # what was told is no work for the worker of the other figures
            if small is not None:
                lines += figures.queue_queries(bench, admin)
            if not set(names) - {"due_time", "watch"}:
                return lines, server
            with house.serving() as app:
                if small is not None:
                    lines += figures.queue_lines(bench, small, figures.see_queue(bench, app, admin))
                if "streams" in names:
                    lines += figures.streams(bench, app, admin)
                if "ticket" in names:
                    lines += figures.ticket(bench, app, admin)
                if "create" in names:
                    lines += figures.create(bench, app, admin)
                if "mail" in names:
                    lines += figures.mail(bench, app, admin)
    return lines, server
