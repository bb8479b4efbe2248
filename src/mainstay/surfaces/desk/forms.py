"""What agents write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from mainstay.support.tickets.labels import CATEGORIES, SEVERITIES, SOURCES, STATUSES
from mainstay.support.tickets.rules import SUBJECT_LIMIT, Severity, Source, Status, allowed_transitions

REPLY, NOTE = "reply", "note"


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class WriteForm(forms.Form):
    """One box for both: what was typed survives a change of mind between reply and note."""

    kind = forms.ChoiceField(choices=[(REPLY, _("Reply")), (NOTE, _("Internal note"))])
    body = forms.CharField(label=_("Message"), strip=False, required=False, widget=forms.Textarea)
    then_status = forms.ChoiceField(label=_("Then set to"), required=False)
    attachments = forms.FileField(label=_("Files"), required=False, widget=Files)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, status: Status, has_files: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_files = has_files
        possible = allowed_transitions(status, is_handler=True)
        self.fields["then_status"].choices = [  # type: ignore[attr-defined]
            ("", _("Keep the status")),
            *((s.value, STATUSES[s]) for s in Status if s in possible and s is not Status.OPEN),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not str(cleaned.get("body") or "").strip() and not self.has_files:
            self.add_error("body", _("Write something first."))
        return cleaned


class NewTicketForm(forms.Form):
    """On behalf of a customer who called or wrote elsewhere."""

    email = forms.CharField(
        label=_("Requester's e-mail"),
        max_length=320,
        widget=forms.EmailInput({"list": "people", "autocomplete": "off"}),
        help_text=_("Somebody who is not known yet becomes a contact of the customer."),
    )
    name = forms.CharField(label=_("Requester's name"), max_length=200, required=False)
    source = forms.ChoiceField(
        label=_("How it reached us"),
        choices=[(s.value, SOURCES[s]) for s in (Source.PHONE, Source.EMAIL, Source.PORTAL)],
    )
    subject = forms.CharField(label=_("Subject"), max_length=SUBJECT_LIMIT)
    body = forms.CharField(label=_("What the customer says"), strip=False, widget=forms.Textarea)
    severity = forms.ChoiceField(
        label=_("Severity"),
        choices=[(code, format_lazy("{} – {}", code, word)) for code, word in SEVERITIES.items()],
        initial=Severity.P3.value,
    )
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", "–"), *CATEGORIES.items()]
    )
    module = forms.CharField(label=_("Module"), max_length=80, required=False)
    attachments = forms.FileField(label=_("Files"), required=False, widget=Files)
