"""Signing in through a provider: finding it, going there, coming back.

Going there is a form with its token, answered by a page that sends the browser on: a link that anybody may send
around would let a stranger's provider sign people in as whom it likes. (A redirect would be stopped by the policy
on where forms may lead.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import ActorKind
from mainstay.core.errors import NotFound, Problem, TooMany
from mainstay.people.access.accounts import find_user, seats_of_user
from mainstay.people.access.attempts import pay
from mainstay.people.access.doors import client_ip, origin_of, seat_of_session
from mainstay.people.access.factors.proof import confirm_address, is_proven
from mainstay.people.access.joining import can_still_join
from mainstay.people.access.models import Membership, User
from mainstay.people.access.proofs import SSO, is_account_proven
from mainstay.people.access.providers.conversation import Config
from mainstay.people.access.providers.flow import Flow, begin, callback_address, finish, take_flow
from mainstay.people.access.providers.labels import FAULT_ADVICE, FAULT_WORDS
from mainstay.people.access.providers.linking import accept, enter, link_self, note_outcome, outlook
from mainstay.people.access.providers.queries import (
    ProviderDoor,
    door_of_provider,
    doors_of_address,
    doors_of_slug,
    doors_of_staff,
)
from mainstay.people.access.providers.rules import (
    MANAGE_SSO,
    MANAGE_STAFF_SSO,
    SSO_IP_RATE,
    Asserted,
    Fault,
    Purpose,
    SsoFault,
)
from mainstay.people.access.providers.sides import Side, config_of, side_of
from mainstay.people.access.queries import Seat, found_invitation
from mainstay.people.access.rules import network_of
from mainstay.people.access.sessions import begin_session
from mainstay.people.access.telling import mail_change
from mainstay.shell.pages import problem_page
from mainstay.surfaces.public.forms import AddressForm
from mainstay.surfaces.public.pages.sign_in import own_next, too_often

_LATER = frozenset({Fault.UNREACHABLE, Fault.SLOW, Fault.BUSY})


@never_cache
@require_http_methods(["GET", "HEAD"])
def offers(request: HttpRequest) -> HttpResponse:
    """The buttons for an address as it is typed. By its domain alone, so they tell nothing about the person."""
    if _wait(request):
        return HttpResponse(status=204)
    doors = doors_of_address(request.GET.get("email", "")[:320])
    return render(request, "public/_offers.html", {"doors": doors, "next": own_next(request)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """The same without scripts: the address first, then the ways it has."""
    form = AddressForm(request.POST or None, initial={"next": own_next(request)})
    context = {"form": form, "next": own_next(request)}
    if request.method != "POST":
        return render(request, "public/organisation.html", context)
    if wait := _wait(request):
        form.add_error(None, too_often(wait))
    if not form.is_valid():
        return render(request, "public/organisation.html", context, status=429 if wait else 422)
    email = form.cleaned_data["email"]
    context |= {"doors": doors_of_address(email), "email": email}
    return render(request, "public/ways.html", context)


@never_cache
@require_http_methods(["GET", "HEAD"])
def at_slug(request: HttpRequest, slug: str) -> HttpResponse:
    """A customer's own way in, to be put into its intranet."""
    return _ways(request, doors_of_slug(slug))


@never_cache
@require_http_methods(["GET", "HEAD"])
def at_staff(request: HttpRequest) -> HttpResponse:
    return _ways(request, doors_of_staff())


def _ways(request: HttpRequest, doors: list[ProviderDoor]) -> HttpResponse:
    if wait := _wait(request):
        return problem_page(request, TooMany(too_often(wait), retry_after=wait))
    context = {
        "doors": doors,
        "next": own_next(request),
        "whose": doors[0].tenant_name if doors else "",
        "is_required": any(door.is_required for door in doors),
    }
    return render(request, "public/ways.html", context, status=200 if doors else 404)


