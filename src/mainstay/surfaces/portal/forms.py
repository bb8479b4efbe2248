from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mainstay.core.house.current import house
from mainstay.people.access.labels import scope_choices
from mainstay.people.privacy.labels import WORDINGS
from mainstay.people.tenants.branding import NAME_LIMIT
from mainstay.people.tenants.labels import MEMBER_ROLES
from mainstay.people.tenants.rules import INVITABLE

LANGUAGE_WORDS = {"en": "English", "es": "Español"}


def language_choices(empty: Any = None) -> list[tuple[str, Any]]:
    named = [(code, LANGUAGE_WORDS.get(code, code)) for code in house().languages]
    return named if empty is None else [("", empty), *named]


def zone_choices() -> list[tuple[str, str]]:
    return [
        (zone, zone.replace("_", " "))
        for zone in sorted(zoneinfo.available_timezones())
        if "/" in zone or zone == "UTC"
    ]


def role_choices(roles: Sequence[str] = INVITABLE) -> list[tuple[str, Any]]:
    return [(str(role), MEMBER_ROLES[role]) for role in roles]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), max_length=320, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"))
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, roles: Sequence[str] = INVITABLE, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(roles)  # type: ignore[attr-defined]
        self.fields["language"].choices = language_choices(_("As the organisation"))  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, roles: Sequence[str] = INVITABLE, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(roles)  # type: ignore[attr-defined]


class ErasureForm(forms.Form):
    wording = forms.ChoiceField(
        label=_("What they wrote in tickets"),
        choices=list(WORDINGS.items()),
        widget=forms.RadioSelect,
        help_text=_("Tickets, numbers and times stay in either case: others wrote in them, too."),
    )
    confirmation = forms.CharField(
        label=_("The person's address, to confirm"),
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What uses it, so that you know it again.")
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("It stops working at the end of this day (UTC). Empty: it does not expire."),
    )

    def __init__(self, *args: Any, scopes: list[str], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = scope_choices(scopes)  # type: ignore[attr-defined]
        self.fields["expires_on"].widget.attrs["min"] = today.isoformat()


class BrandingForm(forms.Form):
    support_name = forms.CharField(
        label=_("Name of your support"),
        required=False,
        max_length=NAME_LIMIT,
        help_text=_("Stands in the head of each page and of each mail. Empty: your organisation's name."),
    )
    support_email = forms.CharField(
        label=_("E-mail"),
        required=False,
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    support_phone = forms.CharField(
        label=_("Phone"), required=False, max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    colour = forms.CharField(
        label=_("Colour"),
        required=False,
        max_length=7,
        help_text=_(
            "Such as #0a5c8f. We take its hue; how light or dark it is stays ours, so that all can be read."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    logo = forms.FileField(
        label=_("Logo"), required=False, help_text=_("PNG, JPEG, WebP or GIF, at most 512 KB.")
    )
    drop_logo = forms.BooleanField(label=_("Show no logo"), required=False)

    def clean_logo(self) -> None:
        """It is stored before the form is looked at."""
        return


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    language = forms.ChoiceField(label=_("Language"), required=False)
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    title = forms.CharField(label=_("Job title"), max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = language_choices(_("As the organisation"))  # type: ignore[attr-defined]
        self.fields["zone"].choices = [("", _("As the organisation")), *zone_choices()]  # type: ignore[attr-defined]
