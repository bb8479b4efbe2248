from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event
from mainstay.core.house.labels import SETTINGS


@event(
    "setting.changed",
    subject="setting",
    sentence=_("{actor} changed the setting “{key}” from “{old}” to “{new}”"),
    visibility=Visibility.OPERATOR,
    words={"key": {key: words.name for key, words in SETTINGS.items()}},
)
@dataclass(frozen=True)
class SettingChanged(Happening):
    """`old` and `new` as they count, default or not."""

    setting_id: UUID
    key: str
    old: str
    new: str
