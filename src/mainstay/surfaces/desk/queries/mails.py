"""Mails that came in, and mails that went out, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.core.text.html import sanitise_mail_html
from mainstay.people.messages.models import Delivery, Suppression
from mainstay.people.messages.queries import visible_deliveries
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.models import InboundMail
from mainstay.support.channels.queries import visible_mails
from mainstay.support.channels.rules import MailState

MAILS_SIZE = 50
COUNTED = 1000


def inbound_page(actor: Actor, states: frozenset[MailState], *, after: str = "") -> Page[InboundMail]:
    found = visible_mails(actor)
    if states:
        found = found.filter(state__in=sorted(state.value for state in states))
    return _page(found, "received_at", after)


def inbound_count(actor: Actor, states: frozenset[MailState]) -> int:
    wanted = sorted(state.value for state in states)
    return visible_mails(actor).filter(state__in=wanted)[:COUNTED].count()


def delivery_page(actor: Actor, *, state: str = "", email: str = "", after: str = "") -> Page[Delivery]:
    found = visible_deliveries(actor).select_related("tenant").defer("text", "html", "headers")
    if state:
        found = found.filter(state=state)
    if email:
        found = found.filter(email=email)
    return _page(found, "created_at", after)


def _page(found: QuerySet[Any], column: str, after: str) -> Page[Any]:
    if after:
        values = read_cursor(after, datetime, UUID)
        found = found.filter(Beyond([column, "id"], values, descending=True))
    rows = list(found.order_by(f"-{column}", "-id")[: MAILS_SIZE + 1])
    shown = rows[:MAILS_SIZE]
    is_more = len(rows) > MAILS_SIZE
    return Page(shown, encode_cursor([getattr(shown[-1], column), shown[-1].id]) if is_more else None)


def suppression_of(email: str) -> Suppression | None:
    return Suppression.objects.filter(email=email.lower()).first()


@dataclass(frozen=True, slots=True)
class SafeMail:
    """A parsed mail as a page may show it: pictures stay links, nothing runs, nothing loads."""

    mail: ParsedMail
    html: str

    @property
    def files(self) -> list[tuple[str, int]]:
        return [(file.filename, len(file.content)) for file in self.mail.attachments]


def safe_mail(mail: ParsedMail, *, image_label: str) -> SafeMail:
    html = sanitise_mail_html(mail.html, image_label=image_label) if mail.html else ""
    return SafeMail(mail, html)
