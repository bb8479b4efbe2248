"""An event in words, in the reader's language and time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise as LazyText
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mainstay.core.events.types import event_types

_NOTHING = "–"


def sentence_of(name: str, data: Mapping[str, Any], who: str) -> str:
    """`who` is the actor's name as the reader may know it. An event of a newer or older release says its name."""
    known = event_types().get(name)
    if known is None:
        return name
    return filled_in(known.sentence, {**data, "actor": who}, known.words)


def filled_in(
    sentence: str | LazyText, data: Mapping[str, Any], words: Mapping[str, Mapping[str, str | LazyText]]
) -> str:
    """A sentence with `{field}`s; `words` says what a field's codes are called."""
    shown = {key: _shown(key, value, words.get(key, {})) for key, value in data.items()}
    return str(sentence).format_map(_Lenient(shown))


def _shown(key: str, value: Any, words: Mapping[str, str | LazyText]) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_shown(key, one, words) for one in value) or _NOTHING
    if isinstance(value, str) and value in words:
        return str(words[value])
    if key.endswith("_at") and isinstance(value, str):
        try:
            return date_format(localtime(datetime.fromisoformat(value)), "SHORT_DATETIME_FORMAT")
        except ValueError:
            return value
    return str(value)


class _Lenient(dict[str, str]):
    """A field that an event of an earlier release did not have."""

    def __missing__(self, key: str) -> str:
        return "…"
