"""Words of the installation's parts."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

Text = str | LazyText

LOOPS: Final[dict[str, Text]] = {
    "follow_events": _("Follow-ups of what happened"),
    "watch_clocks": _("Watch over promises"),
    "recompute_clocks": _("Computing promises anew"),
    "take_in_mail": _("Incoming mail"),
    "send_mail": _("Outgoing mail"),
    "send_notices": _("Mails about notifications"),
    "watch_mailboxes": _("Fetching from mailboxes"),
    "collect_webhooks": _("Events for webhooks"),
    "send_webhooks": _("Outgoing webhooks"),
    "run_imports": _("Importing files"),
    "close_resolved": _("Closing resolved tickets"),
    "rescue_jobs": _("Putting back jobs that lost their worker"),
    "run_schedules": _("Schedules"),
}


class Mode(NamedTuple):
    """A part that can be degraded: what it is called, what that means, what to do."""

    name: Text
    trouble: Text
    advice: Text


MODES: Final[dict[str, Mode]] = {
    "database": Mode(
        _("Database"),
        _("The database can only be read: nothing new can be saved."),
        _("It is a standby, or its disk is full and somebody made it read-only. Look at the server's log."),
    ),
    "worker": Mode(
        _("Worker"),
        _("Work in the background stands still or is behind: mails, promises, follow-ups."),
        _("See whether the process named worker runs and what it logs; start Mainstay again if it does not."),
    ),
    "mail": Mode(
        _("Outgoing mail"),
        _("Mails wait or were refused by the mail server."),
        _("Look at the outbox for the server's answer, then at MAINSTAY_MAIL_URL."),
    ),
    "mailboxes": Mode(
        _("Mailboxes"),
        _("A mailbox cannot be fetched: mail that customers write there does not arrive."),
        _("The list of mailboxes says which one and why; most often a password has expired."),
    ),
}
TRANSPORTS: Final[dict[str, Text]] = {
    "smtp": _("a mail server (SMTP)"),
    "post": _("files in a directory: nothing is sent"),
}
PARTS: Final[dict[str, Text]] = {
    "web": _("Pages and API"),
    "worker": _("Worker"),
    "live": _("Live stream"),
    "smtp": _("Incoming mail (SMTP)"),
    "maintenance": _("Maintenance"),
}