@never_cache
@require_POST
def start(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Off to the provider: to sign in, to accept an invitation, to link an account, to try the provider out."""
    at = clock.now()
    if wait := _wait(request):
        return problem_page(request, TooMany(too_often(wait), retry_after=wait))
    door = door_of_provider(provider_id)
    try:
        if door is None:
            raise NotFound
        purpose = Purpose(request.POST.get("purpose") or Purpose.SIGN_IN)
        if purpose is Purpose.LINK and not (is_account_proven(request) and is_proven(request)):
            # A way in that outlives a stolen session, and is asked for no second factor.
            return redirect(confirm_address(reverse("account_single_sign_on")))
        about = _ABOUT[purpose](request, door)
    except ValueError:
        return problem_page(request, NotFound())
    except Problem as problem:
        return problem_page(request, problem)
    side = side_of(door.tenant_id, origin_of(request, "web"))
    try:
        config = _config(side, door, purpose)
        address = begin(
            request,
            config,
            purpose,
            at=at,
            next_path=own_next(request),
            about=about,
            hint=request.POST.get("email", "")[:320],
        )
    except SsoFault as fault:
        note_outcome(side, door.id, fault, at=at, is_trial=purpose is Purpose.TEST)
        return _came_to_nothing(request, door, purpose, fault)
    return render(request, "public/leaving.html", {"address": address, "door": door})


@never_cache
@require_http_methods(["GET"])
def callback(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    at = clock.now()
    if wait := _wait(request):
        return problem_page(request, TooMany(too_often(wait), retry_after=wait))
    door = door_of_provider(provider_id)
    if door is None:
        return problem_page(request, NotFound())
    try:
        flow = take_flow(request, provider_id, request.GET.get("state", ""), at=at)
    except SsoFault as fault:
        return _came_to_nothing(request, door, Purpose.SIGN_IN, fault)
    purpose, side = Purpose(flow.purpose), side_of(door.tenant_id, origin_of(request, "web"))
    try:
        asserted = finish(_config(side, door, purpose), flow, request.GET.dict(), at=at)
        response = _DONE[purpose](request, door, side, flow, asserted)
    except SsoFault as fault:
        note_outcome(side, door.id, fault, at=at, is_trial=purpose is Purpose.TEST)
        return _came_to_nothing(request, door, purpose, fault)
    except Problem as problem:
        return problem_page(request, problem)
    note_outcome(side, door.id, None, at=at)
    return response


def _config(side: Side, door: ProviderDoor, purpose: Purpose) -> Config:
    with side.open():
        provider = side.provider(door.id)
        if provider is None or not (provider.is_enabled or purpose is Purpose.TEST):
            raise SsoFault(Fault.DISABLED)
        return config_of(provider)


# What each purpose is about, asked before the person leaves: by whom, and whether they may.


def _about_nothing(_request: HttpRequest, _door: ProviderDoor) -> dict[str, str]:
    return {}


def _about_invitation(request: HttpRequest, door: ProviderDoor) -> dict[str, str]:
    found = found_invitation(request.POST.get("invitation", ""))
    # An accepted one links no account: whoever finds the mail later has perhaps one at the same provider.
    if found is None or found.tenant_id != door.tenant_id or found.accepted_at is not None:
        raise NotFound
    if not can_still_join(found, find_user(found.email), at=clock.now()):
        raise NotFound
    return {"invitation": str(found.invitation_id), "member": str(found.member_id)}


def _about_own_seat(request: HttpRequest, door: ProviderDoor) -> dict[str, str]:
    return {"membership": str(_seat_at(request, door).membership_id)}


def _about_trial(request: HttpRequest, door: ProviderDoor) -> dict[str, str]:
    seat = _seat_at(request, door)
    with seat.open(origin_of(request, "web")) as actor:
        actor.require(MANAGE_SSO if door.tenant_id else MANAGE_STAFF_SSO)
    return {"membership": str(seat.membership_id)}


def _seat_at(request: HttpRequest, door: ProviderDoor, membership: str = "") -> Seat:
    """The seat of this session, on the provider's side; where one is named, still that one."""
    seat = seat_of_session(request)
    side = ActorKind.MEMBER if door.tenant_id else ActorKind.STAFF
    if seat is None or seat.kind is not side or seat.tenant_id != door.tenant_id:
        raise NotFound
    if membership and str(seat.membership_id) != membership:
        raise NotFound
    return seat


_ABOUT: dict[Purpose, Callable[[HttpRequest, ProviderDoor], dict[str, str]]] = {
    Purpose.SIGN_IN: _about_nothing,
    Purpose.INVITATION: _about_invitation,
    Purpose.LINK: _about_own_seat,
    Purpose.TEST: _about_trial,
}


# What comes of it once the provider has answered and is believed.


def _signed_in(
    request: HttpRequest, door: ProviderDoor, side: Side, flow: Flow, asserted: Asserted
) -> HttpResponse:
    membership = enter(side, door.id, asserted, at=clock.now())
    return _seated(request, door, membership, flow.next_path)


def _accepted(
    request: HttpRequest, door: ProviderDoor, side: Side, flow: Flow, asserted: Asserted
) -> HttpResponse:
    membership = accept(
        side,
        door.id,
        asserted,
        member_id=UUID(flow.about["member"]),
        invitation_id=UUID(flow.about["invitation"]),
        at=clock.now(),
    )
    return _seated(request, door, membership, flow.next_path)


def _seated(request: HttpRequest, door: ProviderDoor, membership: Membership, next_path: str) -> HttpResponse:
    user = membership.user
    seat = next((s for s in seats_of_user(user) if s.membership_id == membership.id), None)
    if seat is None or not user.is_active:
        raise SsoFault(Fault.SUSPENDED)
    return begin_session(request, user, method=SSO, seat=seat, provider_id=door.id, next_path=next_path)


def _linked(
    request: HttpRequest, door: ProviderDoor, side: Side, flow: Flow, asserted: Asserted
) -> HttpResponse:
    seat = _seat_at(request, door, flow.about["membership"])
    is_new = link_self(side, door.id, asserted, person_id=seat.person_id, at=clock.now())
    if is_new and isinstance(request.user, User):
        mail_change(request.user, "provider_linked")
    messages.success(request, _("You can sign in with %(name)s from now on.") % {"name": door.name})
    return redirect("account_single_sign_on")


def _tried(
    request: HttpRequest, door: ProviderDoor, side: Side, flow: Flow, asserted: Asserted
) -> HttpResponse:
    _seat_at(request, door, flow.about["membership"])
    found = outlook(side, door.id, asserted)
    return _trial_page(request, door, asserted=asserted, outlook=found, fault=found.fault)


_DONE: dict[Purpose, Callable[[HttpRequest, ProviderDoor, Side, Flow, Asserted], HttpResponse]] = {
    Purpose.SIGN_IN: _signed_in,
    Purpose.INVITATION: _accepted,
    Purpose.LINK: _linked,
    Purpose.TEST: _tried,
}


def _trial_page(request: HttpRequest, door: ProviderDoor, **found: object) -> HttpResponse:
    asserted = found.get("asserted")
    claims = [(name, _as_sent(value)) for name, value in sorted(_claims(asserted).items())]
    fault = found.get("fault")
    back = reverse("support_provider" if door.tenant_id else "desk_provider", args=[door.id])
    context = {
        "door": door,
        "claims": claims,
        "back": back,
        "callback": callback_address(door.id),
        "words": FAULT_WORDS[fault] if isinstance(fault, Fault) else "",
        "advice": FAULT_ADVICE[fault] if isinstance(fault, Fault) else "",
        **found,
    }
    return render(request, "public/trial.html", context)


def _claims(asserted: object) -> Mapping[str, Any]:
    return asserted.claims if isinstance(asserted, Asserted) else {}


def _as_sent(value: Any) -> str:
    """`true` and `"true"` are not the same to us, so they must not look the same."""
    return json.dumps(value, ensure_ascii=False)[:2000]


def _came_to_nothing(
    request: HttpRequest, door: ProviderDoor, purpose: Purpose, fault: SsoFault
) -> HttpResponse:
    if purpose is Purpose.TEST:
        return _trial_page(request, door, fault=fault.fault, detail=fault.detail)
    context = {
        "door": door,
        "fault": fault.fault,
        "words": FAULT_WORDS[fault.fault],
        "advice": FAULT_ADVICE[fault.fault],
        "purpose": purpose,
    }
    status = 503 if fault.fault in _LATER else 403
    return render(request, "public/sso_failed.html", context, status=status)


def _wait(request: HttpRequest) -> int:
    return pay(SSO_IP_RATE, network_of(client_ip(request)), at=clock.now())
