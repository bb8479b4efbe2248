from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def email_field() -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail"),
        max_length=320,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "inputmode": "email", "spellcheck": "false"}
        ),
    )


def new_password_field(label: Any = None) -> forms.CharField:
    return forms.CharField(
        label=label or _("New password"),
        strip=False,
        max_length=1000,
        help_text=_("At least 12 characters. Several words are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def present_password_field(label: Any = None) -> forms.CharField:
    return forms.CharField(
        label=label or _("Password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignInForm(forms.Form):
    """What the address's domain offers besides a password appears as soon as it is typed."""

    email = email_field()
    password = present_password_field()
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs |= {
            "hx-get": reverse_lazy("sign_in_offers"),
            "hx-trigger": "change",
            "hx-target": "#sign-in-offers",
            "hx-include": "[name=email],[name=next]",
        }


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("The six digits of your authenticator app, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autofocus": True,
            }
        ),
    )


class AddressForm(forms.Form):
    email = email_field()
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


class NewPasswordForm(forms.Form):
    password = new_password_field()


class ChangePasswordForm(forms.Form):
    present = present_password_field(_("Present password"))
    password = new_password_field()


class JoinForm(forms.Form):
    """Accepting an invitation, for somebody who has no account yet."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = new_password_field(_("Choose a password"))


class KnownJoinForm(forms.Form):
    """Accepting an invitation with the account that the address has already."""

    password = present_password_field(_("Your password"))


class SetupForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = email_field()
    password = new_password_field(_("Choose a password"))
