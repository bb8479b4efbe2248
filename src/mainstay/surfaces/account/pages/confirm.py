"""Showing once more who one is, before something that a stolen session must not do."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.people.access.attempts import DEVICE_COOKIE, pay_for_factor, pay_for_password
from mainstay.people.access.doors import client_ip, seat_of_session
from mainstay.people.access.factors.overview import overview
from mainstay.people.access.factors.passkeys import request_options
from mainstay.people.access.factors.proof import prove_by_factor, prove_by_password
from mainstay.people.access.models import User
from mainstay.people.access.proofs import is_account_proven
from mainstay.people.access.rules import is_own_path
from mainstay.people.access.sessions import prove_account
from mainstay.surfaces.account.forms import PasswordForm, ProofCodeForm


@sensitive_post_parameters("password", "code", "passkey")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or seat_of_session(request, even_barred=True) is None:
        return redirect("sign_in")
    if not is_account_proven(request):
        return prove_account(request)
    back = request.POST.get("next") or request.GET.get("next") or ""
    back = back if is_own_path(back) else reverse("account_security")
    told, status = "", 200
    if request.method == "POST":
        told, status = _try(request, user, clock.now())
        if not told:
            return redirect(back)
    mine = overview(user)
    context = {
        "password_form": PasswordForm() if mine.has_password else None,
        "code_form": ProofCodeForm() if mine.app else None,
        "with_passkeys": bool(mine.passkeys),
        "told": told,
        "email": user.email,
        "next": back,
    }
    return render(request, "account/confirm.html", context, status=status)


def _try(request: HttpRequest, user: User, at: datetime) -> tuple[str, int]:
    """What to say about it, and the status; nothing where it was right."""
    ip, device = client_ip(request), request.COOKIES.get(DEVICE_COOKIE, "")
    by_password = "password" in request.POST
    pay = pay_for_password if by_password else pay_for_factor
    if wait := pay(user.email, ip, device, at=at):
        return _("Too many attempts. Try again in %(count)s min.") % {"count": -(-wait // 60)}, 429
    if by_password:
        if prove_by_password(request, user, request.POST["password"]):
            return "", 200
        return _("This is not your password."), 422
    code, passkey = request.POST.get("code", ""), request.POST.get("passkey", "")
    if prove_by_factor(request, user, code=code, passkey=passkey, at=at):
        return "", 200
    if passkey:
        return _("The passkey was not accepted. Try it once more."), 422
    return _("This code is wrong or was used already. The app shows a new one every half minute."), 422


@never_cache
@require_http_methods(["GET"])
def confirm_options(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or seat_of_session(request, even_barred=True) is None:
        return JsonResponse({}, status=401)
    if not is_account_proven(request):
        return JsonResponse({}, status=403)
    return JsonResponse(request_options(user))
