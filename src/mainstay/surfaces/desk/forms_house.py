"""Forms of the settings and of a schedule. What is wrong with a value says the action."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from mainstay.core.house.labels import SETTINGS, choice_words
from mainstay.core.house.queries import Entry
from mainstay.core.house.rules import Widget
from mainstay.core.schedules.rules import LONGEST_MINUTES, SHORTEST_MINUTES, Rhythm, Timing
from mainstay.surfaces.portal.forms import zone_choices

WEEKDAYS: Final = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
RHYTHMS: Final = {
    Rhythm.DAILY: _("Every day"),
    Rhythm.WEEKLY: _("Every week"),
    Rhythm.MONTHLY: _("Every month"),
    Rhythm.INTERVAL: _("Every few minutes or hours"),
}


class _Text(forms.CharField):
    """Whether it may be empty says the setting's kind, not the form: nothing is called optional here."""

    def validate(self, value: Any) -> None:
        pass


class SettingsForm(forms.Form):
    """The settings that are shown of one group. Those that the environment fixes cannot be typed into."""

    use_required_attribute = False

    def __init__(self, *args: Any, entries: Sequence[Entry], may_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "setting-%s", **kwargs})
        for entry in entries:
            key = entry.definition.key
            is_locked = entry.fixed is not None or not may_change
            self.fields[key] = _Text(
                label=str(SETTINGS[key].name),
                help_text=str(SETTINGS[key].help),
                disabled=is_locked,
                initial=entry.value,
                widget=_widget(entry),
            )
            self.fields[f"seen_{key}"] = forms.CharField(
                required=False, strip=False, initial=entry.value, widget=forms.HiddenInput
            )


def _widget(entry: Entry) -> forms.Widget:
    kind, key = entry.definition.kind, entry.definition.key
    if kind.widget in (Widget.CHOICE, Widget.SWITCH):
        return forms.Select(choices=[(text, choice_words(key, text)) for text in kind.choices])
    if kind.widget is Widget.ZONE:
        return forms.Select(choices=zone_choices())
    if kind.widget is Widget.LINES:
        return forms.Textarea(attrs={"rows": 3})
    if kind.widget is Widget.NUMBER:
        return forms.NumberInput(attrs={"min": kind.least, "max": kind.most, "inputmode": "numeric"})
    limit = {"maxlength": kind.most} if kind.most else {}
    return {Widget.EMAIL: forms.EmailInput, Widget.LINK: forms.URLInput}.get(kind.widget, forms.TextInput)(
        limit
    )


class ScheduleForm(forms.Form):
    rhythm = forms.ChoiceField(label=_("How often"), choices=[(str(r), word) for r, word in RHYTHMS.items()])
    at = forms.TimeField(
        label=_("Time of day"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        required=False,
        help_text=_("Of every day, week or month."),
    )
    weekday = forms.TypedChoiceField(
        label=_("Day of the week"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Only for every week."),
    )
    day = forms.IntegerField(
        label=_("Day of the month"),
        min_value=1,
        max_value=31,
        required=False,
        help_text=_("Only for every month. In months that are shorter, the last day."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes in between"),
        min_value=SHORTEST_MINUTES,
        max_value=LONGEST_MINUTES,
        required=False,
        help_text=_("Only for every few minutes or hours."),
    )
    zone = forms.ChoiceField(label=_("Time zone"))
    is_enabled = forms.BooleanField(label=_("Runs by itself"), required=False)

    _NEEDED: Final = {Rhythm.MONTHLY: ("at", "day"), Rhythm.INTERVAL: ("minutes",)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].choices = zone_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        rhythm = given.get("rhythm")
        for name in self._NEEDED.get(Rhythm(rhythm), ("at",)) if rhythm else ():
            if given.get(name) is None and name not in self.errors:
                self.add_error(name, _("This is needed here."))
        return given

    @property
    def timing(self) -> Timing:
        given = self.cleaned_data
        return Timing(
            Rhythm(given["rhythm"]),
            at=given["at"] or time(0),
            weekday=given["weekday"] or 0,
            day=given["day"] or 1,
            minutes=given["minutes"] or 60,
        )


def initial_of(timing: Timing, zone: str, *, is_enabled: bool) -> dict[str, Any]:
    return {
        "rhythm": str(timing.rhythm),
        "at": timing.at,
        "weekday": timing.weekday,
        "day": timing.day,
        "minutes": timing.minutes,
        "zone": zone,
        "is_enabled": is_enabled,
    }
