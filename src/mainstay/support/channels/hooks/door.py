"""The providers' door: a mail is in the database before the provider is told 200.

`POST /api/v1/mail/<provider>/<token>` brings mails (`…/mime` too), `…/events` what became of ours. The
token names the mailbox; it
is 256 random bits and looked up by its hash.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mainstay.core.clock import now
from mainstay.core.errors import Forbidden, Invalid, NotFound
from mainstay.core.secrets import CannotUnseal, unseal
from mainstay.core.text.headers import clean_line
from mainstay.support.channels.actions.brought import keep_brought, note_outcomes, note_refused
from mainstay.support.channels.actions.mailboxes import hash_of
from mainstay.support.channels.hooks.body import read_posted
from mainstay.support.channels.hooks.providers import (
    Unreadable,
    WrongSignature,
    read_mails,
    read_outcomes,
)
from mainstay.support.channels.rules import Provider, Trouble

log = logging.getLogger(__name__)
_AS_JSON: Final = 1.5
"""Mails grow by a third when they are posted, and have company."""


@dataclass(frozen=True, slots=True)
class _Hook:
    mailbox_id: UUID
    provider: Provider
    address: str
    secret: str = field(repr=False)


@csrf_exempt
@require_http_methods(["POST", "HEAD", "GET"])
def inbound(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    hook = _find(provider, token)
    if request.method != "POST":
        return HttpResponse()  # some ask whether anybody is there when the address is entered
    posted = read_posted(request, limit=_limit())
    with _Refusing(hook):
        mails = read_mails(hook.provider, request, posted, secret=hook.secret, url=_url(request))
        if any(len(mail.raw) > settings.MAINSTAY_MAX_MAIL_BYTES for mail in mails):
            raise Unreadable("larger than MAINSTAY_MAX_MAIL_MB")
    keep_brought(hook.mailbox_id, mails, at=now())
    return HttpResponse()


@csrf_exempt
@require_http_methods(["POST", "HEAD", "GET"])
def events(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    hook = _find(provider, token)
    if request.method != "POST":
        return HttpResponse()
    read_posted(request, limit=_limit())
    with _Refusing(hook):
        outcomes = read_outcomes(hook.provider, request, secret=hook.secret, url=_url(request))
    note_outcomes(outcomes, at=now())
    return HttpResponse()


def _limit() -> int:
    return int(settings.MAINSTAY_MAX_MAIL_BYTES * _AS_JSON) + 1024 * 1024


def _url(request: HttpRequest) -> str:
    """As it was entered at the provider, whatever the proxies made of it."""
    return f"{settings.MAINSTAY_URL}{request.path}"


def _find(provider: str, token: str) -> _Hook:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM find_mailbox(%s)", [hash_of(token)])
        row = cursor.fetchone()
    if row is None or row[1] != provider:
        raise NotFound
    mailbox_id, _provider, address, sealed, is_enabled = row
    if not is_enabled:
        raise NotFound  # most providers keep it, and try again
    try:
        secret = unseal(sealed) if sealed else ""
    except CannotUnseal as error:
        note_refused(mailbox_id, Trouble.SECRET, str(error), at=now())
        raise
    return _Hook(mailbox_id, Provider(provider), address, secret)


class _Refusing:
    """What is wrong with a request is told to the provider, and stands on the mailbox's page."""

    def __init__(self, hook: _Hook) -> None:
        self._hook = hook

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, WrongSignature):
            note_refused(self._hook.mailbox_id, Trouble.SIGNATURE, "", at=now())
            raise Forbidden from None
        if isinstance(error, Unreadable):
            words = clean_line(str(error), 300)
            log.warning("a webhook of %s cannot be read: %s", self._hook.provider, words)
            note_refused(self._hook.mailbox_id, Trouble.FORMAT, words, at=now())
            raise Invalid(words) from None
