"""Whether a person wrote a mail. Only persons are answered, so that loops cannot begin."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.signs import (
    AUTO_HEADERS,
    AUTO_PREFIX,
    AUTO_SENDER,
    AUTO_SUBJECT,
    AUTO_WORDS,
    BOUNCE_SUBJECT,
    BOUNCE_WORDS,
    DAEMON,
    DAEMON_NAME,
    LIST_HEADERS,
    MAILER_DAEMON,
)

OWN_HEADER = "x-mainstay"


class Kind(StrEnum):
    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    OWN = "own"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Classification:
    kind: Kind
    reasons: tuple[str, ...]


def may_answer(kind: Kind) -> bool:
    """Acknowledgements and other automatic mail go to persons alone (RFC 3834)."""
    return kind is Kind.PERSON


def classify(
    mail: ParsedMail, own_addresses: Collection[str] = (), own_domains: Collection[str] = ()
) -> Classification:
    """`own_domains` are the domains of our Message-IDs, not of the operator's people, who may write mails."""
    for kind, evidence in (
        (Kind.OWN, _own(mail, own_addresses, own_domains)),
        (Kind.REPORT, _report(mail)),
        (Kind.BOUNCE, _bounce(mail)),
        (Kind.AUTO_REPLY, _auto_reply(mail)),
        (Kind.LIST, _list(mail)),
        (Kind.AUTO_REPLY, _bulk(mail)),
    ):
        reasons = tuple(evidence)
        if reasons:
            return Classification(kind, reasons)
    return Classification(Kind.PERSON, ())


def _own(mail: ParsedMail, addresses: Collection[str], domains: Collection[str]) -> Iterator[str]:
    ours = {domain.lower() for domain in domains}
    # Another installation's people may write to us: what its machines say is marked as automatic besides.
    if OWN_HEADER in mail.headers and mail.header(OWN_HEADER).rpartition(";")[2].strip().lower() in ours:
        yield "own_header"
    if mail.message_id and mail.message_id.rpartition("@")[2].lower() in ours:
        yield "own_message_id"
    author = mail.from_.key if mail.from_ else ""
    if author and author in {address.lower() for address in addresses}:
        yield "own_address"


def _report_type(mail: ParsedMail) -> str:
    return mail.header("content-type").lower()


def _report(mail: ParsedMail) -> Iterator[str]:
    kinds = {report.content_type for report in mail.reports}
    declared = _report_type(mail)
    if "message/feedback-report" in kinds or "feedback-report" in declared:
        yield "abuse_report"
    if "message/disposition-notification" in kinds or "disposition-notification" in declared:
        yield "read_receipt"
    if re.match(r"complaint about message from [\d.]+", mail.subject) and _quotes_a_mail(mail):
        yield "abuse_report"
    archives = [
        a for a in mail.attachments if a.filename.lower().endswith((".xml.gz", ".zip", ".xml", ".gz"))
    ]
    if archives and re.search(r"report domain:.{1,255}submitter:", mail.subject, re.I):
        yield "dmarc_report"
    if archives and (
        any("tlsrpt" in a.content_type for a in mail.attachments) or "tls-report-domain" in mail.headers
    ):
        yield "tls_report"


def _is_daemon(mail: ParsedMail) -> bool:
    local = mail.from_.email if mail.from_ else mail.from_text
    name = mail.from_.name if mail.from_ else mail.from_text
    return bool(DAEMON.match(local.strip("<> \"'")) or DAEMON_NAME.search(name[:200]))


