"""What our own mails carry to be recognised by: signed reply addresses and Message-IDs."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

TicketRef = int | UUID

_MAC_BYTES = 10
_PURPOSE = b"mainstay reply address 1"
_MESSAGE_ID = re.compile(
    r"([a-z][a-z0-9_-]{0,30})\.([0-9]{1,20}|[0-9a-f-]{36})\.([A-Za-z0-9_-]{1,64})@([^@\s]{1,255})\Z"
)


def reply_address(secret: bytes | str, base_address: str, ticket: TicketRef) -> str:
    """`support@acme.example` as `support+<token>@acme.example`. Mail servers may change its case."""
    local, _, domain = base_address.strip().rpartition("@")
    if not local or not domain:
        raise ValueError("base_address must be an e-mail address")
    payload = _payload(ticket)
    token = base64.b32encode(payload + _mac(secret, payload)).decode().rstrip("=").lower()
    return f"{local}+{token}@{domain}"


def read_reply_token(secrets: Sequence[bytes | str], address: str) -> TicketRef | None:
    """The ticket a reply address of ours names; None unless one of the secrets signed it."""
    payload, mac = _split(address)
    valid = False
    for secret in secrets:
        valid |= hmac.compare_digest(_mac(secret, payload), mac)
    return _ticket(payload) if valid else None


def staff_reply_address(secret: bytes | str, base_address: str, ticket_id: UUID, staff_id: UUID) -> str:
    """Good for this one person: what the customer's copies carry proves nothing about staff."""
    local, _, domain = base_address.strip().rpartition("@")
    if not local or not domain:
        raise ValueError("base_address must be an e-mail address")
    payload = b"s" + ticket_id.bytes
    token = base64.b32encode(payload + _mac(secret, payload + staff_id.bytes)).decode().rstrip("=").lower()
    return f"{local}+{token}@{domain}"


def read_staff_token(secrets: Sequence[bytes | str], address: str, staff_id: UUID) -> UUID | None:
    """The ticket about which this person was written to at this address."""
    payload, mac = _split(address)
    valid = False
    for secret in secrets:
        valid |= hmac.compare_digest(_mac(secret, payload + staff_id.bytes), mac)
    return UUID(bytes=payload[1:]) if valid and payload[:1] == b"s" and len(payload) == 17 else None


def _split(address: str) -> tuple[bytes, bytes]:
    """Payload and signature of a plus address; empty where there is none."""
    local = address.strip().rpartition("@")[0]
    token = local.rpartition("+")[2] if "+" in local else ""
    if not 20 <= len(token) <= 60 or not token.isascii() or not token.isalnum():
        return b"", b""
    try:
        data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return b"", b""
    # The last character has spare bits: only the one spelling counts.
    if base64.b32encode(data).decode().rstrip("=") != token.upper() or len(data) <= _MAC_BYTES:
        return b"", b""
    return data[:-_MAC_BYTES], data[-_MAC_BYTES:]


def _mac(secret: bytes | str, payload: bytes) -> bytes:
    key = secret.encode() if isinstance(secret, str) else secret
    if not key:
        raise ValueError("secret must not be empty")
    return hmac.new(key, _PURPOSE + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _payload(ticket: TicketRef) -> bytes:
    if isinstance(ticket, UUID):
        return b"u" + ticket.bytes
    if not 0 < ticket < 1 << 64:
        raise ValueError("ticket must be a positive number")
    return b"n" + ticket.to_bytes(max(4, (ticket.bit_length() + 7) // 8), "big")


def _ticket(payload: bytes) -> TicketRef | None:
    kind, body = payload[:1], payload[1:]
    if kind == b"u" and len(body) == 16:
        return UUID(bytes=body)
    if kind == b"n" and 4 <= len(body) <= 8:
        return int.from_bytes(body, "big")
    return None


@dataclass(frozen=True, slots=True)
class OwnMessageId:
    kind: str  # "reply", "ack" …
    ticket: TicketRef
    delivery: str


def make_message_id(kind: str, ticket: TicketRef, delivery: str, domain: str) -> str:
    """Without angle brackets. `delivery` should be unguessable: knowing it shows that the mail was received."""
    made = f"{kind}.{ticket}.{delivery}@{domain.lower()}"
    if not _MESSAGE_ID.match(made):
        raise ValueError("not fit for a Message-ID")
    return made


def read_message_id(message_id: str, domains: Sequence[str]) -> OwnMessageId | None:
    match = _MESSAGE_ID.match(message_id.strip().strip("<>"))
    if match is None or match[4].lower() not in {domain.lower() for domain in domains}:
        return None
    try:
        ticket: TicketRef = int(match[2]) if match[2].isdigit() else UUID(match[2])
    except ValueError:
        return None
    return OwnMessageId(match[1], ticket, match[3])
