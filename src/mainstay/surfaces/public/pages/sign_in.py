"""Signing in by password or by a link in a mail. The answers are the same for addresses we know and do not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.people.access.accounts import look_at_link, seats_of_user, use_link
from mainstay.people.access.attempts import DEVICE_COOKIE, pay_for_link, pay_for_password, pay_for_token
from mainstay.people.access.doors import client_ip
from mainstay.people.access.factors.rules import can_have_passkeys
from mainstay.people.access.jobs import mail_link, tell_lockout_soon
from mainstay.people.access.models import User
from mainstay.people.access.rules import LinkPurpose, LinkState, is_own_path
from mainstay.people.access.sessions import begin_session, end_session, to_landing
from mainstay.surfaces.public.forms import AddressForm, SignInForm

_STATUS = {LinkState.OPEN: 200, LinkState.USED: 410, LinkState.EXPIRED: 410}


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    next_path = own_next(request)
    if request.method != "POST":
        if request.user.is_authenticated and "again" not in request.GET:
            return to_landing(request, next_path)
        return sign_in_page(request, SignInForm(initial={"next": next_path}))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return sign_in_page(request, form, status=422)
    email, password = form.cleaned_data["email"], form.cleaned_data["password"]
    wait = pay_for_password(email, client_ip(request), device_of(request), at=clock.now())
    if wait:
        tell_lockout_soon(email, "password", client_ip(request))
        form.add_error(None, too_often(wait))
        form.add_error(None, _("A link by mail works at once."))
        return sign_in_page(request, form, status=429, retry_after=wait)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        form.add_error(None, _("The address and the password do not belong together."))
        return sign_in_page(request, form, status=422)
    if not seats_of_user(user):
        form.add_error(None, _("Your access has ended. Ask an administrator of your organisation."))
        return sign_in_page(request, form, status=403)
    return begin_session(request, user, method="password", next_path=next_path)


def sign_in_page(
    request: HttpRequest,
    form: SignInForm | None = None,
    *,
    status: int = 200,
    retry_after: int = 0,
    told: str = "",
) -> HttpResponse:
    response = render(
        request,
        "public/sign_in.html",
        {
            "form": form or SignInForm(initial={"next": own_next(request)}),
            "told": told,
            "next": own_next(request),
            "with_passkeys": can_have_passkeys(settings.MAINSTAY_URL),
        },
        status=status,
    )
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_link(request: HttpRequest) -> HttpResponse:
    return ask_mail(
        request,
        LinkPurpose.SIGN_IN,
        words={
            "title": _("Sign in by a link"),
            "lead": _("We send you a mail with a link. No password is needed."),
            "button": _("Send me a link"),
        },
    )


def ask_mail(request: HttpRequest, purpose: LinkPurpose, *, words: dict[str, Any]) -> HttpResponse:
    """Asks for the address and says that a mail is on its way, whoever it may belong to."""
    form = AddressForm(request.POST or None, initial={"next": own_next(request)})
    if request.method != "POST":
        form = AddressForm(initial={"next": own_next(request), "email": request.GET.get("email", "")})
        return render(request, "public/ask_link.html", {"form": form, **words})
    if not form.is_valid():
        return render(request, "public/ask_link.html", {"form": form, **words}, status=422)
    email = form.cleaned_data["email"]
    wait = pay_for_link(email, client_ip(request), device_of(request), at=clock.now())
    if wait:
        form.add_error(None, too_often(wait))
        response = render(request, "public/ask_link.html", {"form": form, **words}, status=429)
        response["Retry-After"] = str(wait)
        return response
    mail_link.defer(
        purpose=purpose.value, email=email, next_path=own_next(request), language=get_language() or ""
    )
    return render(request, "public/link_sent.html", {"email": email})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Looking shows a button; only pressing it uses the link up, since mail programs open links beforehand."""
    at = clock.now()
    if wait := pay_for_token(client_ip(request), at=at):
        return render(
            request, "public/link_state.html", {"state": "wait", "wait": too_often(wait)}, status=429
        )
    if request.method != "POST":
        found = look_at_link(token, LinkPurpose.SIGN_IN, at=at)
        if found.state is LinkState.OPEN and found.user:
            return render(request, "public/confirm_link.html", {"email": found.user.email})
        return link_page(request, found.state, LinkPurpose.SIGN_IN)
    found = use_link(token, LinkPurpose.SIGN_IN, at=at)
    if found.state is not LinkState.OPEN or found.user is None:
        return link_page(request, found.state, LinkPurpose.SIGN_IN)
    return begin_session(request, found.user, method="link", next_path=found.next_path)


def link_page(request: HttpRequest, state: LinkState, purpose: LinkPurpose) -> HttpResponse:
    """What is wrong with a link, and how to get a new one."""
    words = {"state": state.value, "purpose": purpose.value}
    return render(request, "public/link_state.html", words, status=_STATUS.get(state, 404))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    end_session(request)
    response = redirect("sign_in")
    # Nothing of what was shown stays behind on a shared computer; the mark of a known device does.
    response["Clear-Site-Data"] = '"cache"'
    return response


def own_next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_own_path(wanted) else ""


def device_of(request: HttpRequest) -> str:
    return request.COOKIES.get(DEVICE_COOKIE, "")


def too_often(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return _("Too many attempts. Try again in %(count)s min.") % {"count": minutes}
