"""Forgetting, choosing and changing a password."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.people.access.accounts import check_new_password, look_at_link, set_password, use_link
from mainstay.people.access.attempts import pay_for_password, pay_for_token
from mainstay.people.access.doors import client_ip, origin_of, seat_of_session
from mainstay.people.access.events import PasswordChanged
from mainstay.people.access.factors.proof import confirm_address, is_proven
from mainstay.people.access.models import User
from mainstay.people.access.open_sessions import keep_signed_in
from mainstay.people.access.proofs import is_account_proven
from mainstay.people.access.rules import LinkPurpose, LinkState
from mainstay.people.access.sessions import begin_session, prove_account
from mainstay.people.access.telling import mail_change, record_at, record_everywhere
from mainstay.shell.forms import told_at
from mainstay.surfaces.public.forms import ChangePasswordForm, NewPasswordForm
from mainstay.surfaces.public.pages.sign_in import ask_mail, device_of, link_page, too_often


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    return ask_mail(
        request,
        LinkPurpose.PASSWORD,
        words={
            "title": _("Forgotten your password?"),
            "lead": _("We send you a mail with a link to choose a new one."),
            "button": _("Send me the link"),
        },
    )


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_by_link(request: HttpRequest, token: str) -> HttpResponse:
    at = clock.now()
    if wait := pay_for_token(client_ip(request), at=at):
        return render(
            request, "public/link_state.html", {"state": "wait", "wait": too_often(wait)}, status=429
        )
    found = look_at_link(token, LinkPurpose.PASSWORD, at=at)
    if found.state is not LinkState.OPEN or found.user is None:
        return link_page(request, found.state, LinkPurpose.PASSWORD)
    form, email = NewPasswordForm(request.POST or None), found.user.email
    if form.is_valid():
        password = form.cleaned_data["password"]
        with told_at(form):
            check_new_password(password, found.user)  # before the link is used up
        if form.is_valid():
            found = use_link(token, LinkPurpose.PASSWORD, at=at)
            if found.state is not LinkState.OPEN or found.user is None:
                return link_page(request, found.state, LinkPurpose.PASSWORD)
            set_password(found.user, password, at=at)
            record_everywhere(found.user, _changed, origin_of(request, "web"), at=at)
            mail_change(found.user, "password_changed")
            messages.success(request, _("Your new password is set."))
            return begin_session(request, found.user, method="password_reset")
    context = {"form": form, "email": email}
    return render(request, "public/password_set.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("present", "password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """The present password is asked, unless there is none yet; other sessions of the person end."""
    user = request.user
    if not isinstance(user, User):
        return redirect("sign_in")
    if not is_account_proven(request):
        return prove_account(request)
    with_present = user.has_usable_password()
    if not with_present and not is_proven(request):
        return redirect(confirm_address("/password/change"))
    form = (ChangePasswordForm if with_present else NewPasswordForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        wait = (
            pay_for_password(user.email, client_ip(request), device_of(request), at=at) if with_present else 0
        )
        if wait:
            form.add_error(None, too_often(wait))
        elif with_present and not user.check_password(form.cleaned_data["present"]):
            form.add_error("present", _("This is not your present password."))
        else:
            with told_at(form):
                set_password(
                    user, form.cleaned_data["password"], at=at, keep_session=request.session.session_key
                )
        if form.is_valid():
            keep_signed_in(request, user)
            _tell_changed(request, user, at)
            messages.success(request, _("Your password is changed. Other sessions of yours were ended."))
            return redirect("password_change")
    return render(request, "public/password_change.html", {"form": form}, status=422 if form.errors else 200)


def _tell_changed(request: HttpRequest, user: User, at: datetime) -> None:
    seat = seat_of_session(request, even_barred=True)
    if seat is not None:
        record_at(seat, _changed(seat.person_id), origin_of(request, "web"), at=at)
    mail_change(user, "password_changed")


def _changed(person_id: UUID) -> PasswordChanged:
    return PasswordChanged(person_id=person_id)
