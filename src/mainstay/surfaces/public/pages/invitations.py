"""Accepting an invitation: with a new account, or with the one the address has already."""

from __future__ import annotations

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.errors import Problem
from mainstay.people.access.accounts import check_new_password, find_user, make_user
from mainstay.people.access.attempts import pay_for_password, pay_for_token
from mainstay.people.access.doors import client_ip, origin_of
from mainstay.people.access.joining import can_still_join, join
from mainstay.people.access.models import User
from mainstay.people.access.proofs import is_account_proven
from mainstay.people.access.providers.queries import doors_of_tenant
from mainstay.people.access.queries import FoundInvitation, found_invitation
from mainstay.people.access.sessions import begin_session
from mainstay.shell.forms import told_at
from mainstay.shell.pages import problem_page
from mainstay.surfaces.public.forms import JoinForm, KnownJoinForm
from mainstay.surfaces.public.pages.sign_in import device_of, too_often


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    at = clock.now()
    if wait := pay_for_token(client_ip(request), at=at):
        return render(
            request, "public/link_state.html", {"state": "wait", "wait": too_often(wait)}, status=429
        )
    found = found_invitation(token)
    spoken = found.language if found and not request.user.is_authenticated else translation.get_language()
    with translation.override(spoken or None):
        if found is None:
            return _state_page(request, "shortened" if len(token) < 64 else "unknown", 404)
        if found.revoked_at is not None:
            return _state_page(request, "revoked", 410, found)
        user = find_user(found.email)
        if not can_still_join(found, user, at=at):
            state = "accepted" if found.accepted_at else "expired"
            return _state_page(request, state, 410, found)
        if isinstance(request.user, User) and (user is None or request.user.pk != user.pk):
            return _state_page(request, "somebody_else", 409, found)
        return _join_page(request, found, user, token)


def _join_page(request: HttpRequest, found: FoundInvitation, user: User | None, token: str) -> HttpResponse:
    at = clock.now()
    # Whoever a provider signed in has proven a seat elsewhere, not that the account is theirs.
    signed_in = user is not None and is_account_proven(request)
    form: Form = JoinForm(request.POST or None, initial={"name": found.name})
    if user is not None:
        form = KnownJoinForm(request.POST or None)
    name = ""
    if request.method == "POST" and (signed_in or form.is_valid()):
        if user is None:
            with told_at(form):
                check_new_password(form.cleaned_data["password"], User(email=found.email))
            name = form.cleaned_data["name"]
            if form.is_valid():
                user = make_user(
                    found.email, at=at, password=form.cleaned_data["password"], language=found.language
                )
        elif not signed_in:
            wait = pay_for_password(user.email, client_ip(request), device_of(request), at=at)
            if wait:
                form.add_error(None, too_often(wait))
            elif not user.is_active or not user.check_password(form.cleaned_data["password"]):
                form.add_error("password", _("This is not the password of that account."))
        if user is not None and (signed_in or form.is_valid()):
            try:
                seat = join(found, user, name=name, origin=origin_of(request, "web"), at=at)
            except Problem as problem:
                return problem_page(request, problem)
            return begin_session(request, user, method="password", seat=seat)
    context = {
        "form": form,
        "found": found,
        "known": user is not None,
        "signed_in": signed_in,
        "doors": doors_of_tenant(found.tenant_id),
        "token": token,
    }
    failed = request.method == "POST" and not signed_in and bool(form.errors)
    return render(request, "public/invitation.html", context, status=422 if failed else 200)


def _state_page(
    request: HttpRequest, state: str, status: int, found: FoundInvitation | None = None
) -> HttpResponse:
    return render(request, "public/invitation_state.html", {"state": state, "found": found}, status=status)
