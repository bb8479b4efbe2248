"""Writing down a ticket for a customer who called, or who was met somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import NotFound
from mainstay.people.access.doors import staff_page
from mainstay.people.tenants.actions import meet_contact
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.queries import visible_members, visible_tenants
from mainstay.shell.answers import forget_draft
from mainstay.shell.forms import told_at
from mainstay.support.sla.queries import promise_preview
from mainstay.support.tickets.actions import NewTicket, open_ticket
from mainstay.support.tickets.models import Attachment, Ticket
from mainstay.support.tickets.rules import OPEN_TICKETS, Severity, Source
from mainstay.surfaces.desk.forms import NewTicketForm
from mainstay.surfaces.desk.pages.uploads import Upload, attached, takes_files
from mainstay.surfaces.desk.queries.customers import customers_like

PEOPLE_SUGGESTED = 50


@require_GET
@staff_page
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """First whose ticket it is, then the ticket."""
    actor.require(OPEN_TICKETS)
    slug = request.GET.get("customer", "")
    if slug:
        return _form_page(request, actor, _customer(actor, slug), NewTicketForm(), at=now())
    words = request.GET.get("q", "")
    context = {"words": words, "found": customers_like(actor, words), "back": "desk_new"}
    return render(request, "desk/choose_customer.html", context)


def _opens_for(request: HttpRequest, actor: Actor, slug: str) -> UUID:
    actor.require(OPEN_TICKETS)
    return _customer(actor, slug).id


def _create(request: HttpRequest, actor: Actor, upload: Upload, slug: str) -> HttpResponse:
    at, tenant = now(), _customer(actor, slug)
    actor.require(OPEN_TICKETS)
    files = attached(request, actor, tenant.id, upload, at=at)
    form = NewTicketForm(request.POST)
    if upload.problem:
        form.add_error("attachments", upload.problem)
    if form.is_valid():
        with told_at(form):
            ticket = _opened(actor, tenant, form.cleaned_data, files, at)
    if not form.is_valid():
        return _form_page(request, actor, tenant, form, at=at, status=422, kept=files)
    messages.success(request, _("Ticket #%(number)s was opened.") % {"number": ticket.number})
    return forget_draft(redirect("desk_ticket", number=ticket.number), _draft_key(tenant))


create = takes_files(_opens_for, _create)


def _opened(
    actor: Actor, tenant: Tenant, given: dict[str, Any], files: Sequence[Attachment], at: datetime
) -> Ticket:
    requester = meet_contact(actor, tenant.id, email=given["email"], name=given["name"], at=at)
    return open_ticket(
        actor,
        NewTicket(
            subject=given["subject"],
            body=given["body"],
            source=Source(given["source"]),
            tenant_id=tenant.id,
            requester_id=requester.id,
            severity=Severity(given["severity"]),
            category=given["category"],
            module=given["module"],
            attachment_ids=tuple(file.id for file in files),
        ),
        at=at,
    )


def _form_page(
    request: HttpRequest,
    actor: Actor,
    tenant: Tenant,
    form: NewTicketForm,
    *,
    at: datetime,
    status: int = 200,
    kept: Sequence[Attachment] = (),
) -> HttpResponse:
    people = visible_members(actor).filter(tenant_id=tenant.id).order_by("name", "email")
    context = {
        "now": at,
        "tenant": tenant,
        "form": form,
        "kept": kept,
        "draft_key": _draft_key(tenant),
        "people": list(people.values_list("email", "name")[:PEOPLE_SUGGESTED]),
        "previews": promise_preview(actor, tenant.id, at),
    }
    return render(request, "desk/new.html", context, status=status)


def _customer(actor: Actor, slug: str) -> Tenant:
    tenant = visible_tenants(actor).filter(slug=slug).first()
    if tenant is None:
        raise NotFound
    return tenant


def _draft_key(tenant: Tenant) -> str:
    return f"new-{tenant.slug}"
