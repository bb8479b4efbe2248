"""Mails that nobody could place: a person looks and decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Conflict, Invalid, NotFound
from mainstay.people.access.doors import staff_page
from mainstay.people.tenants.models import VerifiedDomain
from mainstay.people.tenants.queries import visible_tenants
from mainstay.people.tenants.rules import domain_of
from mainstay.support.channels.actions.triage import assign_mail, discard_mail, release_mail, restore_mail
from mainstay.support.channels.labels import KINDS, MARKS, REASONS, STATES, words_for
from mainstay.support.channels.models import InboundMail
from mainstay.support.channels.queries import raw_mail, read_mail, visible_mail
from mainstay.support.channels.rules import (
    CAN_BE_ASSIGNED,
    SEE_INBOUND,
    TRIAGE_INBOUND,
    WAITING_FOR_A_PERSON,
    MailState,
)
from mainstay.support.tickets.queries import visible_tickets
from mainstay.surfaces.desk.queries.customers import customers_like
from mainstay.surfaces.desk.queries.mails import COUNTED, inbound_count, inbound_page, safe_mail

MEANINGS: Final = {MailState.TRIAGE: "notice", MailState.HELD: "warning", MailState.QUARANTINED: "critical"}
_VIEWS: Final[dict[str, tuple[str | LazyText, frozenset[MailState]]]] = {
    "": (gettext_lazy("To decide"), WAITING_FOR_A_PERSON),
    "aside": (gettext_lazy("Set aside"), frozenset({MailState.SET_ASIDE, MailState.BOUNCE})),
    "discarded": (gettext_lazy("Not ours"), frozenset({MailState.DISCARDED})),
    "all": (gettext_lazy("All incoming"), frozenset()),
}


@require_GET
@staff_page
def triage(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_INBOUND)
    chosen = request.GET.get("view", "")
    if chosen not in _VIEWS:
        raise Invalid(fields={"view": [_("There is no such choice.")]})
    listing = inbound_page(actor, _VIEWS[chosen][1], after=request.GET.get("after", ""))
    waiting = inbound_count(actor, WAITING_FOR_A_PERSON)
    tabs = [
        {
            "word": word,
            "url": reverse("desk_triage") + (f"?view={name}" if name else ""),
            "is_current": name == chosen,
            "count": None if name else waiting if waiting < COUNTED else f"{COUNTED - 1}+",
        }
        for name, (word, _states) in _VIEWS.items()
    ]
    context = {
        "now": now(),
        "rows": [(mail, STATES[mail.state], _meaning(mail)) for mail in listing.rows],
        "next_cursor": listing.next_cursor,
        "tabs": tabs,
        "chosen": chosen,
    }
    return render(request, "desk/triage.html", context)


def _meaning(mail: InboundMail) -> str:
    return MEANINGS.get(MailState(mail.state), "neutral")


@require_GET
@staff_page
def mail(request: HttpRequest, actor: Actor, mail_id: UUID) -> HttpResponse:
    actor.require(SEE_INBOUND)
    row = visible_mail(actor, mail_id)
    try:
        shown = safe_mail(read_mail(actor, mail_id), image_label=_("Image"))
    except NotFound:
        shown = None  # the raw mail's time was up
    words = request.GET.get("q", "")
    context = {
        "now": now(),
        "mail": row,
        "shown": shown,
        "state_word": STATES[row.state],
        "meaning": _meaning(row),
        "reasons": words_for([*row.reasons, *row.marks], {**REASONS, **MARKS}),
        "kind_word": KINDS.get(row.kind, row.kind),
        "words": words,
        "found": customers_like(actor, words) if words else _likely(actor, row),
        "ticket_number": _number_of(actor, row),
        "may_decide": actor.may(TRIAGE_INBOUND),
        "is_waiting": row.state in WAITING_FOR_A_PERSON,
        "can_be_assigned": row.state in CAN_BE_ASSIGNED and bool(row.from_email),
    }
    return render(request, "desk/mail.html", context)


def _likely(actor: Actor, row: InboundMail) -> list[Any]:
    """Customers that the address speaks for: of one of their people, or of their mail domain."""
    if not row.from_email:
        return []
    found = customers_like(actor, row.from_email)
    if found:
        return found
    domains = VerifiedDomain.objects.filter(domain=domain_of(row.from_email)).values("tenant_id")
    return list(visible_tenants(actor).filter(id__in=domains)[:5])


def _number_of(actor: Actor, row: InboundMail) -> int | None:
    if row.ticket_id is None:
        return None
    return visible_tickets(actor).filter(id=row.ticket_id).values_list("number", flat=True).first()


@require_GET
@staff_page
def raw(request: HttpRequest, actor: Actor, mail_id: UUID) -> HttpResponse:
    """Byte by byte as it came; a download, never a page."""
    actor.require(SEE_INBOUND)
    response = HttpResponse(raw_mail(actor, mail_id), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{mail_id}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


Decision = Callable[[HttpRequest, Actor, UUID, datetime], str]


def _deciding(decide: Decision) -> Any:
    def view(request: HttpRequest, actor: Actor, mail_id: UUID) -> HttpResponse:
        try:
            with transaction.atomic():
                messages.success(request, decide(request, actor, mail_id, now()))
        except (Invalid, Conflict) as problem:
            texts = [str(text) for listed in problem.fields.values() for text in listed]
            messages.error(request, " ".join(texts) or str(problem.detail))
        return redirect("desk_mail", mail_id=mail_id)

    return require_POST(staff_page(view))


def _assign(request: HttpRequest, actor: Actor, mail_id: UUID, at: datetime) -> str:
    tenant = visible_tenants(actor).filter(slug=request.POST.get("customer", "")).first()
    if tenant is None:
        raise Invalid(fields={"customer": [_("There is no such customer.")]})
    assign_mail(actor, mail_id, tenant.id, at=at)
    return _("Given to %(customer)s; its ticket opens within moments.") % {"customer": tenant.name}


def _release(request: HttpRequest, actor: Actor, mail_id: UUID, at: datetime) -> str:
    release_mail(actor, mail_id, at=at)
    return _("Let in; it finds its place within moments.")


def _discard(request: HttpRequest, actor: Actor, mail_id: UUID, at: datetime) -> str:
    discard_mail(actor, mail_id, at=at)
    return _("Put aside as not ours. It is kept and can be taken back.")


def _restore(request: HttpRequest, actor: Actor, mail_id: UUID, at: datetime) -> str:
    restore_mail(actor, mail_id, at=at)
    return _("Taken back; it waits for a decision again.")


assign = _deciding(_assign)
release = _deciding(_release)
discard = _deciding(_discard)
restore = _deciding(_restore)
