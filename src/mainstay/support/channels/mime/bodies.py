"""Walks the parts of a mail: what is the body, what is attached."""

import mimetypes
import re
from dataclasses import dataclass

from mainstay.core.text.headers import clean_line, safe_filename
from mainstay.core.text.plain import html_to_text
from mainstay.core.text.safe import escape_lines
from mainstay.support.channels.mime import calendar, tnef, uu
from mainstay.support.channels.mime.charsets import decode
from mainstay.support.channels.mime.entity import Entity, body_bytes, multipart_children, read_entity
from mainstay.support.channels.mime.mail import Attachment, Invite, Limits, Report
from mainstay.support.channels.mime.words import header_text, lenient_base64, parse_parameters

_REPORTS = frozenset(
    (
        "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
        "message/feedback-report", "text/rfc822-headers", "message/global-headers",
    )
)  # fmt: skip
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I)
_REPORT_LIMIT = 60_000
_NAMES = {
    "text/calendar": "invite.ics", "message/rfc822": "message.eml", "text/x-vcard": "contact.vcf",
    "text/vcard": "contact.vcf", "application/pgp-signature": "signature.asc", "image/jpeg": "image.jpg",
    "application/pkcs7-signature": "smime.p7s", "application/pkcs7-mime": "smime.p7m",
    "message/delivery-status": "delivery-status.txt", "text/rfc822-headers": "headers.txt",
    "application/octet-stream": "attachment.bin", "text/plain": "text.txt", "text/html": "page.html",
}  # fmt: skip


@dataclass(slots=True)
class Block:
    """A piece of the body in one or both forms."""

    text: str | None
    html: str | None

    def is_blank(self) -> bool:
        return not (self.text or "").strip() and not (self.html or "").strip()


class Collector:
    def __init__(self, limits: Limits, defects: set[str]) -> None:
        self.limits = limits
        self.defects = defects
        self.attachments: list[Attachment] = []
        self.invites: list[Invite] = []
        self.reports: list[Report] = []
        self.parts = 0

    def attach(
        self, name: str, kind: str, content: bytes, cid: str | None = None, inline: bool = False
    ) -> None:
        if not name:
            name = _NAMES.get(kind) or "attachment" + (mimetypes.guess_extension(kind) or ".bin")
        self.attachments.append(Attachment(safe_filename(name), kind, content, cid, inline))

    def finish(self, blocks: list[Block]) -> Block:
        """The whole body as text and, if there was any, HTML. Text is always a string."""
        if all(block.is_blank() for block in blocks) and self.invites:
            blocks = [Block(calendar.describe(invite), None) for invite in self.invites]
        html: str | None = None
        if any(block.html is not None for block in blocks):
            html = "\n".join(escape_lines(b.text or "") if b.html is None else b.html for b in blocks)
            html = self._limited(html, "body.html", "text/html")
            self._mark_inline(html)
        # A body beyond the limit is kept whole as a file; its reading need not cost more than its showing.
        cut = self.limits.body_chars
        texts = [b.text if b.text is not None else html_to_text((b.html or "")[:cut]) for b in blocks]
        text = "\n\n".join(t.strip("\n") for t in texts if t.strip())
        text = self._limited(text, "body.txt", "text/plain")
        if not text.strip() and not html:
            self.defects.add("body_empty")
        return Block(text, html)

    def _limited(self, body: str, name: str, kind: str) -> str:
        if len(body) <= self.limits.body_chars:
            return body
        self.defects.add("body_cut")
        self.attach(name, kind, body.encode("utf-8", "replace"))
        return body[: self.limits.body_chars]

    def _mark_inline(self, html: str) -> None:
        lowered = html.lower() if any(a.content_id for a in self.attachments) else ""
        for place, item in enumerate(self.attachments):
            shown = bool(item.content_id) and f"cid:{item.content_id}".lower() in lowered
            if shown != item.is_inline:
                self.attachments[place] = Attachment(
                    item.filename, item.content_type, item.content, item.content_id, shown
                )


def walk(entity: Entity, into: Collector, depth: int) -> list[Block]:
    into.parts += 1
    if into.parts > into.limits.parts:
        into.defects.add("too_many_parts")
        return []
    kind = entity.type.value
    if kind.startswith("multipart/"):
        if depth >= into.limits.depth:
            into.defects.add("nested_too_deep")
            into.attach("nested.eml", "application/octet-stream", entity.raw[entity.start : entity.end])
            return []
        children = _children(entity, into)
        if children:
            return _multipart(kind.removeprefix("multipart/"), children, into, depth)
        into.defects.add("boundary_missing")
        entity.type.value = "text/plain"
    return _leaf(entity, into, depth)


def _children(entity: Entity, into: Collector) -> list[Entity]:
    spans = multipart_children(entity, into.limits, into.defects)
    if not spans and entity.encoding == "base64":
        # Not allowed, and seen: a whole multipart inside one transfer encoding.
        decoded = lenient_base64(entity.raw[entity.start : entity.end])
        entity = Entity(decoded, entity.headers, 0, len(decoded), entity.type)
        spans = multipart_children(entity, into.limits, into.defects)
    default = "message/rfc822" if entity.type.value == "multipart/digest" else "text/plain"
    return [read_entity(entity.raw, a, b, into.limits, into.defects, default) for a, b in spans]


