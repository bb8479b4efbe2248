"""What administrators are told of mailboxes. Params: mailbox, trouble."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from mainstay.people.messages.notices import NEVER_OFF, Channel, NoticeKind
from mainstay.support.channels.labels import TROUBLES
from mainstay.support.channels.rules import MANAGE_MAILBOXES

_MAILBOXES: Final = _("Mailboxes")
_WHY: Final = _("While a mailbox does not work, customers' mails are not read.")

FAILED: Final = NoticeKind(
    key="mailbox.failed",
    group=_MAILBOXES,
    title=_("A mailbox no longer works"),
    sentence=_("No mail is fetched from {mailbox}. {trouble}"),
    roles=MANAGE_MAILBOXES.roles,
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_WHY,
    advice=_("Mail that arrives there meanwhile stays on the server and is fetched once it works again."),
    is_urgent=True,
    icon="octagon-alert",
    words={"trouble": TROUBLES},
)
RECOVERED: Final = NoticeKind(
    key="mailbox.recovered",
    group=_MAILBOXES,
    title=_("A mailbox works again"),
    sentence=_("Mail is fetched from {mailbox} again; what had arrived meanwhile is coming in."),
    roles=MANAGE_MAILBOXES.roles,
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_WHY,
    is_urgent=True,
    icon="circle-check",
)
NOTICES: Final = {kind.key: kind for kind in (FAILED, RECOVERED)}
