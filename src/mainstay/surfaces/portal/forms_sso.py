"""Forms of single sign-on, for customers and for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mainstay.people.access.providers.actions import ProviderDetails
from mainstay.people.access.providers.rules import LONGEST_ISSUER


class ProviderForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As people read it on the button: “Sign in with …”.")
    )
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=LONGEST_ISSUER,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "The provider's own address, letter by letter as in its discovery document. It cannot be changed later."
        ),
    )
    client_id = forms.CharField(
        label=_("Client ID"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again."),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["issuer"]
            self.fields["client_secret"].help_text = _("Empty: the present one stays.")

    def details(self) -> ProviderDetails:
        given = {name: value for name, value in self.cleaned_data.items() if name != "issuer"}
        return ProviderDetails(**{**given, "domains": tuple(given["domains"])})


class CustomerProviderForm(ProviderForm):
    domains = forms.MultipleChoiceField(
        label=_("Mail domains"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all verified ones, also later ones."),
    )
    creates_members = forms.BooleanField(
        label=_("Add people who are not known yet"),
        required=False,
        help_text=_(
            "Whoever the provider names with a verified address of these domains joins as a field user."
        ),
    )

    def __init__(self, *args: Any, domains: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domains"].choices = [(domain, domain) for domain in domains]  # type: ignore[attr-defined]
        if not domains:
            del self.fields["domains"]

    def details(self) -> ProviderDetails:
        self.cleaned_data.setdefault("domains", [])
        return super().details()


class StaffProviderForm(ProviderForm):
    domains = forms.CharField(
        label=_("Mail domains"),
        required=False,
        max_length=1000,
        help_text=_(
            "Of your own staff, with commas. The button appears for them; a first link needs one of them."
        ),
    )

    def clean_domains(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["domains"].split(",") if part.strip()]


class ClaimForm(forms.Form):
    domain = forms.CharField(
        label=_("Mail domain"), max_length=253, help_text=_("What stands after the @ in your addresses.")
    )