def _multipart(kind: str, children: list[Entity], into: Collector, depth: int) -> list[Block]:
    if kind == "related":
        root = children[0].type.params.get("start") or ""
        children.sort(key=lambda c: bool(root) and _content_id(c) != root.strip("<>"))
    results = [walk(child, into, depth + 1) for child in children]
    if kind != "alternative":
        return [block for blocks in results for block in blocks]
    rich = next((r for r in reversed(results) if any((b.html or "").strip() for b in r)), None)
    plain = next((r for r in results if r is not rich and any((b.text or "").strip() for b in r)), None)
    if rich is None:
        return plain or next((r for r in results if r), [])
    if plain is None or any(b.html is not None for b in plain):
        return rich
    text = "\n\n".join((b.text or "").strip("\n") for b in plain)
    html = "\n".join(escape_lines(b.text or "") if b.html is None else b.html for b in rich)
    return [Block(text, html)]


def _leaf(entity: Entity, into: Collector, depth: int) -> list[Block]:
    kind, defects = entity.type.value, into.defects
    disposition, name = _disposition(entity)
    cid = _content_id(entity)
    if kind in ("text/plain", "text/html", "text/enriched", "text/richtext") and disposition != "attachment":
        if not name or (depth == 0 and kind != "text/plain"):
            return _body_text(entity, into, kind)
        if depth == 0 and disposition != "attachment":
            return _body_text(entity, into, kind)
    if kind in _REPORTS:
        return _report(entity, into, kind, name)
    if kind in ("message/rfc822", "message/global", "message/news"):
        return _embedded(entity, into, name)
    content = body_bytes(entity, defects)
    if entity.encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        files = uu.extract_uuencoded(content.decode("latin-1").replace("\r\n", "\n"))[1]
        name, content = (name or files[0][0], files[0][1]) if files else (name, content)
    if kind in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
        blocks = _tnef(content, into)
        if blocks is not None:
            return blocks
    if kind == "text/calendar" or name.lower().endswith(".ics"):
        invite = calendar.read_invite(
            decode(content[:400_000], entity.type.params.get("charset", "utf-8"))[0]
        )
        if invite and len(into.invites) < 20:
            into.invites.append(invite)
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"):
        defects.add("encrypted")
    into.attach(name, clean_line(kind, 100), content, cid)
    return []


def _disposition(entity: Entity) -> tuple[str, str]:
    raw = entity.first("content-disposition")
    parsed = parse_parameters(raw) if raw else None
    name = (parsed.params.get("filename") if parsed else None) or entity.type.params.get("name") or ""
    return parsed.value if parsed else "", clean_line(name, 1000)


def _content_id(entity: Entity) -> str | None:
    raw = entity.first("content-id")
    return clean_line(header_text(raw), 300).strip("<> ") or None if raw else None


def _body_text(entity: Entity, into: Collector, kind: str) -> list[Block]:
    params = entity.type.params
    data = body_bytes(entity, into.defects)
    meta = _META_CHARSET.search(data, 0, 4000) if kind == "text/html" else None
    text, defect = decode(data, params.get("charset"), meta[1].decode("ascii") if meta else None)
    if defect:
        into.defects.add(defect)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text/html":
        return [Block(None, text)]
    if kind != "text/plain":
        return [Block(html_to_text(text.replace("<<", "&lt;")), None)]
    if params.get("format", "").lower() == "flowed":
        text = uu.unflow(text, delete_space=params.get("delsp", "").lower() == "yes")
    text, files = uu.extract_uuencoded(text)
    for name, content in files:
        into.attach(name, mimetypes.guess_type(name)[0] or "application/octet-stream", content)
    return [Block(text, None)]


def _report(entity: Entity, into: Collector, kind: str, name: str) -> list[Block]:
    content = body_bytes(entity, into.defects)
    text = decode(content[:_REPORT_LIMIT], entity.type.params.get("charset", "utf-8"))[0]
    if len(into.reports) < 50:
        into.reports.append(Report(kind, text.replace("\r\n", "\n")))
    into.attach(name, kind, content)
    return []


def _embedded(entity: Entity, into: Collector, name: str) -> list[Block]:
    content = body_bytes(entity, into.defects)
    inner = read_entity(content, 0, len(content), into.limits, set(), "text/plain")
    if len(into.reports) < 50:
        head = decode(content[: min(inner.start, _REPORT_LIMIT)], None)[0]
        into.reports.append(Report("message/rfc822", head.replace("\r\n", "\n")))
    if not name:
        subject = clean_line(header_text(inner.first("subject") or b""), 80)
        name = f"{subject.replace('/', '-')}.eml" if subject else ""
    into.attach(name, "message/rfc822", content)
    return []


def _tnef(content: bytes, into: Collector) -> list[Block] | None:
    opened = tnef.open_tnef(content, into.limits.tnef_bytes)
    if opened is None:
        into.defects.add("tnef_broken")
        return None
    for name, data, cid in opened.files:
        into.attach(name, mimetypes.guess_type(name)[0] or "application/octet-stream", data, cid)
    if opened.html or opened.text:
        return [Block(opened.text, opened.html)]
    return []