def _bounce(mail: ParsedMail) -> Iterator[str]:
    kinds = {report.content_type for report in mail.reports}
    if kinds & {"message/delivery-status", "message/global-delivery-status"}:
        yield "delivery_status"
    if "multipart/report" in _report_type(mail) and "delivery-status" in _report_type(mail):
        yield "delivery_report"
    if "x-failed-recipients" in mail.headers:
        yield "failed_recipients"
    text, daemon = mail.text[:4000], _is_daemon(mail)
    subject, body = bool(BOUNCE_SUBJECT.search(mail.subject[:300])), bool(BOUNCE_WORDS.search(text))
    null_path = mail.return_path == ""
    automatic = mail.header("auto-submitted").lower().startswith("auto-replied")
    if MAILER_DAEMON.match(mail.from_.email if mail.from_ else mail.from_text) or (
        daemon and (subject or body or null_path)
    ):
        yield "mailer_daemon"
    elif null_path and subject and not (automatic and AUTO_SUBJECT.search(mail.subject)):
        yield "null_return_path"
    elif (
        text.lstrip()
        .lower()
        .startswith(("hi. this is the qmail", "this message was created automatically by mail"))
    ):
        yield "delivery_program"
    elif subject and body and _quotes_a_mail(mail):
        yield "returned_mail"


def _quotes_a_mail(mail: ParsedMail) -> bool:
    """A returned mail comes with what was sent; a person's words about failing delivery do not."""
    if any(r.content_type in ("message/rfc822", "text/rfc822-headers") for r in mail.reports):
        return True
    return (
        len(
            re.findall(
                r"^(?:received|message-id|return-path|mime-version|diagnostic-code):",
                mail.text[:20_000],
                re.I | re.M,
            )
        )
        >= 2
    )


def _auto_reply(mail: ParsedMail) -> Iterator[str]:
    submitted = mail.header("auto-submitted").lower().split(";")[0].strip()
    if submitted and submitted != "no":
        yield "auto_submitted"
    for name in AUTO_HEADERS:
        if mail.header(name).strip().lower() not in ("", "no", "false", "0"):
            yield name.replace("-", "_")
    precedence = mail.header("precedence").strip().lower()
    if precedence in ("auto_reply", "auto-reply", "autoreply"):
        yield "precedence"
    if mail.header("x-precedence").strip().lower() in ("auto_reply", "auto-reply"):
        yield "x_precedence"
    if "multipart/report" in _report_type(mail):
        yield "report"
    yield from _weak_auto_reply(mail)


def _weak_auto_reply(mail: ParsedMail) -> Iterator[str]:
    """A subject alone proves nothing: people ask about their out-of-office settings."""
    subject = bool(AUTO_SUBJECT.search(mail.subject[:200]))
    others = (
        mail.return_path == "",
        mail.header("x-auto-response-suppress").strip().lower() not in ("", "none"),
        mail.header("precedence").strip().lower() in ("bulk", "junk"),
        bool(mail.from_ and AUTO_SENDER.search(mail.from_.email)),
        bool(AUTO_WORDS.search(mail.text[:1500])),
    )
    if AUTO_PREFIX.match(mail.subject[:200]):
        yield "auto_reply_prefix"
    elif subject and any(others):
        yield "auto_reply_subject"
    elif mail.return_path == "" and (others[1] or others[3] or others[4]):
        yield "null_return_path"


def _list(mail: ParsedMail) -> Iterator[str]:
    for name in LIST_HEADERS:
        if name in mail.headers:
            yield name.replace("-", "_")
    if mail.header("precedence").strip().lower() == "list":
        yield "precedence"
    if "list-unsubscribe" in mail.headers:
        yield "list_unsubscribe"


def _bulk(mail: ParsedMail) -> Iterator[str]:
    if mail.header("precedence").strip().lower() in ("bulk", "junk"):
        yield "precedence"
    suppress = mail.header("x-auto-response-suppress").lower()
    # Exchange also sets OOF alone on mails of people; asking for no answers of any kind is a machine's way.
    if re.search(r"\ball\b|autoreply", suppress):
        yield "auto_response_suppress"
    if mail.return_path == "":
        yield "null_return_path"
    if mail.from_ is None and _is_daemon(mail):
        yield "mailer_daemon"
    if mail.from_ and AUTO_SENDER.search(mail.from_.email):
        yield "no_reply_sender"
