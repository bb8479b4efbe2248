"""The postman over Django's mail backends (SMTP, any provider of anymail, or a folder of files)."""

from __future__ import annotations

import smtplib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from mainstay.core.house.current import house
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.ports import PermanentFailure, TemporaryFailure
from mainstay.people.messages.rules import is_permanent

Reader = Callable[[str], bytes]
"""From a storage key to the file's bytes."""


def message_domain() -> str:
    return house().mail_from.rpartition("@")[2].rstrip(">")


def message_id(kind: str, ticket_number: int | None, delivery_id: UUID) -> str:
    """Ours, recognisable in a reply's References, and short enough that no mail program folds the line."""
    short = urlsafe_b64encode(delivery_id.bytes).rstrip(b"=").decode()
    return f"<{kind.partition('.')[0]}.{ticket_number or 0}.{short}@{message_domain()}>"


def delivery_of(short: str) -> UUID | None:
    """The delivery that a Message-ID of ours names."""
    try:
        return UUID(bytes=urlsafe_b64decode(short + "=="))
    except ValueError:
        return None


def build(delivery: Delivery, read: Reader) -> EmailMessage:
    headers = {
        "Message-ID": message_id(delivery.kind, delivery.ticket_number, delivery.id),
        "X-Mainstay": f"{delivery.kind}; {message_domain()}",
        "Content-Language": delivery.language,
        "X-Auto-Response-Suppress": "All" if delivery.is_automatic else "OOF",
        **({"Auto-Submitted": "auto-replied"} if delivery.is_automatic else {}),
        **delivery.headers,
    }
    sender = headers.pop("From", "") or _sender()
    reply_to = headers.pop("Reply-To", "")
    mail = EmailMultiAlternatives(
        subject=" ".join(delivery.subject.split()),
        body=delivery.text,
        from_email=sender,
        to=[_address(delivery.name, delivery.email)],
        reply_to=[reply_to] if reply_to else None,
        headers=headers,
    )
    if delivery.html:
        mail.attach_alternative(delivery.html, "text/html")
    for file in delivery.attachments:
        mail.attach(file["filename"], read(file["storage_key"]), file["content_type"])
    return mail


class Post:
    """Use as a context for one batch: one connection to the server for all of its mails."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._connection: Any = None

    def send(self, delivery: Delivery) -> None:
        mail = build(delivery, self._read)
        try:
            if self._connection is None:
                self._connection = get_connection()
                self._connection.open()
            mail.connection = self._connection
            mail.send()
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()))
            raise _failure(code, words) from refused
        except smtplib.SMTPResponseException as answer:
            self.close()
            raise _failure(answer.smtp_code, answer.smtp_error) from answer
        except (OSError, smtplib.SMTPException) as broken:
            self.close()
            raise TemporaryFailure(f"{type(broken).__name__}: {broken}") from broken

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (OSError, smtplib.SMTPException):
                pass  # already gone


@contextmanager
def post(read: Reader) -> Iterator[Post]:
    carrier = Post(read)
    try:
        yield carrier
    finally:
        carrier.close()


class EmlBackend(BaseEmailBackend):
    """The outbox on disk: one file a mail, which any mail program opens."""

    def send_messages(self, email_messages: Any) -> int:
        folder = Path(getattr(settings, "EMAIL_FILE_PATH", "outbox"))
        folder.mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            raw = mail.message().as_bytes(linesep="\r\n")
            temporary = folder / f".{uuid4().hex}"
            temporary.write_bytes(raw)
            name = mail.extra_headers.get("Message-ID", uuid4().hex).strip("<>").partition("@")[0]
            temporary.replace(folder / f"{name}.eml")
        return len(email_messages)


def _failure(code: int, words: bytes | str) -> PermanentFailure | TemporaryFailure:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return (PermanentFailure if is_permanent(code) else TemporaryFailure)(f"{code} {text}")


def sent_as(name: str) -> str:
    """For a From header: our address under somebody's name, as a customer's for the people of its portal."""
    return _address(name, house().mail_from)


def _sender() -> str:
    return _address(house().sender_name, house().mail_from)


def _address(name: str, email: str) -> str:
    try:
        return str(Address(display_name=" ".join(name.split()), addr_spec=email))
    except Exception:  # an address that the registry cannot parse is handed over as it is
        return email
