"""Forms of the mailboxes' pages. What is stored of a secret is never put into them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mainstay.support.channels.actions.mailboxes import ImapSettings, WebhookSettings
from mainstay.support.channels.labels import AFTER_FETCH, PROVIDERS, SECURITIES
from mainstay.support.channels.models import Mailbox
from mainstay.support.channels.rules import AfterFetch, Provider, Security

_KEPT = _("Empty: the one that is stored stays.")


def _secret(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, required=False, strip=False, max_length=1000, widget=widget, help_text=help_text
    )


class _MailboxForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("As your own people call it."))
    address = forms.EmailField(
        label=_("Address"), max_length=320, help_text=_("The address that customers write to.")
    )


class ImapForm(_MailboxForm):
    host = forms.CharField(label=_("Server"), max_length=255, help_text=_("For example imap.example.com."))
    security = forms.ChoiceField(label=_("Encryption"), choices=list(SECURITIES.items()))
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=993)
    username = forms.CharField(
        label=_("User name"), max_length=320, help_text=_("Often the same as the address.")
    )
    password = _secret(_("Password"), _("Providers with a second factor want an app password here."))
    folder = forms.CharField(label=_("Folder"), max_length=255, initial="INBOX")
    import_days = forms.IntegerField(
        label=_("Also take in mail of the last … days"),
        min_value=0,
        max_value=3650,
        initial=0,
        help_text=_("0: only what arrives from now on."),
    )
    after_fetch = forms.ChoiceField(
        label=_("Once a mail is taken in"),
        choices=list(AFTER_FETCH.items()),
        help_text=_("What becomes of it on the server. Here it is safe by then."),
    )
    move_to = forms.CharField(
        label=_("Move it to the folder"), max_length=255, required=False, help_text=_("Where it is moved.")
    )
    delete_after_days = forms.IntegerField(
        label=_("Delete it after … days"),
        min_value=1,
        max_value=3650,
        initial=30,
        required=False,
        help_text=_("Where it is deleted."),
    )

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        if mailbox is not None:
            names = [name for name in self.base_fields if name not in ("password", "import_days")]
            kwargs["initial"] = {name: getattr(mailbox, name) for name in names}
        super().__init__(*args, **kwargs)
        self.fields["password"].required = mailbox is None
        if mailbox is not None:
            del self.fields["import_days"]
            self.fields["password"].help_text = _KEPT
            self.fields["folder"].help_text = _(
                "With another folder or user, fetching begins anew: from now on."
            )

    def settings(self) -> ImapSettings:
        given = self.cleaned_data
        return ImapSettings(
            name=given["name"],
            address=given["address"],
            host=given["host"],
            port=given["port"],
            security=Security(given["security"]),
            username=given["username"],
            password=given["password"],
            folder=given["folder"],
            after_fetch=AfterFetch(given["after_fetch"]),
            move_to=given["move_to"],
            delete_after_days=given["delete_after_days"] or 30,
        )


class WebhookForm(_MailboxForm):
    provider = forms.ChoiceField(label=_("Provider"), choices=list(PROVIDERS.items()))
    secret = _secret(
        _("Key that the provider signs with"),
        _(
            "Mailgun: the HTTP webhook signing key. MailerSend: the secret of the inbound route. "
            "Mandrill: the webhook's key. The others sign nothing."
        ),
    )

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        if mailbox is not None:
            kwargs["initial"] = {name: getattr(mailbox, name) for name in ("name", "address", "provider")}
        super().__init__(*args, **kwargs)
        if mailbox is not None and mailbox.has_secret:
            self.fields["secret"].help_text = _KEPT

    def settings(self) -> WebhookSettings:
        given = self.cleaned_data
        return WebhookSettings(
            name=given["name"],
            address=given["address"],
            provider=Provider(given["provider"]),
            secret=given["secret"],
        )
