"""Staff who are called by name in an internal note get it by mail. It carries no signed address: an answer to it
would become a public reply.

A later handler: called with a batch of one customer's events, inside a scope bound to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mainstay.core.events.types import Fact
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.staff.models import Staff
from mainstay.support.tickets.models import Message


def mail_mentions(facts: Sequence[Fact]) -> None:
    called = [(fact, UUID(person)) for fact in facts for person in fact.data.get("mentioned", ())]
    if not called:
        return
    notes = {
        note.id: note
        for note in Message.objects.filter(
            id__in={fact.id("message_id") for fact, _person in called}
        ).select_related("ticket", "staff")
    }
    people = Staff.objects.filter(is_active=True).in_bulk({person for _fact, person in called})
    moments: list[datetime] = [fact.at for fact in facts]
    queue_mail(
        [
            _mail(fact, people[person], notes[fact.id("message_id")])
            for fact, person in called
            if person in people and fact.id("message_id") in notes
        ],
        at=max(moments),
    )


def _mail(fact: Fact, person: Staff, note: Message) -> Mail:
    ticket = note.ticket
    author = note.staff.name if note.staff else settings.MAINSTAY_OPERATOR_NAME
    with translation.override(person.language):
        named = {"author": author, "number": ticket.number, "subject": ticket.subject}
        subject = _("%(author)s mentioned you in #%(number)s: %(subject)s") % named
        context = {
            "note": note.body,
            "author": author,
            "link": f"{settings.MAINSTAY_URL}/desk/tickets/{ticket.number}#m-{note.id}",
        }
        text = render_to_string("channels/mail/mention.txt", context)
    return Mail(
        kind="ticket.mention",
        email=person.email,
        name=person.name,
        person_id=person.id,
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        ticket_number=ticket.number,
        cause=fact.n,
        language=person.language,
        subject=subject,
        text=text.strip() + "\n",
    )
