"""What a parsed mail is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mainstay.support.channels.mime.addresses import Address


@dataclass(frozen=True, slots=True)
class Limits:
    parts: int = 1000
    depth: int = 25
    header_bytes: int = 1_000_000  # of one header block
    headers: int = 2000
    body_chars: int = 1_000_000  # of text and of HTML; more is kept as an attachment
    tnef_bytes: int = 40_000_000


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str  # safe to store and to show
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None  # without angle brackets
    is_inline: bool  # an image that the HTML shows


@dataclass(frozen=True, slots=True)
class Invite:
    """The readable part of a calendar attachment."""

    method: str
    summary: str
    starts: str  # as written in the calendar: local time, UTC ("…Z") or a date
    ends: str
    location: str
    organizer: str


@dataclass(frozen=True, slots=True)
class Report:
    """A part of a delivery status, disposition or abuse report."""

    content_type: str
    text: str


@dataclass(frozen=True, slots=True)
class AuthResults:
    """Verdicts of the receiving server that is trusted: "pass", "fail", "softfail", "none" …; None if unsaid."""

    dmarc: str | None = None
    spf: str | None = None
    dkim: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    message_id: str | None  # ids without angle brackets
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    from_: Address | None  # None when no header names an address ("MAILER-DAEMON" alone is none)
    from_text: str  # the header as written, for showing
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    return_path: str | None  # "" is the null path of bounces; None when there is no such header
    delivered_to: tuple[str, ...]  # Delivered-To, X-Original-To, Envelope-To …
    date: datetime | None
    subject: str
    text: str  # always filled when there is any body; made from the HTML if need be
    html: str | None  # not safe to show; see core.text.html
    attachments: tuple[Attachment, ...]
    invites: tuple[Invite, ...]
    reports: tuple[Report, ...]
    content_type: str
    headers: Mapping[str, tuple[str, ...]] = field(repr=False)  # lower-case name: values, decoded, cut
    auth: AuthResults = AuthResults()
    language: str | None = None
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        values = self.headers.get(name.lower(), ())
        return values[0] if values else ""
