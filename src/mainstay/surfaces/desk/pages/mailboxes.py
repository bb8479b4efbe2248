"""Mailboxes: where mail comes in, how each is doing, and what an administrator can do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Invalid, NotFound
from mainstay.people.access.doors import staff_page
from mainstay.shell.forms import told_at
from mainstay.support.channels.actions import mailboxes as actions
from mainstay.support.channels.labels import (
    AFTER_FETCH,
    ITEM_ERRORS,
    MAILBOX_KINDS,
    PROVIDERS,
    SECURITIES,
    TROUBLES,
)
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.queries import mailbox_counts, passed_over, visible_mailbox, visible_mailboxes
from mainstay.support.channels.rules import MailboxKind, Provider
from mainstay.surfaces.desk.forms_mailboxes import ImapForm, WebhookForm

_FORMS: Final[dict[str, type[ImapForm] | type[WebhookForm]]] = {
    MailboxKind.IMAP: ImapForm,
    MailboxKind.WEBHOOK: WebhookForm,
}
_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Light:
    """How it is doing, in words; the colour says the same."""

    word: str | LazyText
    meaning: str


def light(mailbox: Mailbox) -> Light:
    if not mailbox.is_enabled:
        return Light(gettext_lazy("Paused"), "neutral")
    if mailbox.trouble:
        return Light(gettext_lazy("Does not work"), "critical")
    if mailbox.kind == MailboxKind.WEBHOOK:
        if mailbox.last_mail_at:
            return Light(gettext_lazy("Works"), "good")
        return Light(gettext_lazy("Waits for its first mail"), "notice")
    if mailbox.checked_at:
        return Light(gettext_lazy("Works"), "good")
    return Light(gettext_lazy("Connecting"), "notice")


def why(mailbox: Mailbox) -> str | LazyText:
    return TROUBLES.get(mailbox.trouble, mailbox.trouble)


@require_GET
@staff_page
def mailboxes(request: HttpRequest, actor: Actor) -> HttpResponse:
    found = list(visible_mailboxes(actor))
    counts = mailbox_counts(actor)
    rows = [(one, light(one), why(one), MAILBOX_KINDS[one.kind], counts.get(one.id, 0)) for one in found]
    listener = settings.MAINSTAY_SMTP_LISTEN
    return render(request, "desk/mailboxes.html", {"rows": rows, "now": clock.now(), "listener": listener})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new_mailbox(request: HttpRequest, actor: Actor, mailbox_kind: str) -> HttpResponse:
    visible_mailboxes(actor)
    form = _form_of(mailbox_kind)(request.POST or None)
    if form.is_valid():
        with told_at(form):
            made = _add(actor, form, clock.now())
        if form.is_valid():
            messages.success(request, _("The mailbox is set up."))
            return redirect("desk_mailbox", mailbox_id=made.id)
    context = {"form": form, "kind_word": MAILBOX_KINDS[MailboxKind(mailbox_kind)]}
    return render(request, "desk/new_mailbox.html", context, status=422 if form.errors else 200)


def _form_of(kind: str) -> type[ImapForm] | type[WebhookForm]:
    if kind not in _FORMS:
        raise NotFound
    return _FORMS[kind]


def _add(actor: Actor, form: ImapForm | WebhookForm, at: datetime) -> Mailbox:
    if isinstance(form, WebhookForm):
        return actions.add_webhook_mailbox(actor, form.settings(), at=at)
    days = form.cleaned_data["import_days"]
    return actions.add_imap_mailbox(actor, form.settings(), import_days=days, at=at)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def edit_mailbox(request: HttpRequest, actor: Actor, mailbox_id: UUID) -> HttpResponse:
    mailbox = visible_mailbox(actor, mailbox_id)
    form = _form_of(mailbox.kind)(request.POST or None, mailbox=mailbox)
    if form.is_valid():
        with told_at(form):
            _change(actor, mailbox, form, clock.now())
        if form.is_valid():
            messages.success(request, _("The changes are saved."))
            return redirect("desk_mailbox", mailbox_id=mailbox.id)
    context = {"form": form, "mailbox": mailbox}
    return render(request, "desk/edit_mailbox.html", context, status=422 if form.errors else 200)


def _change(actor: Actor, mailbox: Mailbox, form: ImapForm | WebhookForm, at: datetime) -> None:
    if isinstance(form, WebhookForm):
        actions.change_webhook_mailbox(actor, mailbox.id, form.settings(), at=at)
    else:
        actions.change_imap_mailbox(actor, mailbox.id, form.settings(), at=at)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def mailbox(request: HttpRequest, actor: Actor, mailbox_id: UUID) -> HttpResponse:
    if request.method == "POST":
        messages.success(request, _act(actor, mailbox_id, request.POST.get("do", ""), clock.now()))
        if request.POST["do"] == "remove":
            return redirect("desk_mailboxes")
        return redirect("desk_mailbox", mailbox_id=mailbox_id)
    found = visible_mailbox(actor, mailbox_id)
    items = passed_over(actor, found, limit=_SHOWN)
    context = _context(found) | {
        "items": [(item, _error_words(item)) for item in items],
        "security": SECURITIES.get(found.security, ""),
        "after_fetch": AFTER_FETCH.get(found.after_fetch, ""),
        "provider": PROVIDERS.get(found.provider, ""),
        "addresses": _addresses(found),
    }
    return render(request, "desk/mailbox.html", context)


@require_GET
@staff_page
def mailbox_state(request: HttpRequest, actor: Actor, mailbox_id: UUID) -> HttpResponse:
    """The part that changes by itself; the page asks for it while something is under way."""
    return render(request, "desk/_mailbox_state.html", _context(visible_mailbox(actor, mailbox_id)))


def _context(found: Mailbox) -> dict[str, Any]:
    is_connecting = found.kind == MailboxKind.IMAP and found.is_enabled and not found.trouble
    return {
        "mailbox": found,
        "light": light(found),
        "why": why(found),
        "kind_word": MAILBOX_KINDS[found.kind],
        "is_imap": found.kind == MailboxKind.IMAP,
        "is_testing": found.test_asked_at is not None,
        "test_words": TROUBLES.get(found.test_trouble, found.test_trouble),
        "is_under_way": found.test_asked_at is not None or (is_connecting and found.checked_at is None),
        "now": clock.now(),
    }


def _error_words(item: MailboxItem) -> str | LazyText:
    return ITEM_ERRORS.get(item.error, item.error)


def _addresses(found: Mailbox) -> dict[str, str]:
    """What is entered at the provider."""
    if found.kind != MailboxKind.WEBHOOK:
        return {}
    base = f"{settings.MAINSTAY_URL}/api/v1/mail/{found.provider}/{found.token}"
    # Mailgun posts the whole mail to addresses that end so.
    inbound = f"{base}/mime" if found.provider == Provider.MAILGUN else base
    return {"inbound": inbound, "events": f"{base}/events"}


def _act(actor: Actor, mailbox_id: UUID, do: str, at: datetime) -> str:
    """The sentence that says what was done."""
    chosen: dict[str, tuple[Callable[..., Any], str]] = {
        "test": (actions.ask_for_test, _("The connection is being tested.")),
        "pause": (actions.pause_mailbox, _("Paused. What arrives stays where it is until it goes on.")),
        "resume": (actions.resume_mailbox, _("It goes on where it stopped.")),
        "again": (actions.fetch_again, _("What was passed over is tried again.")),
        "remove": (actions.remove_mailbox, _("The mailbox is removed. Its mails and tickets stay.")),
    }
    if do not in chosen:
        raise Invalid(fields={"do": [_("There is no such choice.")]})
    action, words = chosen[do]
    action(actor, mailbox_id, at=at)
    return words
