"""Builders of mails as they really arrive. Bytes in, bytes out; nothing is repaired on the way."""

import base64
import binascii
import struct

from mainstay.support.channels.mime.mail import ParsedMail

CRLF = b"\r\n"


def mail(
    body: bytes | str = "Hello",
    *,
    headers: bytes | str = "",
    sender: bytes | str = "Clara Ruiz <clara@acme.example>",
    subject: bytes | str = "Printer on fire",
    kind: str | None = "text/plain; charset=utf-8",
    message_id: str | None = "<m1@acme.example>",
    date: str | None = "Fri, 20 Nov 2026 10:00:00 +0100",
    to: str = "support@mainstay.example",
) -> bytes:
    lines = [b"From: " + _bytes(sender), b"To: " + _bytes(to), b"Subject: " + _bytes(subject)]
    if message_id:
        lines.append(b"Message-ID: " + _bytes(message_id))
    if date:
        lines.append(b"Date: " + _bytes(date))
    if headers:
        lines.append(_bytes(headers).rstrip(b"\r\n"))
    if kind:
        lines.append(b"Content-Type: " + _bytes(kind))
    return CRLF.join(lines) + CRLF + CRLF + _bytes(body)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8")


def part(kind: str, body: bytes | str, headers: str = "") -> bytes:
    extra = _bytes(headers) + CRLF if headers else b""
    return b"Content-Type: " + _bytes(kind) + CRLF + extra + CRLF + _bytes(body)


def attached(name: str, content: bytes, kind: str = "application/octet-stream", headers: str = "") -> bytes:
    head = f'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="{name}"'
    return part(kind, base64.encodebytes(content), head + (f"\r\n{headers}" if headers else ""))


def multipart(
    kind: str, *parts: bytes, boundary: str = "b1", closed: bool = True, **headers: object
) -> bytes:
    return mail(
        joined(*parts, boundary=boundary, closed=closed),
        kind=f'multipart/{kind}; boundary="{boundary}"',
        **headers,  # type: ignore[arg-type]
    )


def nested(kind: str, *parts: bytes, boundary: str = "b2") -> bytes:
    return part(f'multipart/{kind}; boundary="{boundary}"', joined(*parts, boundary=boundary))


def joined(*parts: bytes, boundary: str, closed: bool = True) -> bytes:
    mark = b"--" + boundary.encode()
    body = b"".join(mark + CRLF + item + CRLF for item in parts)
    return body + mark + b"--" + CRLF if closed else body


def encoded_word(text: str, charset: str = "utf-8", how: str = "b") -> str:
    data = text.encode(charset)
    if how == "b":
        return f"=?{charset}?b?{base64.b64encode(data).decode()}?="
    return f"=?{charset}?q?" + "".join(f"={byte:02X}" for byte in data) + "?="


def uuencoded(name: str, content: bytes) -> str:
    rows = [binascii.b2a_uu(content[at : at + 45]).decode() for at in range(0, len(content), 45)]
    return f"begin 644 {name}\n" + "".join(rows) + "`\nend\n"


def tnef(text: str, files: dict[str, bytes]) -> bytes:
    def attribute(level: int, name: int, value: bytes) -> bytes:
        return (
            struct.pack("<BHHI", level, name, 0, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
        )

    out = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x9007, struct.pack("<II", 1252, 0))
    out += attribute(1, 0x800C, text.encode("cp1252") + b"\0")
    for name, content in files.items():
        out += attribute(2, 0x9002, bytes(14)) + attribute(2, 0x8010, name.encode("cp1252") + b"\0")
        out += attribute(2, 0x800F, content)
    return out


def bounce(
    recipient: str = "gone@globex.example", status: str = "5.1.1", action: str = "failed", **headers: object
) -> bytes:
    return multipart(
        'report; report-type="delivery-status"',
        part("text/plain", "Your message could not be delivered."),
        part(
            "message/delivery-status",
            f"Reporting-MTA: dns; mx.globex.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\n"
            f"Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} no such user here\r\n",
        ),
        part("message/rfc822", mail("original", message_id="<sent.1@mainstay.example>")),
        sender="Mail Delivery System <mailer-daemon@mx.globex.example>",
        subject="Undelivered Mail Returned to Sender",
        headers="Return-Path: <>",
        **headers,
    )


def storable(parsed: ParsedMail) -> None:
    texts = [parsed.subject, parsed.text, parsed.html or "", parsed.from_text, parsed.message_id or ""]
    texts += [a.filename for a in parsed.attachments] + [*parsed.references, *parsed.in_reply_to]
    texts += [value for values in parsed.headers.values() for value in values]
    texts += [a.name + a.email for a in (*parsed.to, *parsed.cc, *parsed.reply_to)]
    for text in texts:
        assert "\x00" not in text
        text.encode("utf-8")
    assert "\n" not in parsed.subject
