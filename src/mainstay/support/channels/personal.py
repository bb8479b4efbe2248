"""Mail as it came in: it holds everything that the person sent, more than any page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from mainstay.people.privacy.ports import Erased, Part, Person, RawFile, Rows
from mainstay.people.privacy.rules import Fate, Wording
from mainstay.people.tenants.models import Member
from mainstay.support.channels.models import InboundMail, MailboxItem, RawMail
from mainstay.support.tickets.models import Message, Ticket

_BATCH: Final = 200


class InboundKeeper:
    name = "inbound"
    columns: Mapping[str, Fate] = {
        "inbound_mail.envelope_from": Fate.CLEARED,
        "inbound_mail.envelope_to": Fate.CLEARED,
        "inbound_mail.peer": Fate.KEPT,
        "inbound_mail.message_id": Fate.CLEARED,
        "inbound_mail.from_email": Fate.CLEARED,
        "inbound_mail.from_name": Fate.CLEARED,
        "inbound_mail.subject": Fate.CLEARED,
        "inbound_mail.snippet": Fate.CLEARED,
        "inbound_mail.authentication": Fate.CLEARED,
        "inbound_mail.error": Fate.CLEARED,
        "inbound_mail.dedupe_key": Fate.KEPT,
        "raw_mail.content": Fate.ROW_REMOVED,
        "mail_thread.header_id": Fate.KEPT,
        "mailbox_item.sender": Fate.CLEARED,
        "mailbox_item.subject": Fate.CLEARED,
        "mailbox_item.header_id": Fate.CLEARED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        mails = _mails_from(person).order_by("received_at")
        yield Rows(
            "mails_by_me", list(mails.values("received_at", "door", "subject", "from_name", "from_email"))
        )
        for raw in RawMail.objects.filter(id__in=mails.values("id")):
            yield RawFile(f"mails/{raw.received_at:%Y-%m-%d}-{raw.id}.eml", bytes(raw.content))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """Raw mails of other people to tickets of theirs go too: they quote them, and nothing on a page needs
        them. What is known of the envelope goes with them; that there was a mail stays."""
        found = (_mails_from(person) | _mails_about(person)).exclude(from_email="", subject="", message_id="")
        ids = list(found.values_list("id", flat=True)[:_BATCH])
        RawMail.objects.filter(id__in=ids).delete()
        count = InboundMail.objects.filter(id__in=ids).update(
            envelope_from="", envelope_to=[], message_id="", from_email="", from_name="", subject="", snippet="",
            authentication={}, error="",
        )  # fmt: skip
        items = MailboxItem.objects.filter(Q(mail_id__in=ids) | Q(sender__icontains=person.email))
        count += items.exclude(sender="").update(sender="", subject="", header_id="")
        return Erased(count, go_on_after="more" if len(ids) == _BATCH else "")


def _mails_from(person: Person) -> QuerySet[InboundMail]:
    """Theirs here. A mail that became no ticket counts, unless the address has a seat elsewhere."""
    sent = InboundMail.objects.filter(Q(from_email=person.email) | Q(envelope_from__iexact=person.email))
    here = Exists(Ticket.objects.filter(id=OuterRef("ticket_id"), tenant_id=person.tenant_id))
    assigned = Q(assigned_tenant_id=person.tenant_id)
    elsewhere = Member.objects.filter(email=person.email).exclude(tenant_id=person.tenant_id).exists()
    return sent.filter(here | assigned if elsewhere else here | assigned | Q(ticket_id=None))


def _mails_about(person: Person) -> QuerySet[InboundMail]:
    mine = Ticket.objects.filter(tenant_id=person.tenant_id, requester_id=person.member_id)
    wrote = Message.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
    about = Q(ticket_id__in=mine.values("id")) | Q(ticket_id__in=wrote.values("ticket_id"))
    return InboundMail.objects.filter(about)
