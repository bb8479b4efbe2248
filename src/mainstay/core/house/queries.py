from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from mainstay.core.actor import Actor
from mainstay.core.house.models import HouseSetting
from mainstay.core.house.rules import DEFINITIONS, SEE_SETTINGS, Definition


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting as it stands. All values as texts."""

    definition: Definition
    default: str
    stored: HouseSetting | None
    fixed: str | None
    """Given by the environment, which beats what is stored."""

    @property
    def value(self) -> str:
        if self.fixed is not None:
            return self.definition.kind.written(self.fixed)
        stored = self.stored.value if self.stored else None
        return self.default if stored is None else stored

    @property
    def is_changed(self) -> bool:
        return self.value != self.default

    @property
    def can_be_undone(self) -> bool:
        return self.stored is not None and self.stored.value != self.stored.previous and self.fixed is None

    @property
    def previous(self) -> str:
        previous = self.stored.previous if self.stored else None
        return self.default if previous is None else previous


def default_of(key: str) -> str:
    return str(settings.MAINSTAY_HOUSE_DEFAULTS.get(key, DEFINITIONS[key].default))


def setting_entries(actor: Actor) -> list[Entry]:
    actor.require(SEE_SETTINGS)
    rows = {row.key: row for row in HouseSetting.objects.filter(key__in=DEFINITIONS)}
    fixed = settings.MAINSTAY_HOUSE_FIXED
    return [Entry(d, default_of(key), rows.get(key), fixed.get(key)) for key, d in DEFINITIONS.items()]
