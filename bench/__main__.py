"""`./run bench [NAME…] [--size N] [--runs N] [--quick] [--write]`: prints one table."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from bench.house import House
from bench.machine import machine
from bench.table import Line, as_markdown, as_text
from mainstay.project.options import CHECKOUT

NAMES = ("due_time", "watch", "queue", "streams", "ticket", "create", "mail")
REPORT = CHECKOUT / "docs" / "performance.md"
_TITLE = """# Performance

Measured by `./run bench --write` on {day}: the embedded database as an installation has it, the processes as
`./run serve` starts them, a generated world. `./run bench --help` says how to measure parts or other sizes.

"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--size", type=int, default=200_000, help="tickets in the world (default: 200,000)")
    parser.add_argument("--runs", type=int, default=5, help="of each figure (default: 5)")
    parser.add_argument("--quick", action="store_true", help="two short runs each: a rough picture")
    parser.add_argument("--write", action="store_true", help=f"also into {REPORT.relative_to(CHECKOUT)}")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.names) - set(NAMES)):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    said, house = machine(), House()
    house.set_up()
    from bench.measuring import measure  # everything from here on needs Django's settings

    runs, scale = (2, 0.2) if given.quick else (given.runs, 1)
    lines, server = measure(house, given.names or NAMES, tickets=given.size, runs=runs, scale=scale)
    said += [server] if server else []
    print("\n".join(said) + "\n\n" + as_text(lines))
    if given.write:
        _write(REPORT, said, lines)
    return 0 if all(line.is_reached for line in lines) else 1


def _write(report: Path, said: list[str], lines: list[Line]) -> None:
    head = _TITLE.format(day=date.today().isoformat())  # noqa: DTZ011 – the day as people here count it
    report.write_text(head + "\n".join(f"- {one}" for one in said) + "\n\n" + as_markdown(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
