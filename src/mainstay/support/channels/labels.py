"""What the codes on incoming mails mean, in words."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.support.channels.rules import (
    AfterFetch,
    ItemState,
    MailboxKind,
    MailState,
    Provider,
    Security,
    Trouble,
)

Words = dict[str, str | LazyText]

STATES: Final[Words] = {
    MailState.RECEIVED: _("Being taken in"),
    MailState.TICKETED: _("Opened a ticket"),
    MailState.JOINED: _("Joined a ticket"),
    MailState.TRIAGE: _("Unknown sender"),
    MailState.SET_ASIDE: _("Set aside"),
    MailState.BOUNCE: _("Bounce"),
    MailState.DUPLICATE: _("Duplicate"),
    MailState.HELD: _("Held back"),
    MailState.QUARANTINED: _("Quarantined"),
    MailState.DISCARDED: _("Not ours"),
}
KINDS: Final[Words] = {
    "person": _("Written by a person"),
    "auto_reply": _("Automatic reply"),
    "bounce": _("Returned mail"),
    "list": _("Mailing list or newsletter"),
    "own": _("Our own mail"),
    "report": _("Report of a mail server"),
}
_AUTOMATIC = _("It says of itself that a machine sent it.")
_BULK = _("It was sent to many at once.")
_RETURNED = _("It reports that a mail could not be delivered.")
_REPORT = _("It is a report of a mail server.")
_OWN = _("It is a mail of our own that came back.")
REASONS: Final[Words] = {
    "unknown_sender": _("Nobody with this address is known."),
    "no_sender": _("It names no sender."),
    "sender_cap": _("This sender wrote more mails within an hour than the cap allows."),
    "thread_cap": _("The ticket got more mails within an hour than the cap allows."),
    "sender_failed_authentication": _("The mail server says that the sender's address is forged."),
    "sender_of_several_customers": _("The sender belongs to several customers."),
    "sender_not_of_customer": _("It names a ticket that the sender has no part in."),
    "sender_suspended": _("The sender is suspended."),
    "sender_not_of_ticket": _("It names a ticket in which the sender takes no part."),
    "sender_unknown_to_ticket": _("It answers a ticket, but its sender is a stranger to it."),
    "staff_reply_unproven": _("It comes from one of our own people, but nothing proves that they wrote it."),
    "staff_may_not_reply": _("It comes from one of our own people who may not answer customers."),
    "staff_reply": _("One of our own people answered by mail."),
    "likely_repeat": _("The same words had come a moment before."),
    "own_header": _OWN,
    "own_message_id": _OWN,
    "own_address": _OWN,
    "abuse_report": _REPORT,
    "dmarc_report": _REPORT,
    "tls_report": _REPORT,
    "read_receipt": _("It only confirms that a mail was read."),
    "delivery_status": _RETURNED,
    "delivery_report": _RETURNED,
    "failed_recipients": _RETURNED,
    "mailer_daemon": _RETURNED,
    "delivery_program": _RETURNED,
    "returned_mail": _RETURNED,
    "null_return_path": _("It wants no answer: its return address is empty."),
    "auto_submitted": _AUTOMATIC,
    "auto_reply_prefix": _AUTOMATIC,
    "auto_reply_subject": _AUTOMATIC,
    "auto_response_suppress": _AUTOMATIC,
    "report": _REPORT,
    "precedence": _BULK,
    "x_precedence": _BULK,
    "list_unsubscribe": _BULK,
    "no_reply_sender": _("Its sender takes no replies."),
}
_STRUCTURE = _("Its structure was damaged; what could be read was taken in.")
_HEADERS = _("Its headers were damaged.")
MARKS: Final[Words] = {
    "subject_shortened": _("The subject was shortened."),
    "subject_missing": _("It came without a subject; its first words stand there instead."),
    "body_empty": _("It came without text."),
    "body_cut": _("The text was too long; all of it is attached as a file."),
    "encrypted": _("It is encrypted and could not be read."),
    "charset_guessed": _("Its alphabet was not declared and had to be guessed."),
    "charset_wrong": _("It declared a wrong alphabet; some letters may be wrong."),
    "charset_unknown": _("It declared an alphabet that does not exist; it had to be guessed."),
    "bytes_replaced": _("Some letters could not be read and are marked."),
    "nul_removed": _("Characters that cannot be stored were removed."),
    "encoding_unknown": _STRUCTURE,
    "too_many_parts": _("It had more parts than are taken in."),
    "nested_too_deep": _("Mails were nested in it more deeply than is taken in."),
    "boundary_missing": _STRUCTURE,
    "boundary_wrong": _STRUCTURE,
    "boundary_unclosed": _STRUCTURE,
    "blank_line_missing": _STRUCTURE,
    "line_ends_wrong": _STRUCTURE,
    "tnef_broken": _("Its winmail.dat was damaged; it is attached as it came."),
    "content_type_broken": _HEADERS,
    "headers_too_long": _HEADERS,
    "header_broken": _HEADERS,
    "header_repeated": _HEADERS,
    "date_missing": _("It came without a date."),
    "date_broken": _("Its date could not be read."),
    "message_id_missing": _("It came without an identification; replies to it are found by other signs."),
    "from_several": _("It names several senders; the first counts."),
    "from_broken": _("Its sender's address could not be read in full."),
    "from_missing": _("It came without a sender."),
}

MAILBOX_KINDS: Final[Words] = {
    MailboxKind.IMAP: _("Fetched over IMAP"),
    MailboxKind.WEBHOOK: _("Brought by a mail provider"),
}
PROVIDERS: Final[Words] = {
    Provider.MAILERSEND: "MailerSend",
    Provider.MAILGUN: "Mailgun",
    Provider.MAILJET: "Mailjet",
    Provider.MANDRILL: "Mandrill",
    Provider.POSTMARK: "Postmark",
    Provider.SENDGRID: "SendGrid",
    Provider.SPARKPOST: "SparkPost",
}
SECURITIES: Final[Words] = {
    Security.TLS: _("TLS from the start (port 993)"),
    Security.STARTTLS: _("STARTTLS (port 143)"),
    Security.NONE: _("None (this machine only)"),
}
AFTER_FETCH: Final[Words] = {
    AfterFetch.LEAVE: _("Leave it as it is"),
    AfterFetch.SEEN: _("Mark it as read"),
    AfterFetch.MOVE: _("Move it to another folder"),
    AfterFetch.DELETE: _("Delete it after some days"),
}
TROUBLES: Final[Words] = {
    Trouble.PASSWORD: _("The password was refused."),
    Trouble.NAME: _("No server is known by this name."),
    Trouble.CONNECT: _("The server cannot be reached."),
    Trouble.TLS: _(
        "No secure connection could be made: the server's certificate or its encryption is wrong."
    ),
    Trouble.TIMEOUT: _("The server did not answer in time."),
    Trouble.LOST: _("The server ended the connection."),
    Trouble.FOLDER: _("The folder does not exist, or may not be opened."),
    Trouble.PLAIN: _("Without encryption only this machine may be asked."),
    Trouble.SERVER: _("The server answered with an error."),
    Trouble.SIGNATURE: _("The provider signs with another key than the one that is stored here."),
    Trouble.FORMAT: _("The provider posted something that could not be read."),
    Trouble.SECRET: _("The stored password can no longer be read. Enter it again."),
}
ITEM_STATES: Final[Words] = {
    ItemState.WAITING: _("To be fetched"),
    ItemState.KEPT: _("Fetched"),
    ItemState.KNOWN: _("Known already"),
    ItemState.GONE: _("Removed before it was fetched"),
    ItemState.PASSED_OVER: _("Passed over"),
}
ITEM_ERRORS: Final[Words] = {"too_large": _("It is larger than mails may be here.")}


def words_for(codes: list[str], words: Words) -> list[str]:
    """Each sentence once; a code without words stands for itself."""
    return list(dict.fromkeys(str(words.get(code, code.replace("_", " "))) for code in codes))
