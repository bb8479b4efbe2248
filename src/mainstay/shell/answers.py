"""What an answer may tell the page's scripts."""

import json
from urllib.parse import quote

from django.http import HttpResponse

SENT_COOKIE = "mainstay_sent"


def forget_draft(response: HttpResponse, key: str) -> HttpResponse:
    """The text of `<form data-draft="key">` is stored: the browser may forget its draft."""
    response.set_cookie(SENT_COOKIE, quote(key), max_age=600, samesite="Lax")
    return response


def with_toast(response: HttpResponse, text: str, meaning: str = "good") -> HttpResponse:
    """A toast beside an htmx fragment; whole pages use a flash message instead."""
    triggers = json.loads(response.headers.get("HX-Trigger", "{}"))
    triggers["mainstay:toast"] = {"text": text, "meaning": meaning}
    response["HX-Trigger"] = json.dumps(triggers)  # escapes everything beyond ASCII, as a header needs
    return response
