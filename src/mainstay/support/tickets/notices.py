"""What people are told of tickets. Params: number, subject, and by whom (author, author_id)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import TENANT_MANAGERS, Role
from mainstay.people.messages.notices import Channel, NoticeKind
from mainstay.support.tickets.labels import STATUSES
from mainstay.support.tickets.models import Message
from mainstay.support.tickets.rules import SEE_TICKETS, TRIAGE, WRITE_NOTES, Status

_TICKETS: Final = _("Tickets")
_MEMBERS: Final = frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.PM, Role.FIELD, Role.CLIENT, Role.VENDOR})
_INSIDE: Final = frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.PM, Role.FIELD})
_STAFF: Final = SEE_TICKETS.roles - _MEMBERS


def _notes(params: Sequence[Mapping[str, str]]) -> Sequence[str]:
    wanted = [UUID(one["message_id"]) for one in params]
    bodies = dict(Message.objects.filter(id__in=wanted).values_list("id", "body"))
    return [bodies.get(one, "") for one in wanted]


ASSIGNED: Final = NoticeKind(
    key="ticket.assigned",
    group=_TICKETS,
    title=_("A ticket is assigned to me"),
    sentence=_("{author} assigned you #{number}: {subject}"),
    roles=TRIAGE.roles,
    default=Channel.EMAIL,
    icon="user-check",
)
MENTIONED: Final = NoticeKind(
    key="ticket.mention",
    group=_TICKETS,
    title=_("Somebody mentions me in a note"),
    sentence=_("{author} mentioned you in #{number}: {subject}"),
    roles=WRITE_NOTES.roles,
    default=Channel.EMAIL,
    icon="at-sign",
    advice=_("An internal note: only staff can read it. Answer on the desk, not by mail."),
    quotes=_notes,
)
CUSTOMER_WROTE: Final = NoticeKind(
    key="ticket.customer_wrote",
    group=_TICKETS,
    title=_("A message on a ticket that is mine or that I follow"),
    sentence=_("{author} wrote in #{number}: {subject}"),
    roles=_STAFF,
    default=Channel.EMAIL,
    mails_itself=True,
    icon="message-square",
)
OPENED: Final = NoticeKind(
    key="ticket.opened",
    group=_TICKETS,
    title=_("Every new ticket"),
    sentence=_("New {severity} ticket #{number}: {subject}"),
    roles=TRIAGE.roles,
    default=Channel.OFF,
    icon="inbox",
)
ESCALATED: Final = NoticeKind(
    key="ticket.escalated",
    group=_TICKETS,
    title=_("A customer passes a ticket of its own people on to us"),
    sentence=_("{author} passed {severity} ticket #{number} on: {subject}"),
    roles=frozenset({Role.AGENT, Role.SUPPORT_MANAGER}),
    icon="arrow-up-from-line",
)
ANSWERED: Final = NoticeKind(
    key="ticket.answered",
    group=_TICKETS,
    title=_("An answer on a ticket of mine"),
    sentence=_("{author} answered in #{number}: {subject}"),
    roles=_MEMBERS,
    default=Channel.EMAIL,
    mails_itself=True,
    icon="message-square",
)
STATUS_CHANGED: Final = NoticeKind(
    key="ticket.status_changed",
    group=_TICKETS,
    title=_("A ticket of mine is solved or closed"),
    sentence=_("#{number} is now “{status}”: {subject}"),
    roles=_MEMBERS,
    icon="circle-check",
    words={"status": {**STATUSES, Status.RESOLVED: _("Solved")}},  # as the portal says it
)
SHARED: Final = NoticeKind(
    key="ticket.shared",
    group=_TICKETS,
    title=_("A ticket is shared with me"),
    sentence=_("{author} shared #{number} with you: {subject}"),
    roles=_INSIDE,
    default=Channel.EMAIL,
    icon="share-2",
)
OWN_QUEUE: Final = NoticeKind(
    key="ticket.own_queue",
    group=_TICKETS,
    title=_("A request from somebody in our own portal"),
    sentence=_("{author} asked you in #{number}: {subject}"),
    roles=TENANT_MANAGERS,
    default=Channel.EMAIL,
    mails_itself=True,
    icon="inbox",
)
GIVEN: Final = NoticeKind(
    key="ticket.given",
    group=_TICKETS,
    title=_("A request of our own portal is given to me"),
    sentence=_("{author} gave you #{number}: {subject}"),
    roles=_INSIDE,
    default=Channel.EMAIL,
    icon="user-check",
)
