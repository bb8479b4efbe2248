"""What customers write: a new ticket, and a reply."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mainstay.support.tickets.labels import CATEGORIES, SEVERITIES
from mainstay.support.tickets.rules import DEFAULT_SEVERITY, ESCALATION_NOTE_LIMIT, SUBJECT_LIMIT
from mainstay.support.tickets.uploads import Upload


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class WithFiles(forms.Form):
    """The files themselves are stored before the form is looked at (`support.tickets.uploads`)."""

    attachments = forms.FileField(label=_("Files"), required=False, widget=FilesInput)

    def clean_attachments(self) -> None:
        return None

    def tell_refused(self, refused: list[Upload]) -> None:
        for upload in refused:
            text = _("%(name)s was not taken. %(problem)s")
            self.add_error("attachments", text % {"name": upload.filename, "problem": upload.problem})


class TicketForm(WithFiles):
    subject = forms.CharField(
        label=_("What is it about?"),
        error_messages={"required": _("Say in a few words what this is about.")},
        help_text=_("A few words, such as “Monthly report stays empty”."),
        widget=forms.TextInput(attrs={"maxlength": SUBJECT_LIMIT, "autocomplete": "off"}),
    )
    body = forms.CharField(
        label=_("What happens?"),
        error_messages={"required": _("Describe what happened.")},
        strip=False,
        help_text=_("What did you do, what did you expect, what did you see instead?"),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    severity = forms.ChoiceField(
        label=_("How much does it hold you up?"),
        choices=list(SEVERITIES.items()),
        initial=DEFAULT_SEVERITY.value,
        widget=forms.RadioSelect,
    )
    category = forms.ChoiceField(
        label=_("What kind of matter is it?"),
        required=False,
        choices=[("", _("I do not know")), *CATEGORIES.items()],
    )
    module = forms.CharField(
        label=_("Which part of the product?"),
        required=False,
        max_length=80,
        help_text=_("Such as “Reports” or “Mobile app”."),
    )
    requester = forms.EmailField(
        label=_("For a colleague"),
        required=False,
        help_text=_("The address of whom we are to answer. Empty: you."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "list": "colleagues"}),
    )

    is_platform_issue = forms.BooleanField(
        label=_("It is a fault of the product itself"),
        required=False,
        help_text=_(
            "Then it goes to the people who make the product at once, and your contact reads along. "
            "If you are not sure, leave it out."
        ),
    )

    def __init__(self, *args: Any, for_others: bool, of_portal_user: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if not for_others:
            del self.fields["requester"]
        if not of_portal_user:
            del self.fields["is_platform_issue"]

    field_order = (
        "subject",
        "body",
        "severity",
        "is_platform_issue",
        "attachments",
        "category",
        "module",
        "requester",
    )


class EscalateForm(forms.Form):
    severity = forms.ChoiceField(
        label=_("How much does it hold you up?"), choices=list(SEVERITIES.items()), widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("A word to them"),
        required=False,
        max_length=ESCALATION_NOTE_LIMIT,
        strip=False,
        help_text=_("What you found out already, for instance. Who asked does not see it."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ReplyForm(WithFiles):
    """A file may stand without words."""

    body = forms.CharField(
        label=_("Your answer"),
        error_messages={"required": _("Write a message.")},
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(
        self,
        *args: Any,
        has_files: bool = False,
        is_closed: bool = False,
        answers_for: str = "",
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.fields["body"].required = not has_files
        if answers_for:
            self.fields["body"].label = _("Answer in the name of %(organisation)s") % {
                "organisation": answers_for
            }
        elif is_closed:
            self.fields["body"].label = _("Write again")

    field_order = ("body", "attachments")
