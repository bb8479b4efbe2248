"""The second step of signing in, and signing in by a passkey alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.people.access.accounts import seats_of_user
from mainstay.people.access.attempts import pay_for_factor, pay_for_token
from mainstay.people.access.doors import client_ip, origin_of
from mainstay.people.access.events import FactorFailed
from mainstay.people.access.factors.passkeys import request_options, use_passkey_of_anybody
from mainstay.people.access.factors.rules import Factor
from mainstay.people.access.factors.stage import Pending, pending_sign_in, use_factor
from mainstay.people.access.jobs import tell_lockout_soon
from mainstay.people.access.models import User
from mainstay.people.access.sessions import begin_session, to_landing
from mainstay.people.access.telling import record_everywhere
from mainstay.surfaces.public.forms import CodeForm
from mainstay.surfaces.public.pages.sign_in import device_of, own_next, sign_in_page, too_often


@sensitive_post_parameters("code", "passkey")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    pending = pending_sign_in(request)
    if pending is None:  # it took too long, or nobody began
        return to_landing(request) if request.user.is_authenticated else redirect("sign_in")
    form = CodeForm(request.POST if "code" in request.POST else None)
    passkey = request.POST.get("passkey", "")
    if request.method != "POST" or not (passkey or form.is_valid()):
        return _second_page(request, pending, form, 422 if request.method == "POST" else 200)
    user, ip, at = pending.user, client_ip(request), clock.now()
    if wait := pay_for_factor(user.email, ip, device_of(request), at=at):
        tell_lockout_soon(user.email, "factor", ip)
        response = _second_page(request, pending, CodeForm(), 429, told=too_often(wait))
        response["Retry-After"] = str(wait)
        return response
    used = use_factor(user, code=request.POST.get("code", ""), passkey=passkey, at=at)
    if used is None:
        failed = lambda person_id: FactorFailed(person_id=person_id)  # noqa: E731
        record_everywhere(user, failed, origin_of(request, "web"), at=at)
        return _second_page(request, pending, CodeForm(), 422, told=_wrong(passkey))
    return pending.go_on(request, used)


def _wrong(passkey: str) -> str:
    if passkey:
        return _("The passkey was not accepted. Try it once more.")
    return _("This code is wrong or was used already. The app shows a new one every half minute.")


def _second_page(
    request: HttpRequest, pending: Pending, form: CodeForm, status: int, *, told: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "told": told,
        "email": pending.user.email,
        "with_passkeys": Factor.PASSKEY in pending.kinds,
        "with_app": Factor.TOTP in pending.kinds,
    }
    return render(request, "public/second_factor.html", context, status=status)


@never_cache
@require_http_methods(["GET"])
def second_options(request: HttpRequest) -> HttpResponse:
    pending = pending_sign_in(request)
    if pending is None:
        return JsonResponse({}, status=409)
    return JsonResponse(request_options(pending.user))


@never_cache
@require_http_methods(["GET"])
def passkey_options(request: HttpRequest) -> HttpResponse:
    """For whoever comes: names no account."""
    if pay_for_token(client_ip(request), at=clock.now()):
        return JsonResponse({}, status=429)
    return JsonResponse(request_options())


@sensitive_post_parameters("passkey")
@never_cache
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """The device has asked who is using it: two factors in one."""
    at = clock.now()
    if wait := pay_for_token(client_ip(request), at=at):
        return sign_in_page(request, told=too_often(wait), status=429)
    used = use_passkey_of_anybody(request.POST.get("passkey", ""), at=at)
    if used is None:
        return sign_in_page(request, told=_("The passkey was not accepted. Try it once more."), status=422)
    user: User = used.user
    if not seats_of_user(user):
        return sign_in_page(
            request, told=_("Your access has ended. Ask an administrator of your organisation."), status=403
        )
    return begin_session(request, user, method="webauthn", passkey=used, next_path=own_next(request))
