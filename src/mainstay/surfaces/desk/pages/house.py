"""The operator's settings: by group, each with where its value comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Malformed
from mainstay.core.house.actions import Wish, change_settings, reset_setting, undo_setting
from mainstay.core.house.labels import GROUPS, SETTINGS, Words, choice_words
from mainstay.core.house.queries import Entry, setting_entries
from mainstay.core.house.rules import CHANGE_SETTINGS, DEFINITIONS, Group, Widget
from mainstay.people.access.doors import staff_page
from mainstay.people.staff.queries import staff_names
from mainstay.shell.forms import told_at
from mainstay.surfaces.desk.forms_house import SettingsForm


@dataclass(frozen=True, slots=True)
class Line:
    entry: Entry
    field: BoundField
    seen: BoundField
    default: str
    previous: str
    unit: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    words: Words
    form: SettingsForm
    lines: Sequence[Line]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def settings(request: HttpRequest, actor: Actor) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()
    bound: dict[str, SettingsForm] = {}
    if request.method == "POST":
        actor.require(CHANGE_SETTINGS)
        form = _act(request, actor)
        if form is None:
            return redirect(f"{reverse('desk_settings')}{_back(request)}")
        bound[request.POST.get("group", "")] = form
    entries = setting_entries(actor)
    context = {
        "sections": _sections(actor, entries, wanted, bound),
        "may_change": actor.may(CHANGE_SETTINGS),
        "wanted": wanted,
        "now": clock.now(),
    }
    return render(request, "desk/settings.html", context, status=422 if bound else 200)


def _back(request: HttpRequest) -> str:
    group = request.POST.get("group", "")
    return f"#{group}" if group in {str(g) for g in Group} else ""


def _act(request: HttpRequest, actor: Actor) -> SettingsForm | None:
    """None when it is done; else the form with what is wrong."""
    what, _colon, key = request.POST.get("do", "").partition(":")
    at = clock.now()
    if what in ("reset", "undo"):
        if key not in DEFINITIONS:
            raise Malformed
        act = reset_setting if what == "reset" else undo_setting
        if act(actor, key, at=at):
            messages.success(request, _("“%(name)s” is back.") % {"name": SETTINGS[key].name})
        return None
    if what != "save":
        raise Malformed
    shown = [e for e in setting_entries(actor) if f"seen_{e.definition.key}" in request.POST]
    form = SettingsForm(request.POST, entries=shown, may_change=True)
    if form.is_valid():
        given = form.cleaned_data
        wishes = {
            e.definition.key: Wish(given[e.definition.key], seen=_plain(given[f"seen_{e.definition.key}"]))
            for e in shown
            if e.fixed is None
            and _plain(given[e.definition.key]) != _plain(given[f"seen_{e.definition.key}"])
        }
        changed: list[str] = []
        with told_at(form):
            changed = change_settings(actor, wishes, at=at)
        if form.is_valid():
            _say(request, changed)
            return None
    return form


def _plain(text: str) -> str:
    """Browsers send line ends as CRLF."""
    return text.replace("\r\n", "\n").strip()


def _say(request: HttpRequest, changed: Sequence[str]) -> None:
    if not changed:
        messages.info(request, _("Nothing was changed."))
        return
    said = ngettext("%(count)d setting is changed.", "%(count)d settings are changed.", len(changed))
    messages.success(request, said % {"count": len(changed)})


def _sections(
    actor: Actor, entries: Sequence[Entry], wanted: str, bound: dict[str, SettingsForm]
) -> list[Section]:
    names = staff_names(actor, {e.stored.changed_by for e in entries if e.stored and e.stored.changed_by})
    found: list[Section] = []
    for group, words in GROUPS.items():
        mine = [e for e in entries if e.definition.group == group and _fits(e, words, wanted)]
        form = bound.get(group) or SettingsForm(entries=mine, may_change=actor.may(CHANGE_SETTINGS))
        lines = [_line(e, form, names) for e in mine if e.definition.key in form.fields]
        if lines:
            found.append(Section(group, words, form, lines))
    return found


def _line(entry: Entry, form: SettingsForm, names: dict[Any, str]) -> Line:
    key = entry.definition.key
    return Line(
        entry,
        form[key],
        form[f"seen_{key}"],
        _shown(entry, entry.default),
        _shown(entry, entry.previous),
        str(SETTINGS[key].unit),
        names.get(entry.stored.changed_by, "") if entry.stored else "",
    )


def _shown(entry: Entry, text: str) -> str:
    if entry.definition.kind.widget in (Widget.CHOICE, Widget.SWITCH):
        return choice_words(entry.definition.key, text)
    unit = str(SETTINGS[entry.definition.key].unit)
    return f"{text} {unit}" if unit and text else text or _("nothing")


def _fits(entry: Entry, group: Words, wanted: str) -> bool:
    words = SETTINGS[entry.definition.key]
    inside = _folded(f"{words.name} {words.help} {group.name} {entry.definition.variable} {entry.value}")
    return all(part in inside for part in _folded(wanted).split())


def _folded(text: str) -> str:
    """Without accents and case, as people type when they look for something."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))
