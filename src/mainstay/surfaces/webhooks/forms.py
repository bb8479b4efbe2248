from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import event_types
from mainstay.integrations.webhooks.rules import LONGEST_URL, event_choices
from mainstay.surfaces.portal.audit import AREAS


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        widget=forms.URLInput(
            attrs={"inputmode": "url", "placeholder": "https://example.com/hooks", "autocomplete": "off"}
        ),
        help_text=_("Where events are sent to by POST. Use https."),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=200,
        required=False,
        help_text=_("What receives them, so that you know it again."),
    )
    event_names = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none to get all, also those of later releases."),
    )

    def __init__(self, *args: Any, is_operators: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = event_choices(event_types(), is_operators=is_operators)
        self.fields["event_names"].choices = [  # type: ignore[attr-defined]
            (AREAS.get(area, area), [(name, name) for name in group])
            for area, group in groupby(names, key=lambda name: name.partition(".")[0])
        ]


class SinceForm(forms.Form):
    since = forms.DateField(
        label=_("From this day on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
