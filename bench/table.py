"""Figures, and the one table they go into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Line:
    """`target` with its sign: "< 25" is reached by a median below, "≥ 200" by one that is not below."""

    figure: str
    unit: str
    values: Sequence[float]
    target: str
    notes: Sequence[str] = field(default=())

    @property
    def is_reached(self) -> bool:
        sign, _, bound = self.target.partition(" ")
        measured, wanted = median(self.values), float(bound.replace(",", ""))
        return {"<": measured < wanted, "≤": measured <= wanted, "≥": measured >= wanted}[sign]

    @property
    def measured(self) -> str:
        low, middle, high = min(self.values), median(self.values), max(self.values)
        if low == high:
            return f"{_number(middle)} {self.unit}".strip()
        return f"{_number(middle)} {self.unit} ({_number(low)}–{_number(high)})".replace("  ", " ")


HEAD = ("figure", "measured: median (lowest–highest)", "target", "reached")


def as_text(lines: Sequence[Line]) -> str:
    rows = [HEAD, *map(_cells, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([text[0], "─" * (sum(widths) + 6), *text[1:]]) + _notes(lines, "\n\n", "\n")


def as_markdown(lines: Sequence[Line]) -> str:
    rows = [HEAD, ("---", "---:", "---:", "---"), *map(_cells, lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + _notes(lines, "\n\n", "\n") + "\n"


def _cells(line: Line) -> tuple[str, str, str, str]:
    target = f"{line.target} {line.unit}".strip()
    return line.figure, line.measured, target, "yes" if line.is_reached else "NO"


def _notes(lines: Sequence[Line], before: str, between: str) -> str:
    said = list(dict.fromkeys(note for line in lines for note in line.notes))
    return before + between.join(f"- {note}" for note in said) if said else ""


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
