"""Every component in every state on one page, to look at and to test. Routed only where urls says so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core import clock
from mainstay.shell.context import Chrome, Flash, NavItem, Person, plain_chrome, with_current
from mainstay.shell.pages import error_page
from mainstay.shell.tags.times import Counter

LAYOUTS = ("desk", "split", "admin", "portal", "plain")


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class SampleForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"),
        choices=[("P1", gettext_lazy("P1 – System down")), ("P3", gettext_lazy("P3 – Minor problem"))],
        widget=forms.RadioSelect,
    )
    module = forms.ChoiceField(
        label=gettext_lazy("Module"),
        required=False,
        choices=[("", "–"), ("reports", gettext_lazy("Reports"))],
    )
    words = forms.CharField(
        label=gettext_lazy("What happens?"),
        help_text=gettext_lazy("What did you do, what did you expect, what did you see?"),
        widget=forms.Textarea,
    )
    attachments = forms.FileField(label=gettext_lazy("Attachments"), required=False, widget=Files)
    copy = forms.BooleanField(label=gettext_lazy("Send me a copy"), required=False)


def gallery_chrome(request: HttpRequest) -> Chrome:
    base = plain_chrome(request)
    surface = "portal" if request.path.endswith("/portal") else "desk"
    desk = (
        NavItem(_("Queue"), "/gallery/desk", "inbox", count=12, key="g q"),
        NavItem(_("Triage"), "/gallery/triage", "list-checks", count=3, key="g t"),
        NavItem(_("Customers"), "/gallery/admin", "building-2", key="g c"),
        NavItem(_("Reports"), "/gallery/reports", "chart-column"),
    )
    portal = (
        NavItem(_("My tickets"), "/gallery/portal", count=2),
        NavItem(_("Response times"), "/gallery/times"),
        NavItem(_("People"), "/gallery/people"),
    )
    return replace(
        base,
        operator_name="Northwind Software",
        surface=surface,
        home_url="/gallery/",
        nav=with_current(portal if surface == "portal" else desk, request.path),
        person=None
        if request.path.endswith("/plain")
        else Person("Ari Vega", role_line=_("Support agent"), key="ari"),
        sign_in_url="/gallery/plain",
        sign_out_url="/gallery/",
        accent=request.GET.get("accent", base.accent),
        flash=(Flash(_("The reply was sent.")),) if "flash" in request.GET else (),
    )


def _sample() -> dict[str, Any]:
    now = clock.now()
    hour = timedelta(hours=1)
    counters = [
        Counter(_("First response"), due_at=now + 3.2 * hour, warn_at=now + 2 * hour),
        Counter(_("First response"), due_at=now + 0.3 * hour, warn_at=now - hour),
        Counter(_("Restore"), due_at=now - 1.2 * hour),
        Counter(_("Restore"), word=_("paused"), meaning="neutral"),
        Counter(_("Restore"), word=_("met"), meaning="good"),
        None,
    ]
    people = ["Ana Ibáñez", "Félix Ortega", "Clara Nordström-Vanderbilt", "Gus", "Ari Vega", ""]
    subjects = [
        "Cannot export the monthly report since this morning",
        "Login loop on Android tablets in the field after updating to 4.12.1, all crews affected",
        "Invoice shows the wrong VAT number",
        "Hilfe: Synchronisation bricht ab",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "?",
    ]
    rows = [
        {
            "number": 4211 - 7 * n,
            "subject": subjects[n],
            "customer": ["Acme Construction", "Globex", "Initech International Holdings B.V."][n % 3],
            "plan": ["Enterprise", "Starter", "Business"][n % 3],
            "severity": f"P{n % 4 + 1}",
            "counter": counters[n],
            "assignee": people[(n * 2) % 6],
            "at": now - n * n * 9 * hour,
        }
        for n in range(6)
    ]
    bound = SampleForm({"severity": "P1", "words": "It is broken."})
    return {
        "now": now,
        "rows": rows,
        "counters": counters,
        "form": SampleForm(),
        "bad_form": bound,
        "soon": now + 1.2 * hour,
        "earlier": now - 76 * hour,
        "long_ago": now - timedelta(days=80),
        "just": now,
        "statuses": [("open", _("Open")), ("waiting", _("Waiting on customer")), ("resolved", _("Resolved"))],
        "severities": ["P1", "P2", "P3", "P4"],
        "meanings": ["good", "notice", "warning", "critical", "neutral", "accent"],
        "languages": [("en", "English"), ("es", "Español")],
    }


def gallery(request: HttpRequest, layout: str = "admin") -> HttpResponse:
    if layout.isdigit():
        return error_page(request, int(layout))
    if layout not in LAYOUTS:
        raise Http404
    context = {**_sample(), "chrome": gallery_chrome(request)}
    return render(request, f"shell/gallery/{layout}.html", context)
