"""The audit log over all customers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from mainstay.core.actor import Actor
from mainstay.people.access.doors import staff_page
from mainstay.surfaces.portal.pages.audit import audit_context, file_answer


@require_http_methods(["GET", "HEAD"])
@staff_page
def audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "desk/audit.html", {**audit_context(request, actor), "with_customer": True})


@require_http_methods(["GET", "HEAD"])
@staff_page
def audit_file(request: HttpRequest, actor: Actor, file_format: str) -> HttpResponse:
    return file_answer(request, actor, file_format)
