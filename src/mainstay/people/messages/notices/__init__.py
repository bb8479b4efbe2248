"""Telling people: one inbox for each, and mail as each of them chose."""

from mainstay.people.messages.notices.forgetting import erase_notices_about, erase_notices_of
from mainstay.people.messages.notices.kinds import NoticeKind, kind_of, notice_kinds
from mainstay.people.messages.notices.own import SECURITY, UNREACHABLE
from mainstay.people.messages.notices.recipients import (
    colleagues,
    members,
    notify_customer,
    recipients_of,
    staff_who_want,
    staff_with_role,
)
from mainstay.people.messages.notices.telling import (
    News,
    Recipient,
    channels_of,
    notify,
    notify_many,
    who_wants_mail,
)
from mainstay.people.messages.rules import ANY_CHANNEL, MAIL_ONLY, NEVER_OFF, Channel, Rhythm, Side

__all__ = [
    "ANY_CHANNEL",
    "MAIL_ONLY",
    "NEVER_OFF",
    "SECURITY",
    "UNREACHABLE",
    "Channel",
    "News",
    "NoticeKind",
    "Recipient",
    "Rhythm",
    "Side",
    "channels_of",
    "colleagues",
    "erase_notices_about",
    "erase_notices_of",
    "kind_of",
    "members",
    "notice_kinds",
    "notify",
    "notify_customer",
    "notify_many",
    "recipients_of",
    "staff_who_want",
    "staff_with_role",
    "who_wants_mail",
]
