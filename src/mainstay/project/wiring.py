"""Who reacts to what: the one table. `now` runs in the same transaction, `later` by the worker's follower.

Reading it tells what the product does. An upper room reacts to a lower room's event; downwards it is a call.
"""

from __future__ import annotations

from collections.abc import Sequence

from mainstay.core.events.types import Happening
from mainstay.core.events.wiring import Later, NowHandler, plug

NOW: dict[type[Happening], Sequence[NowHandler]] = {}

LATER: Sequence[Later] = ()


def plug_in() -> None:
    plug(NOW, LATER)
