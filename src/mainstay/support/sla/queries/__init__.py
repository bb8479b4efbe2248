"""Reading promises and clocks."""

from mainstay.support.sla.queries.counters import (
    ShownClock,
    all_clocks,
    clocks_of,
    first_response_dues,
    next_promise,
)
from mainstay.support.sla.queries.promises import (
    CalendarCard,
    Cell,
    Expected,
    MatrixView,
    Preview,
    matrices,
    matrix_for,
    promise_preview,
)

__all__ = [
    "CalendarCard",
    "Cell",
    "Expected",
    "MatrixView",
    "Preview",
    "ShownClock",
    "all_clocks",
    "clocks_of",
    "first_response_dues",
    "matrices",
    "matrix_for",
    "next_promise",
    "promise_preview",
]
