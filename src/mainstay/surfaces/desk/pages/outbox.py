"""Mails that went out, or should have."""

from __future__ import annotations

from typing import Final
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
from mainstay.core.errors import Conflict, Invalid
from mainstay.core.text.html import sanitise_mail_html
from mainstay.people.access.doors import staff_page
from mainstay.people.messages.actions import lift_suppression, send_again
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.queries import visible_delivery
from mainstay.people.messages.rules import AUTOMATIC_CAP, MANAGE_OUTBOX, SEE_OUTBOX, DeliveryState, Refusal
from mainstay.people.tenants.rules import clean_email
from mainstay.surfaces.desk.queries.mails import delivery_page, suppression_of

STATE_WORDS: Final[dict[str, str | LazyText]] = {
    DeliveryState.QUEUED: gettext_lazy("Waiting"),
    DeliveryState.SENT: gettext_lazy("Sent"),
    DeliveryState.FAILED: gettext_lazy("Given up"),
    DeliveryState.SUPPRESSED: gettext_lazy("Held back"),
}
MEANINGS: Final = {
    DeliveryState.QUEUED: "notice",
    DeliveryState.SENT: "good",
    DeliveryState.FAILED: "critical",
    DeliveryState.SUPPRESSED: "warning",
}


def _problem(row: Delivery) -> str:
    """In the reader's words; a mail server's answer stays as it was given."""
    if row.error == Refusal.ADDRESS:
        return _("Mails to this address came back, so it is not written to.")
    if row.error == Refusal.CAP:
        return _("More than %(cap)d automatic mails to this address within an hour.") % {"cap": AUTOMATIC_CAP}
    return row.error


@require_GET
@staff_page
def outbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_OUTBOX)
    state, email = request.GET.get("state", ""), clean_email(request.GET.get("email", ""))
    if state and state not in {s.value for s in DeliveryState}:
        raise Invalid(fields={"state": [_("There is no such choice.")]})
    listing = delivery_page(actor, state=state, email=email, after=request.GET.get("after", ""))
    tabs = [
        {
            "word": word,
            "url": reverse("desk_outbox") + (f"?state={code}" if code else ""),
            "is_current": code == state,
        }
        for code, word in (("", _("All")), *STATE_WORDS.items())
    ]
    context = {
        "now": now(),
        "rows": [
            (d, STATE_WORDS[d.state], MEANINGS[DeliveryState(d.state)], _problem(d)) for d in listing.rows
        ],
        "next_cursor": listing.next_cursor,
        "tabs": tabs,
        "is_filtered": bool(state or email),
    }
    return render(request, "desk/outbox.html", context)


@require_GET
@staff_page
def delivery(request: HttpRequest, actor: Actor, delivery_id: UUID) -> HttpResponse:
    actor.require(SEE_OUTBOX)
    row = visible_delivery(actor, delivery_id)
    context = {
        "now": now(),
        "delivery": row,
        "html": "" if row.is_secret else sanitise_mail_html(row.html, image_label=_("Image")),
        "state_word": STATE_WORDS[row.state],
        "problem": _problem(row),
        "meaning": MEANINGS[DeliveryState(row.state)],
        "suppression": suppression_of(row.email),
        "may_manage": actor.may(MANAGE_OUTBOX),
        "can_be_sent": row.state in (DeliveryState.FAILED, DeliveryState.SUPPRESSED),
    }
    return render(request, "desk/delivery.html", context)


@require_POST
@staff_page
def again(request: HttpRequest, actor: Actor, delivery_id: UUID) -> HttpResponse:
    try:
        with transaction.atomic():
            send_again(actor, delivery_id, at=now())
        messages.success(request, _("It is sent again within moments."))
    except Conflict:
        messages.error(request, _("Only mails that were given up or held back can be sent again."))
    return redirect("desk_delivery", delivery_id=delivery_id)


@require_POST
@staff_page
def lift(request: HttpRequest, actor: Actor, delivery_id: UUID) -> HttpResponse:
    row = visible_delivery(actor, delivery_id)
    lift_suppression(actor, row.email)
    messages.success(request, _("%(email)s is written to again.") % {"email": row.email})
    return redirect("desk_delivery", delivery_id=delivery_id)
