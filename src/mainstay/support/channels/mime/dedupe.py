"""One key for one mail in one mailbox."""

import hashlib
import re
from datetime import UTC, datetime

from mainstay.support.channels.mime.mail import ParsedMail

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def dedupe_key(mailbox: str, mail: ParsedMail, raw: bytes, arrived_at: datetime) -> str:
    """Mailbox + Message-ID + date + body: distinct mails reuse ids, and one mail reaches several mailboxes."""
    parts = [mailbox.strip().lower(), mail.message_id or "", mail.header("date")]
    if not mail.message_id:
        parts += [mail.from_.key if mail.from_ else mail.from_text, mail.subject]
        if not parts[2]:  # a device's daily words are news each day
            parts.append(f"{arrived_at.astimezone(UTC):%Y-%m-%d %H}")
    head = hashlib.sha256("\0".join(parts).encode("utf-8", "replace"))
    return hashlib.sha256(head.digest() + body_hash(raw)).hexdigest()


def body_hash(raw: bytes) -> bytes:
    """Of what follows the headers, whatever line ends and trailing blank lines the transport made."""
    start = _BLANK_LINE.search(raw)
    body = memoryview(raw)[start.end() if start else 0 :]
    digest, held = hashlib.sha256(), b""
    for at in range(0, len(body), 1 << 20):
        chunk = held + bytes(body[at : at + (1 << 20)]).replace(b"\r", b"")
        kept = chunk.rstrip(b"\n \t")
        digest.update(kept)
        held = chunk[len(kept) :] if len(chunk) - len(kept) < 1 << 20 else b""
    return digest.digest()
