"""Links between one's own seat and the providers of its side."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, NotFound
from mainstay.people.access.doors import own_page
from mainstay.people.access.proofs import proof_of_session
from mainstay.people.access.providers.actions import unlink_member, unlink_staff
from mainstay.people.access.providers.queries import own_links
from mainstay.surfaces.account.doors import own_render


@require_http_methods(["GET", "HEAD"])
@own_page
def single_sign_on(request: HttpRequest, actor: Actor) -> HttpResponse:
    return own_render(request, actor, "account/single_sign_on.html", {"links": own_links(actor)})


@require_POST
@own_page
def unlink(request: HttpRequest, actor: Actor, provider_id: UUID) -> HttpResponse:
    if not any(one.is_linked and one.provider_id == provider_id for one in own_links(actor)):
        raise NotFound
    if str(provider_id) in proof_of_session(request).seats.values():
        raise Conflict(_("You are signed in by this very link. Sign in another way to remove it."))
    if actor.member_id is not None:
        unlink_member(actor, provider_id, actor.member_id, at=clock.now())
    elif actor.staff_id is not None:
        unlink_staff(actor, provider_id, actor.staff_id, at=clock.now())
    messages.success(request, _("The link is removed."))
    return redirect("account_single_sign_on")
