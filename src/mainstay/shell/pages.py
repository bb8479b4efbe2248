"""Preferences, error pages, and the gallery of components."""

from dataclasses import replace
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mainstay.core.errors import Problem
from mainstay.core.house.current import house
from mainstay.shell.context import THEME_COOKIE, plain_chrome
from mainstay.shell.errors import words_for
from mainstay.shell.rules import THEMES

A_YEAR = 365 * 24 * 3600


# Exempt on purpose: it sets two harmless cookies, and a token would make every public page uncacheable.
@csrf_exempt
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen theme or language in a cookie and goes back to where the reader was."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if "theme" in request.POST:
        theme = request.POST["theme"]
        if theme in THEMES:
            _keep(request, response, THEME_COOKIE, theme)
        else:
            response.delete_cookie(THEME_COOKIE)
    language = request.POST.get("language", "")
    if language in house().languages:
        _keep(request, response, settings.LANGUAGE_COOKIE_NAME, language)
    return response


def _keep(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", secure=request.is_secure())


def error_page(
    request: HttpRequest,
    status: int,
    *,
    happened: str = "",
    kept: str = "",
    advice: str = "",
    back_url: str = "",
) -> HttpResponse:
    """What happened, what was kept, what to do. Needs neither database nor session, so it works for 500 too.

    The texts replace the status's own words; the request's id is shown for whoever is asked for help.
    """
    words = words_for(status)
    context = {
        # no context processors: they may need what has just failed
        "chrome": replace(plain_chrome(request), surface="plain"),
        "request": request,
        "status": status,
        "title": words.title,
        "happened": happened or words.happened,
        "kept": kept or words.kept,
        "advice": advice or words.advice,
        "back_url": back_url,
        "request_id": getattr(request, "request_id", ""),
    }
    response = HttpResponse(render_to_string("shell/error.html", context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def problem_page(request: HttpRequest, problem: Problem, *, back_url: str = "") -> HttpResponse:
    """The page for an error that left an action: its own sentence within the words of its status."""
    named = [f"{name}: {text}" for name, texts in problem.fields.items() for text in texts]
    happened = " ".join([str(problem.detail), *named])
    return error_page(request, problem.status, happened=happened, back_url=back_url)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Named by the setting CSRF_FAILURE_VIEW."""
    from mainstay.shell.errors import csrf_words

    words = csrf_words()
    return error_page(
        request, HTTPStatus.FORBIDDEN, happened=words.happened, kept=words.kept, advice=words.advice
    )
