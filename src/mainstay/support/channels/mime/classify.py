"""Whether a person wrote a mail. Only persons are answered, so that loops cannot begin."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mainstay.support.channels.mime.mail import ParsedMail

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


_DAEMON = re.compile(
    r"^(mailer-?daemon|post[_-]?master|mail-?daemon|mail[._-]delivery|mailerdaemon|mailsystem"
    r"|mail-system|microsoftexchange"
    r"[0-9a-f]{8,}|bounces?|bounced|bounce-notification|double-bounce|undeliver(ed|able)"
    r"|delivery-?status|maildelivery"
    r"|nondelivery|non-delivery|failure|returned-?mail|system-?administrator)([+._-][^@]*)?(@|$)",
    re.I,
)
_MAILER_DAEMON = re.compile(r"[<\"\s]*mailer-?daemon\b", re.I)
_DAEMON_NAME = re.compile(
    r"mailer[- ]?daemon|mail delivery (sub)?system|postmaster|system administrator|mail system"
    r"|systemadministrator"
    r"|delivery (system|subsystem|service)|administrador del sistema|microsoft outlook$"
    r"|mail delivery service",
    re.I,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver(ed|able)|delivery (status notification|failure|has failed|failed|report|problem|delayed"
    r"|notification"
    r"|incomplete|error)|returned (mail|to sender|email)|mail delivery|failure notice|mail (failure"
    r"|system error|returned)"
    r"|non[- ]?delivery|delivery.{0,20}(failed|failure)|could not be delivered|couldn.t be delivered"
    r"|not delivered"
    r"|message (not|undeliverable|delivery|delayed|you sent blocked)|unable to deliver|rejected:"
    r"|user unknown|warning: (message|could)"
    r"|unzustellbar|nicht zugestellt|zustell(ung|problem)|rückläufer|no se (ha )?(podido|pudo) entregar"
    r"|no entregado"
    r"|correo devuelto|non remis|non[- ]distribu|échec de la remise|échec de livraison|non recapitabile"
    r"|mancata consegna"
    r"|impossibile consegnare|onbestelbaar|não (foi )?entregue|falha na entrega|devolvido"
    r"|kunde inte levereras|olevererbart"
    r"|ikke leveres|не доставлен|недоставлен|доставк\w+ .{0,20}(невозмож|ошибк)|mail failure|配信"
    r"|送信エラー|エラー通知|"
    r"メールエラー|退信|投递失败|系统退信|niedostarcz|nie można dostarczyć|nedoručiteln"
    r"|delivery to .{1,80} failed|postmaster notify"
    r"|there was an error sending your mail|considered unsolicited|disallowed by|blocked by|mail could not",
    re.I,
)
_BOUNCE_WORDS = re.compile(
    r"permanent(ly)? (fatal )?(error|failure|failed)|could ?n[o']t be delivered|could not be delivered"
    r"|user unknown"
    r"|mailbox (unavailable|is full|full|not found)|no such user|unknown (user|address|recipient)"
    r"|delivery.{0,30}(failed"
    r"|failure|error)|undeliverable|(550|551|552|553|554|421|450|451|452)[ -][#]?[45]?\.?"
    r"|unrouteable address"
    r"|this is the qmail|i wasn't able to deliver|address rejected|retry timeout exceeded"
    r"|message that you sent"
    r"|the following address|did not reach the following|original message (follows|headers|is)"
    r"|transcript of session"
    r"|recipient.{0,40}(reject|refus|not exist|not found|unknown)|quota exceeded|over quota"
    r"|host (unknown|not found)"
    r"|account.{0,30}(disabled|suspended|not exist)|relay(ing)? (denied|not permitted)",
    re.I,
)
_AUTO_SUBJECT = re.compile(
    r"^\W*(auto(matic(ally)?)?[- ]?(reply|response|respon\w*|generated|acknowledge\w*)"
    r"|automatische (antwort|reactie|beantwoording)"
    r"|abwesenheit|abwesend|out of (the )?office|ooo\b|on (vacation|leave|holiday)|vacation (reply"
    r"|response|message)"
    r"|away from|i('m| am) (away|out|on)|respuesta autom|fuera de (la )?oficina|ausente|réponse auto"
    r"|absence (du bureau)?"
    r"|absent|en congés?|risposta autom|fuori (sede|ufficio)|assente|resposta autom|ausência"
    r"|fora do escritório"
    r"|automatisch antwoord|afwezig|niet aanwezig|autosvar|automatiskt svar|automatisk svar|frånvaro"
    r"|ikke til stede"
    r"|automaattinen vastaus|poissa|autoodpowiedź|automatyczna odpowiedź|automatick[áé] odpov|автоответ"
    r"|автоматический"
    r"|отсутств|otomatik yanıt|自動返信|自动回复|自動回覆|자동 회신|תגובה אוטומטית|automatikus válasz"
    r"|auto:)",
    re.I,
)
# Written by programs before the subject they answer; people's subjects begin with Re: then.
_AUTO_PREFIX = re.compile(
    r"\s*\[?(auto(matic(ally)?)?[- ]?(reply|response|respons)|automatische (antwort|reactie)"
    r"|automatisch antwoord"
    r"|respuesta autom[aá]tica|réponse automatique|risposta automatica|resposta autom[aá]tica|autosvar"
    r"|automatisk svar"
    r"|automatiskt svar|out of office( auto-?reply)?|abwesenheits(notiz|nachricht|meldung)|自動返信"
    r"|自动回复|自動回覆)\]?\s*[:：]",
    re.I,
)
_AUTO_WORDS = re.compile(
    r"out of (the )?office|on (vacation|annual leave|holiday|leave until)|automat(ic|ed"
    r"|ically generated) (reply|response|message)"
    r"|will be (back|out|away)|limited access to (my )?e-?mail|nicht im (büro|hause)|bin (bis|ab|am"
    r"|vom)|wieder (erreichbar"
    r"|im büro)|fuera de la oficina|estaré (fuera|ausente)|absent\(?e?\)? (du|jusqu)|je suis absent"
    r"|fuori ufficio"
    r"|ausente|afwezig|abwesend|do not (reply|respond) to this|this is an automat",
    re.I,
)
_AUTO_SENDER = re.compile(
    r"^(no|do[-_.]?not|dont)[-_.]?reply|^auto(reply|responder|mailer|-?confirm)|^notifications?@|^noreply",
    re.I,
)
_AUTO_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-autoresponder", "x-auto-reply-from", "x-autogenerated",
    "x-mail-autoreply", "x-auto-generated", "x-vacation", "x-ezmlm-autoreply", "x-cron-env", "x-facebook-notify",
    "x-fc-machinegenerated", "x-post-messageclass",
)  # fmt: skip
_LIST_HEADERS = (
    "list-id",
    "list-post",
    "list-archive",
    "list-help",
    "x-mailing-list",
    "x-mailman-version",
    "x-list",
    "x-mlserver",
)


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
    if OWN_HEADER in mail.headers:
        yield "own_header"
    if mail.message_id and mail.message_id.rpartition("@")[2].lower() in {d.lower() for d in domains}:
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
    return bool(_DAEMON.match(local.strip("<> \"'")) or _DAEMON_NAME.search(name[:200]))


def _bounce(mail: ParsedMail) -> Iterator[str]:
    kinds = {report.content_type for report in mail.reports}
    if kinds & {"message/delivery-status", "message/global-delivery-status"}:
        yield "delivery_status"
    if "multipart/report" in _report_type(mail) and "delivery-status" in _report_type(mail):
        yield "delivery_report"
    if "x-failed-recipients" in mail.headers:
        yield "failed_recipients"
    text, daemon = mail.text[:4000], _is_daemon(mail)
    subject, body = bool(_BOUNCE_SUBJECT.search(mail.subject[:300])), bool(_BOUNCE_WORDS.search(text))
    null_path = mail.return_path == ""
    automatic = mail.header("auto-submitted").lower().startswith("auto-replied")
    if _MAILER_DAEMON.match(mail.from_.email if mail.from_ else mail.from_text) or (
        daemon and (subject or body or null_path)
    ):
        yield "mailer_daemon"
    elif null_path and subject and not (automatic and _AUTO_SUBJECT.search(mail.subject)):
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
    for name in _AUTO_HEADERS:
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
    subject = bool(_AUTO_SUBJECT.search(mail.subject[:200]))
    others = (
        mail.return_path == "",
        mail.header("x-auto-response-suppress").strip().lower() not in ("", "none"),
        mail.header("precedence").strip().lower() in ("bulk", "junk"),
        bool(mail.from_ and _AUTO_SENDER.search(mail.from_.email)),
        bool(_AUTO_WORDS.search(mail.text[:1500])),
    )
    if _AUTO_PREFIX.match(mail.subject[:200]):
        yield "auto_reply_prefix"
    elif subject and any(others):
        yield "auto_reply_subject"
    elif mail.return_path == "" and (others[1] or others[3] or others[4]):
        yield "null_return_path"


def _list(mail: ParsedMail) -> Iterator[str]:
    for name in _LIST_HEADERS:
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
    if mail.from_ and _AUTO_SENDER.search(mail.from_.email):
        yield "no_reply_sender"
