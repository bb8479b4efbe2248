"""Builds the mails we send. Every value from outside is made one clean line before it becomes a header."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from mainstay.core.text.headers import clean_line, safe_filename, storable
from mainstay.support.channels.mime.addresses import Address, find_email

MAX_REFERENCES = 50
_POLICY = SMTP.clone(max_line_length=76)
# Types a receiving program might run stay what they are by name but are sent as plain data.
_PLAIN_DATA = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml")


@dataclass(frozen=True, slots=True)
class Enclosure:
    filename: str
    content_type: str
    content: bytes


def build_reply(
    *,
    from_: Address,
    to: Sequence[Address],
    subject: str,
    text: str,
    message_id: str,
    date: datetime,
    html: str | None = None,
    cc: Sequence[Address] = (),
    reply_to: Address | None = None,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    automatic: bool = False,
    origin: str = "ticket",
    list_unsubscribe: str | None = None,
    language: str | None = None,
    attachments: Sequence[Enclosure] = (),
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """`html` must already be safe. `automatic`: sent without a person's hand (acknowledgements, surveys).

    Bytes for SMTP: `build_reply(…).as_bytes()`.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(from_)
    message["To"] = tuple(_address(a) for a in to)
    if cc:
        message["Cc"] = tuple(_address(a) for a in cc)
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    message["Subject"] = clean_line(subject, 300)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{_id(message_id)}>"
    _thread(message, in_reply_to, references)
    message["X-Mainstay"] = clean_line(origin, 60) or "ticket"
    message["X-Auto-Response-Suppress"] = "All" if automatic else "OOF, AutoReply"
    if automatic:
        message["Auto-Submitted"] = "auto-generated"
    if list_unsubscribe:
        message["List-Unsubscribe"] = f"<{clean_line(list_unsubscribe, 900).replace(' ', '').strip('<>')}>"
        if list_unsubscribe.strip("<> ").lower().startswith("https:"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if language:
        message["Content-Language"] = clean_line(language, 20)
    for name, value in (headers or {}).items():
        message[name] = clean_line(value, 900)
    message.set_content(_body(text), cte="quoted-printable")
    if html is not None:
        message.add_alternative(_body(html), subtype="html", cte="quoted-printable")
    for item in attachments:
        _attach(message, item)
    return message


def _thread(message: EmailMessage, in_reply_to: str | None, references: Sequence[str]) -> None:
    chain = [cleaned for item in references if (cleaned := _id(item))]
    if in_reply_to and _id(in_reply_to):
        message["In-Reply-To"] = f"<{_id(in_reply_to)}>"
        chain = [item for item in chain if item != _id(in_reply_to)] + [_id(in_reply_to)]
    if len(chain) > MAX_REFERENCES:
        # The first names the thread; the last are what programs look for.
        chain = chain[:1] + chain[-MAX_REFERENCES + 1 :]
    if chain:
        message["References"] = " ".join(f"<{item}>" for item in chain)


def _id(message_id: str) -> str:
    bare = clean_line(message_id, 900).replace(" ", "").strip("<>")
    return "".join(c for c in bare if c.isascii() and c not in "<>")


def _address(address: Address) -> HeaderAddress:
    email = find_email(address.email)
    if email is None:
        raise ValueError(f"email: {clean_line(address.email, 100)!r} is not an address")
    local, _, domain = email.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError(f"email: the domain of {clean_line(email, 100)!r} cannot be encoded") from None
    if not local.isascii():
        raise ValueError(f"email: {clean_line(email, 100)!r} needs a server with SMTPUTF8")
    return HeaderAddress(display_name=clean_line(address.name, 100), username=local.strip('"'), domain=domain)


def _body(text: str) -> str:
    text = storable(text).replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def _attach(message: EmailMessage, item: Enclosure) -> None:
    kind = clean_line(item.content_type, 100).lower()
    main, slash, sub = kind.partition("/")
    if not slash or not main.isalnum() or not sub or kind in _PLAIN_DATA or main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    message.add_attachment(item.content, maintype=main, subtype=sub, filename=safe_filename(item.filename))
