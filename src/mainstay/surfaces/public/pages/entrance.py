"""The first address, and how the site is to look and speak."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mainstay.core import clock
from mainstay.people.access.actions import change_own_language
from mainstay.people.access.doors import origin_of, seat_of_session
from mainstay.people.access.sessions import to_landing
from mainstay.shell.pages import preferences as keep_in_cookies


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    return to_landing(request) if request.user.is_authenticated else redirect("sign_in")


# Exempt as the shell's own view is: the session's cookie is not sent along from other sites (SameSite), so a
# forged request changes a cookie at most.
@csrf_exempt
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """As the shell keeps them, and the language also with the person, for mails and other browsers."""
    response = keep_in_cookies(request)
    seat = seat_of_session(request)
    language = request.POST.get("language", "")
    if seat is not None and language:
        with seat.open(origin_of(request, "web")) as actor:
            change_own_language(actor, language, at=clock.now())
    return response
