"""The house's settings: what there is (`house.py`), and how a text becomes a value (`kinds.py`)."""

from mainstay.core.house.rules.house import (
    CHANGE_SETTINGS,
    DEFINITIONS,
    SEE_SETTINGS,
    Definition,
    Group,
    House,
    house_of,
)
from mainstay.core.house.rules.kinds import ACCENTS, SHIPPED_LANGUAGES, Kind, Unfit, Widget

__all__ = [
    "ACCENTS",
    "CHANGE_SETTINGS",
    "DEFINITIONS",
    "SEE_SETTINGS",
    "SHIPPED_LANGUAGES",
    "Definition",
    "Group",
    "House",
    "Kind",
    "Unfit",
    "Widget",
    "house_of",
]
