"""Who a bounce says could not be reached, for the suppression list."""

import re
from dataclasses import dataclass

from mainstay.core.text.headers import clean_line
from mainstay.support.channels.mime.addresses import find_email
from mainstay.support.channels.mime.mail import ParsedMail

MAX_BOUNCES = 100
_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]{1,60}):[ \t]*(.*(?:\n[ \t]+.*)*)", re.M)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.-])(55[0-9]|5[0-4]\d|4[25]\d)(?=[ -])")
_ADDRESS = r"<?([^\s<>\"'():;,\[\]]{1,200}@[^\s<>\"'():;,\[\]]{1,250})>?"
_GONE = re.compile(r"5\.(1\.(0|1|2|3|6|10)|2\.1|4\.4)")
_DAEMONS = ("mailer-daemon", "postmaster")
# How programs without a delivery status name the address that failed.
_IN_TEXT = (
    re.compile(rf"^\s*{_ADDRESS}\s*:?\s*$", re.M),
    re.compile(rf"(?:^|\n)\s*{_ADDRESS}:\s", re.M),
    re.compile(
        rf"(?:rcpt to:|recipient:|recipients?\s*:|to\s*:|for user|mailbox|address|user|delivered to)\s*{_ADDRESS}",
        re.I,
    ),
    re.compile(_ADDRESS),
)
_KNOWN_CAUSES = (
    ("5.2.2", re.compile(r"mailbox (is )?full|quota|over ?limit|not enough (disk )?space|exceeded storage", re.I)),
    ("5.1.1", re.compile(
        r"user unknown|unknown user|no such (user|mailbox|address|recipient)|does ?n[o']t exist"
        r"|invalid (recipient|mailbox|address)"
        r"|unknown (address|recipient|mailbox)|not (a )?(valid|known) (user|mailbox|address)"
        r"|mailbox (unavailable|not found)"
        r"|unrouteable|recipient (rejected|not found|unknown)|address(ee)? (rejected|unknown|not found)"
        r"|wasn't found"
        r"|no mailbox here|user (not found|doesn't)|account.{0,30}(disabled|closed|not exist)", re.I)),
    ("5.1.2", re.compile(r"host (unknown|not found)|domain (not found|does ?n[o']t)|no (mx|mail) (record|host)"
        r"|name service error", re.I)),
    ("5.3.4", re.compile(r"message (size|too (large|big))|exceeds.{0,30}size|size limit", re.I)),
    ("4.4.7", re.compile(r"delayed|will (keep|be) (trying|retried)|retry timeout|timed? ?out|temporar"
        r"|not yet been delivered|warning: message", re.I)),
    ("5.7.1", re.compile(r"spam|blocked|rejected|denied|blacklist|policy"
        r"|not (permitted|authorized)|refused", re.I)),
    ("5.0.0", re.compile(r"permanent (fatal )?error|could ?n[o']t be delivered|could not be delivered"
        r"|giving up", re.I)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounce:
    recipient: str
    status: str | None  # an enhanced status code like "5.1.1"
    diagnostic: str
    original_message_id: str | None

    @property
    def is_permanent(self) -> bool:
        return bool(self.status and self.status.startswith("5"))

    @property
    def is_address_gone(self) -> bool:
        """Not a full mailbox, a mail too large or a filter: the next mail may well arrive."""
        return bool(self.status and _GONE.fullmatch(self.status))


def parse_bounce(mail: ParsedMail) -> tuple[Bounce, ...]:
    original = _original_message_id(mail)
    found = _from_reports(mail, original) or _from_text(mail, original)
    return tuple({bounce.recipient.lower(): bounce for bounce in reversed(found)}.values())[::-1][
        :MAX_BOUNCES
    ]


def _from_reports(mail: ParsedMail, original: str | None) -> list[Bounce]:
    found: list[Bounce] = []
    for report in mail.reports:
        if not report.content_type.endswith("delivery-status"):
            continue
        for group in re.split(r"\n[ \t]*\n", report.text)[: MAX_BOUNCES * 2]:
            fields = {name.lower(): value for name, value in _FIELD.findall(group)}
            recipient = _recipient(fields)
            action = fields.get("action", "").strip().lower()
            if recipient is None or action in ("delivered", "relayed", "expanded"):
                continue
            diagnostic = clean_line(
                fields.get("diagnostic-code", "").partition(";")[2] or fields.get("status", ""), 500
            )
            found.append(Bounce(recipient, _status(fields, diagnostic, action), diagnostic, original))
    return found


def _recipient(fields: dict[str, str]) -> str | None:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        email = find_email(fields.get(name, "").partition(";")[2] or fields.get(name, ""))
        if email:
            return email
    return None


def _status(fields: dict[str, str], diagnostic: str, action: str) -> str | None:
    stated = _STATUS.search(fields.get("status", ""))
    told = _STATUS.search(diagnostic)
    # "5.0.0" says only "failed"; the remote server's own words are more exact.
    for match in (stated, told):
        if match and match[0] not in ("5.0.0", "4.0.0"):
            return match[0]
    guessed = _guess_status(diagnostic)
    if stated and (guessed is None or guessed[0] != stated[0][0]):
        return stated[0]
    return guessed or {"failed": "5.0.0", "delayed": "4.0.0"}.get(action)


def _guess_status(text: str) -> str | None:
    told = _STATUS.search(text)
    if told and told[1] != "2":
        return told[0]
    cause = next((status for status, words in _KNOWN_CAUSES if words.search(text)), None)
    if cause:
        return cause
    reply = _REPLY.search(text)
    return f"{reply[1][0]}.0.0" if reply else None


def _from_text(mail: ParsedMail, original: str | None) -> list[Bounce]:
    own_words = _before_original(mail.text[:30_000])
    status = _guess_status(own_words) or _guess_status(mail.subject)
    failed = [
        email
        for part in re.split(r"[,\s]+", mail.header("x-failed-recipients"))
        if (email := find_email(part))
    ]
    failed = failed or _named_in(own_words, mail)
    return [
        Bounce(email, status, clean_line(_around(own_words, email), 500), original)
        for email in dict.fromkeys(failed)
    ]


def _named_in(words: str, mail: ParsedMail) -> list[str]:
    parties = {a.key for a in (*mail.to, *mail.cc)} | ({mail.from_.key} if mail.from_ else set())
    named: list[str] = []
    for pattern in _IN_TEXT:
        named = [email for match in pattern.findall(words)[:50] if (email := find_email(match))]
        others = [e for e in named if e.lower() not in parties and not e.lower().startswith(_DAEMONS)]
        if others:
            return others
    # Somebody who wrote to themselves, or to a postmaster.
    author = mail.from_.key if mail.from_ else ""
    return [e for e in named if e.lower() != author and not e.lower().startswith("mailer-daemon")]


def _before_original(text: str) -> str:
    cut = re.search(
        r"^\W*(?:-+ ?(?:below this line|this is a copy|original message|returned message|the (?:header"
        r"|body) of)|"
        r"original message (?:follows|headers)|unsent message|(?:return-path|received): )",
        text,
        re.I | re.M,
    )
    return text[: cut.start()] if cut and cut.start() > 40 else text


def _around(text: str, email: str) -> str:
    at = text.lower().find(email.lower())
    return text[at : at + 500] if at >= 0 else text[:300]


def _original_message_id(mail: ParsedMail) -> str | None:
    for report in mail.reports:
        if report.content_type in ("message/rfc822", "text/rfc822-headers", "message/global-headers"):
            found = re.search(r"^message-id:\s*<([^<>\s]{1,900})>", report.text, re.I | re.M)
            if found:
                return found[1]
    found = re.search(r"^[> ]*message-id:\s*<([^<>\s]{1,900})>", mail.text[:100_000], re.I | re.M)
    if found:
        return found[1]
    known = (*mail.in_reply_to, *mail.references)
    return known[-1] if known else None
