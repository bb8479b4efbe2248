"""A notice as a mail, in the person's language and zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import ngettext

from mainstay.core.house.current import house
from mainstay.people.messages.actions import Mail
from mainstay.people.messages.notices.kinds import kind_of
from mainstay.people.messages.notices.reading import AnyNotice, text_of
from mainstay.people.messages.notices.stopping import DIGEST, Stop
from mainstay.people.messages.rules import zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    person_id: UUID
    tenant_id: UUID | None
    """None: a staff member."""
    email: str
    name: str
    language: str
    zone: str
    can_sign_in: bool
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    text: str
    link: str
    at: Any
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What came about one subject, the newest last."""

    items: list[Item]

    @property
    def link(self) -> str:
        return self.items[-1].link


def notice_mail(reader: Reader, notices: Sequence[AnyNotice]) -> Mail:
    """Of one kind and about one customer; the first names the mail."""
    first = notices[0]
    kind = kind_of(first.kind)
    stop = Stop(reader.tenant_id, reader.person_id, first.kind) if kind.may_be_off else None
    with _as_read_by(reader):
        quotes = kind.quotes([row.params for row in notices]) if kind.quotes else [""] * len(notices)
        items = [_item(reader, row, quote) for row, quote in zip(notices, quotes, strict=True)]
        subject = items[0].text
        if more := len(items) - 1:
            subject = ngettext("%(first)s, and %(count)s more", "%(first)s, and %(count)s more", more) % {
                "first": subject,
                "count": more,
            }
        more_words = {"items": items, "why_always": kind.why_always, "advice": kind.advice}
        text, html = _rendered("notice", reader, subject, stop, more_words)
    is_single = len(notices) == 1
    is_ticket = is_single and first.subject_kind == "ticket"
    number = str(first.params.get("number", ""))
    return Mail(
        kind=first.kind,
        email=reader.email,
        name=reader.name,
        person_id=reader.person_id,
        tenant_id=first.tenant_id,
        ticket_id=first.subject_id if is_ticket else None,
        ticket_number=int(number) if is_ticket and number.isdecimal() else None,
        cause=first.cause,
        language=reader.language,
        subject=subject[:_SUBJECT],
        text=text,
        html=html,
        headers={**_HEADERS, **(stop.headers if stop else {})},
        is_automatic=False,
    )


def digest_mail(reader: Reader, notices: Sequence[AnyNotice]) -> Mail:
    stop = Stop(reader.tenant_id, reader.person_id, DIGEST)
    with _as_read_by(reader):
        subject = ngettext(
            "%(count)s unread notification", "%(count)s unread notifications", len(notices)
        ) % {"count": len(notices)}
        groups = [Group([_item(reader, row, "") for row in rows]) for rows in by_subject(notices)]
        text, html = _rendered("digest", reader, subject, stop, {"groups": groups})
    return Mail(
        kind="notices.digest",
        email=reader.email,
        name=reader.name,
        person_id=reader.person_id,
        tenant_id=reader.tenant_id,
        language=reader.language,
        subject=subject,
        text=text,
        html=html,
        headers={**_HEADERS, **stop.headers},
        is_automatic=False,
    )


def by_subject(notices: Sequence[AnyNotice]) -> list[list[AnyNotice]]:
    """In the order in which the subjects first came up; what has no subject stands alone."""
    groups: dict[Any, list[AnyNotice]] = {}
    for row in notices:
        groups.setdefault(row.subject_id or row.id, []).append(row)
    return list(groups.values())


_SUBJECT: Final = 250
# No answer to a mail, hence outside the cap on these: what people do is told however much of it there is.
_HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@contextmanager
def _as_read_by(reader: Reader) -> Iterator[None]:
    language = reader.language or house().language
    with translation.override(language), timezone.override(zone_of(reader.zone)):
        yield


def _item(reader: Reader, row: AnyNotice, quote: str) -> Item:
    link = f"{settings.MAINSTAY_URL}{row.link}" if row.link and reader.can_sign_in else ""
    return Item(text_of(row), link, row.created_at, quote)


def _rendered(
    template: str, reader: Reader, subject: str, stop: Stop | None, more: Mapping[str, Any]
) -> tuple[str, str]:
    context = {
        "reader": reader,
        "subject": subject,
        "language": reader.language,
        "signature": house().operator_name,
        "settings_url": f"{settings.MAINSTAY_URL}/account/notifications/preferences"
        if reader.can_sign_in
        else "",
        "stop_url": stop.url if stop else "",
        **more,
    }
    text = render_to_string(f"messages/mail/{template}.txt", context)
    html = render_to_string(f"messages/mail/{template}.html", context)
    return text.strip() + "\n", html
