"""Reads a mail from any bytes. Never raises: what is wrong is noted as a defect, and the raw mail is kept."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from mainstay.core.text.headers import clean_line
from mainstay.support.channels.mime import defensive
from mainstay.support.channels.mime.addresses import Address, parse_addresses
from mainstay.support.channels.mime.authentication import read_auth_results
from mainstay.support.channels.mime.bodies import Collector, walk
from mainstay.support.channels.mime.dates import parse_date
from mainstay.support.channels.mime.entity import Entity, read_entity
from mainstay.support.channels.mime.mail import Limits, ParsedMail
from mainstay.support.channels.mime.words import header_text

MAX_SUBJECT = 2000
MAX_REFERENCES = 200
_HEADER_VALUE_LIMIT = 1000
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I)
_ID = re.compile(r"<\s*([^<>\s]{1,900})\s*>")
_RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_SINGLE = ("from", "subject", "date", "message-id", "to", "content-type")


def parse_mail(
    raw: bytes, *, limits: Limits | None = None, trusted_servers: Iterable[str] = ()
) -> ParsedMail:
    """`trusted_servers` are the authserv-ids whose Authentication-Results are believed."""
    limits = limits or Limits()
    defects: set[str] = set()
    raw = defensive.with_line_feeds(raw, defects)
    entity = read_entity(raw, 0, len(raw), limits, defects, "text/plain")
    collector = Collector(limits, defects)
    content = walk(entity, collector, 0)
    body = collector.finish(content)
    hint = _charset_hint(raw)
    from_, sender, reply_to = _authors(entity, hint, defects)
    date_text = header_text(entity.first("date") or b"")
    date = parse_date(date_text) if date_text else None
    if date is None:
        defects.add("date_broken" if date_text else "date_missing")
    _note_duplicates(entity, defects)
    ids = [_ids(value) for value in entity.all("message-id")[:1]]
    message_id = next((group[0] for group in ids if group), None)
    if message_id is None:
        defects.add("message_id_missing")
    return_paths = entity.all("return-path")
    return ParsedMail(
        message_id=message_id,
        in_reply_to=_all_ids(entity, "in-reply-to"),
        references=_all_ids(entity, "references"),
        from_=from_,
        from_text=clean_line(header_text(entity.first("from") or b"", hint), 300),
        sender=sender,
        reply_to=reply_to,
        to=_addresses(entity, "to", hint),
        cc=_addresses(entity, "cc", hint),
        return_path=_return_path(return_paths[0]) if return_paths else None,
        delivered_to=_delivered_to(entity),
        date=date,
        subject=clean_line(header_text(entity.first("subject") or b"", hint), MAX_SUBJECT),
        text=body.text or "",
        html=body.html,
        attachments=tuple(collector.attachments),
        invites=tuple(collector.invites),
        reports=tuple(collector.reports),
        content_type=entity.type.value,
        headers=_readable_headers(entity),
        auth=read_auth_results(entity.all("authentication-results"), trusted_servers),
        language=_language(entity),
        defects=tuple(sorted(defects)),
    )


def _charset_hint(raw: bytes) -> str | None:
    """The first character set the mail names: raw 8-bit headers are written in it."""
    found = _CHARSET.search(raw, 0, 30_000)
    return found[1].decode("ascii") if found else None


def _addresses(entity: Entity, name: str, hint: str | None = None) -> tuple[Address, ...]:
    found: list[Address] = []
    for value in entity.all(name)[:50]:
        found.extend(parse_addresses(value, hint))
    return tuple(found[:2000])


def _authors(
    entity: Entity, hint: str | None, defects: set[str]
) -> tuple[Address | None, Address | None, tuple[Address, ...]]:
    senders = _addresses(entity, "sender", hint)
    sender = senders[0] if senders else None
    reply_to = _addresses(entity, "reply-to", hint)
    authors = _addresses(entity, "from", hint)
    if authors:
        if len(authors) > 1:
            defects.add("from_several")
        return authors[0], sender, reply_to
    written = entity.first("from")
    defects.add("from_broken" if written and written.strip() else "from_missing")
    # Somebody sent it: the other headers that say who, in order of meaning.
    others = (*reply_to, *senders, *_addresses(entity, "return-path"), *_addresses(entity, "x-sender"))
    if others:
        name = clean_line(header_text(written or b""), 200)
        return Address(name or others[0].name, others[0].email), sender, reply_to
    return None, sender, reply_to


def _note_duplicates(entity: Entity, defects: set[str]) -> None:
    seen: set[str] = set()
    for name, _ in entity.headers:
        if name in _SINGLE and name in seen:
            defects.add("header_repeated")
        seen.add(name)


def _ids(value: bytes) -> list[str]:
    text = header_text(value)
    found = _ID.findall(text)
    if not found:
        found = [word.strip("<>,;\"'") for word in text.split() if "@" in word or len(text.split()) == 1]
    return [cleaned for item in found if (cleaned := clean_line(item, 900).replace(" ", ""))]


def _all_ids(entity: Entity, name: str) -> tuple[str, ...]:
    found: list[str] = []
    for value in entity.all(name)[:5]:
        # The end of a long chain is the nearest past; its beginning is the thread's root.
        found.extend(_ids(value[:8000]) + (_ids(value[-8000:]) if len(value) > 8000 else []))
    unique = list(dict.fromkeys(found))
    return tuple(unique if len(unique) <= MAX_REFERENCES else unique[:20] + unique[-MAX_REFERENCES + 20 :])


def _return_path(value: bytes) -> str | None:
    """An empty string for the null path; None when the header says nothing."""
    found = parse_addresses(value)
    if found:
        return found[0].email
    return "" if b"<" in value else None


def _delivered_to(entity: Entity) -> tuple[str, ...]:
    found = [
        a.email
        for name in _RECIPIENT_HEADERS
        for value in entity.all(name)[:20]
        for a in parse_addresses(value)
    ]
    return tuple(dict.fromkeys(found))


def _readable_headers(entity: Entity) -> MappingProxyType[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, value in entity.headers[:500]:
        values = found.setdefault(name, [])
        if len(values) < 20:
            values.append(clean_line(header_text(value[:_HEADER_VALUE_LIMIT]), _HEADER_VALUE_LIMIT))
    return MappingProxyType({name: tuple(values) for name, values in found.items()})


def _language(entity: Entity) -> str | None:
    value = header_text(entity.first("content-language") or entity.first("accept-language") or b"")
    match = re.match(r"\s*([a-zA-Z]{2,3})(?:-[A-Za-z0-9]+)*\b", value)
    return match[1].lower() if match else None
