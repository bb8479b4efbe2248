"""What agents write, and how an action's complaint gets to the field that caused it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Conflict, Invalid
from mainstay.support.tickets.labels import STATUSES
from mainstay.support.tickets.rules import Status, allowed_transitions

T = TypeVar("T")
REPLY, NOTE = "reply", "note"


def tried(form: forms.Form, act: Callable[[], T]) -> T | None:
    """The action's result; or None, with nothing changed and the complaint in the form."""
    try:
        with transaction.atomic():
            return act()
    except (Invalid, Conflict) as problem:
        for name, texts in problem.fields.items():
            for text in texts:
                form.add_error(name if name in form.fields else None, str(text))
        if not problem.fields:
            form.add_error(None, str(problem.detail))
    return None


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    widget = Files

    def clean(self, data: object, initial: object = None) -> list[object]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(ManyFiles, self).clean(one, initial) for one in given]


class WriteForm(forms.Form):
    """One box for both: what was typed survives a change of mind between reply and note."""

    kind = forms.ChoiceField(choices=[(REPLY, _("Reply")), (NOTE, _("Internal note"))])
    body = forms.CharField(label=_("Message"), strip=False, required=False, widget=forms.Textarea)
    then_status = forms.ChoiceField(label=_("Then set to"), required=False)
    attachments = ManyFiles(label=_("Files"), required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, status: Status, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        possible = allowed_transitions(status, is_staff=True)
        self.fields["then_status"].choices = [  # type: ignore[attr-defined]
            ("", _("Keep the status")),
            *((s.value, STATUSES[s]) for s in Status if s in possible and s is not Status.OPEN),
        ]

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if not str(cleaned.get("body") or "").strip() and not cleaned.get("attachments"):
            self.add_error("body", _("Write something first."))
        return cleaned
