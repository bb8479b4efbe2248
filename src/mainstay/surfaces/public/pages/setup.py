"""The first administrator, by a link that is printed at the first start. Closed once there is one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.errors import NotFound
from mainstay.people.access.accounts import check_new_password, set_password, setup_token
from mainstay.people.access.attempts import pay_for_token
from mainstay.people.access.doors import client_ip
from mainstay.people.access.first_admin import make_first_admin
from mainstay.people.access.models import User
from mainstay.people.access.queries import has_admin
from mainstay.people.access.sessions import begin_session
from mainstay.shell.forms import told_at
from mainstay.shell.pages import problem_page
from mainstay.surfaces.public.forms import SetupForm
from mainstay.surfaces.public.pages.sign_in import too_often


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_admin(request: HttpRequest, token: str) -> HttpResponse:
    at = clock.now()
    if wait := pay_for_token(client_ip(request), at=at):
        return render(
            request, "public/link_state.html", {"state": "wait", "wait": too_often(wait)}, status=429
        )
    if not constant_time_compare(token, setup_token()) or has_admin():
        return problem_page(request, NotFound())
    form = SetupForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        with told_at(form):
            # With the address in view, and before anything is made: afterwards this page is closed.
            check_new_password(given["password"], User(email=given["email"]))
            user = make_first_admin(email=given["email"], name=given["name"], at=at)
            set_password(user, given["password"], at=at)
        if form.is_valid():
            return begin_session(request, user, method="password")
    return render(request, "public/first_admin.html", {"form": form}, status=422 if form.errors else 200)
