"""How one signs in: password, authenticator app, passkeys, recovery codes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict
from mainstay.core.house.current import house
from mainstay.core.wall.scope import as_door
from mainstay.people.access.doors import is_barred, own_page, own_page_even_barred
from mainstay.people.access.factors import changes, totp
from mainstay.people.access.factors.overview import overview
from mainstay.people.access.factors.passkeys import creation_options
from mainstay.shell.forms import told_at
from mainstay.surfaces.account.doors import of_the_account, own_render, proven, user_of
from mainstay.surfaces.account.forms import CodeForm, PasskeyForm


@require_http_methods(["GET", "HEAD"])
@of_the_account
@own_page_even_barred
def security(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {"mine": overview(user_of(request)), "is_barred": is_barred(request)}
    return own_render(request, actor, "account/security.html", context)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@proven
@own_page_even_barred
def add_app(request: HttpRequest, actor: Actor) -> HttpResponse:
    user, secret = user_of(request), totp.pending_secret(request)
    if overview(user).app is not None:
        raise Conflict(_("An authenticator app is set up already; remove it first."))
    form, codes = CodeForm(request.POST or None), list[str]()
    if form.is_valid():
        with told_at(form):
            codes = changes.add_app(
                actor,
                user,
                secret=secret,
                code=form.cleaned_data["code"],
                keep_session=request.session.session_key,
                at=clock.now(),
            )
    if form.is_bound and form.is_valid():
        totp.forget_pending(request)
        return _added(request, actor, codes, _("Your authenticator app is set up."))
    address = totp.address_of(user, secret)
    context = {"form": form, "secret": _grouped(secret), "picture": as_image(totp.picture_of(address))}
    return own_render(request, actor, "account/add_app.html", context, status=422 if form.errors else 200)


def _grouped(secret: str) -> str:
    """Easier to type."""
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def as_image(svg: str) -> str:
    """For `src`: the policy allows pictures as data, and in an <img> nothing of an SVG runs."""
    return f"data:image/svg+xml,{quote(svg)}"


def _added(request: HttpRequest, actor: Actor, codes: list[str], said: str) -> HttpResponse:
    if codes:
        return _codes_page(request, actor, codes, said)
    messages.success(request, said)
    return redirect("account_security")


def _codes_page(request: HttpRequest, actor: Actor, codes: list[str], said: str) -> HttpResponse:
    """Rendered at once and never again: nothing but this answer holds them in the clear."""
    head = _("Recovery codes of %(email)s for %(operator)s") % {
        "email": user_of(request).email,
        "operator": house().operator_name,
    }
    text = "\n".join([head, "", *codes, ""])
    context: dict[str, Any] = {
        "codes": codes,
        "said": said,
        "file": f"data:text/plain;charset=utf-8,{quote(text)}",
    }
    return own_render(request, actor, "account/codes.html", context)


@require_http_methods(["GET", "POST"])
@proven
@own_page_even_barred
def add_passkey(request: HttpRequest, actor: Actor) -> HttpResponse:
    form, codes = PasskeyForm(request.POST or None), list[str]()
    if form.is_valid():
        with told_at(form):
            codes = changes.add_passkey(
                actor,
                user_of(request),
                name=form.cleaned_data["name"],
                answer=form.cleaned_data["passkey"],
                keep_session=request.session.session_key,
                at=clock.now(),
            )
    if form.is_bound and form.is_valid():
        return _added(request, actor, codes, _("The passkey is added."))
    context = {"form": form, "mine": overview(user_of(request))}
    return own_render(request, actor, "account/add_passkey.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET"])
@proven
@own_page_even_barred
def passkey_options(request: HttpRequest, actor: Actor) -> HttpResponse:
    with as_door():
        return JsonResponse(creation_options(user_of(request)))


@require_POST
@proven
@own_page
def passkey(request: HttpRequest, actor: Actor, passkey_id: int) -> HttpResponse:
    if request.POST.get("do") == "rename":
        changes.rename_passkey(actor, user_of(request), passkey_id, request.POST.get("name", ""))
        messages.success(request, _("The passkey has its new name."))
    else:
        _remove(request, actor, passkey_id)
        messages.success(request, _("The passkey is removed. Other sessions of yours were ended."))
    return redirect("account_security")


@require_POST
@proven
@own_page
def remove_app(request: HttpRequest, actor: Actor) -> HttpResponse:
    app = overview(user_of(request)).app
    if app is not None:
        _remove(request, actor, app.pk)
        messages.success(request, _("The authenticator app is removed. Other sessions of yours were ended."))
    return redirect("account_security")


def _remove(request: HttpRequest, actor: Actor, authenticator_id: int) -> None:
    changes.remove_factor(
        actor,
        user_of(request),
        authenticator_id,
        keep_session=request.session.session_key,
        at=clock.now(),
    )


@require_POST
@proven
@own_page
def renew_codes(request: HttpRequest, actor: Actor) -> HttpResponse:
    codes = changes.renew_codes(actor, user_of(request), at=clock.now())
    return _codes_page(
        request, actor, codes, _("These are your new recovery codes. The old ones no longer work.")
    )
