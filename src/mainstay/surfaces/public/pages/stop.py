"""No more mails of a kind, from the mail itself: one click in a mail program (RFC 8058), or a button here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mainstay.core.errors import Problem
from mainstay.people.messages.notices import notice_kinds
from mainstay.people.messages.notices.stopping import DIGEST, read_stop, stop_mails
from mainstay.shell.pages import problem_page


@csrf_exempt  # mail programs post without a session; the signed address is the proof, and all it can do is this
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    try:
        wanted = read_stop(token)
        if request.method == "POST":
            with wanted.open():
                stop_mails(wanted)
    except Problem as problem:
        return problem_page(request, problem)
    is_digest = wanted.what == DIGEST
    title = _("The digest of unread notifications") if is_digest else notice_kinds()[wanted.what].title
    context = {"what": title, "is_done": request.method == "POST"}
    return render(request, "public/stop.html", context)
