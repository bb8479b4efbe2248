"""Mail as it came in: it holds everything that the person sent, more than any page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from mainstay.core.storage.files import NewFile
from mainstay.people.privacy.ports import Erased, Look, Part, Person, RawFile, Rows
from mainstay.people.privacy.rules import Fate, Wording
from mainstay.people.privacy.walking import Search, Stage, next_piece, once, staged
from mainstay.support.channels.models import InboundMail, MailboxItem, MailThread, RawMail
from mainstay.support.channels.rules import MailState
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Audience

_PIECE: Final = 200
_UNDECIDED: Final = tuple(
    state.value for state in (MailState.RECEIVED, MailState.TRIAGE, MailState.HELD, MailState.QUARANTINED)
)


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
        "mail_thread.header_id": Fate.ROW_REMOVED,
        "mailbox_item.sender": Fate.CLEARED,
        "mailbox_item.subject": Fate.CLEARED,
        "mailbox_item.header_id": Fate.CLEARED,
        "mailbox_item.error": Fate.CLEARED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        mails = _mails_from(person).order_by("received_at")
        if person.by_operator:
            theirs = Ticket.objects.filter(tenant_id=person.tenant_id, audience=Audience.TENANT)
            mails = mails.exclude(ticket_id__in=theirs.values("id"))
        yield Rows(
            "mails_by_me", list(mails.values("received_at", "door", "subject", "from_name", "from_email"))
        )
        for raw in RawMail.objects.filter(id__in=mails.values("id")):
            yield RawFile(f"mails/{raw.received_at:%Y-%m-%d}-{raw.id}.eml", bytes(raw.content))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """Raw mails of other people to tickets of theirs go too: they quote them, and nothing on a page needs
        them. What is known of the envelope goes with them; that there was a mail stays."""
        search = Search(person)
        stages: list[Stage] = [
            partial(_clear_piece, _mails_from(person) | _mails_about(person)),
            partial(_clear_mentions, search, person),
            once(partial(_forget_names, search, person)),
        ]
        return staged(after, stages)

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        return False


def _clear_piece(found: QuerySet[InboundMail], after: str) -> Erased:
    piece, last = next_piece(found, after, _PIECE)
    return Erased(_clear(list(piece.values_list("id", flat=True))), go_on_after=last)


def _clear_mentions(search: Search, person: Person, after: str) -> Erased:
    """Mails of others that name the person, on any ticket of the customer or on none. What still waits for a
    decision stays: nobody has read it yet."""
    here = Exists(Ticket.objects.filter(id=OuterRef("ticket_id"), tenant_id=person.tenant_id))
    decided = InboundMail.objects.exclude(state__in=_UNDECIDED)
    none = Q(ticket_id=None) if person.is_proven else Q(pk__in=[])
    piece, last = next_piece(decided.filter(here | none), after, _PIECE)
    in_words = piece.annotate(whom=Cast("envelope_to", TextField())).filter(
        search.mentions("whom", "envelope_from", "from_name", "subject", "snippet", "error", "message_id")
    )
    raw = RawMail.objects.filter(id__in=piece.values("id")).annotate(
        said=Func("content", Value("escape"), function="encode", output_field=TextField())
    )
    ids = {*in_words.values_list("id", flat=True)}
    ids |= {*raw.filter(search.mentions("said")).values_list("id", flat=True)}
    # On a mail of no customer's, a name that the customer's administrators may have given proves nothing.
    strict = search if person.by_operator else Search(replace(person, name=""))
    return Erased(_clear([one for one in ids if _is_about(search, strict, one)]), go_on_after=last)


def _is_about(search: Search, strict: Search, mail_id: UUID) -> bool:
    """The database looks for a part of the address or the name; here the whole pattern decides."""
    mail = InboundMail.objects.get(id=mail_id)
    search = search if mail.ticket_id else strict
    raw = RawMail.objects.filter(id=mail_id).first()
    content = bytes(raw.content).decode("utf-8", "replace") if raw else ""
    texts = [mail.envelope_from, mail.from_name, mail.subject, mail.snippet, mail.error, mail.message_id]
    said = "\n".join([*texts, *mail.envelope_to, content])
    return search.redact(said) != said


def _clear(ids: list[UUID]) -> int:
    gone = RawMail.objects.filter(id__in=ids).delete()[0]
    mails = InboundMail.objects.filter(id__in=ids)
    mails.filter(state__in=_UNDECIDED).update(state=MailState.DISCARDED, next_at=None)
    left = mails.exclude(
        envelope_from="", message_id="", from_email="", from_name="", subject="", snippet="", error=""
    )
    count = left.update(
        envelope_from="", envelope_to=[], message_id="", from_email="", from_name="", subject="", snippet="",
        authentication={}, error="",
    )  # fmt: skip
    items = MailboxItem.objects.filter(mail_id__in=ids).exclude(sender="", subject="")
    return gone + count + items.update(sender="", subject="", header_id="", error="")


def _forget_names(search: Search, person: Person) -> Erased:
    """Mails that were passed over on the server, and header ids in which the address stands."""
    if not person.is_proven:
        return Erased(
            MailThread.objects.filter(header_id__icontains=person.email, tenant_id=person.tenant_id).delete()[
                0
            ]
        )
    items = MailboxItem.objects.filter(search.mentions("sender", "subject", "header_id", "error"))
    named = [
        item.id
        for item in items
        if search.redact(said := f"{item.sender}\n{item.subject}\n{item.header_id}\n{item.error}") != said
    ]
    count = MailboxItem.objects.filter(id__in=named).update(sender="", subject="", header_id="", error="")
    # A program may have put something before the address: such an id is no other person's address.
    threads = MailThread.objects.filter(header_id__icontains=person.email, tenant_id=person.tenant_id)
    return Erased(count + threads.delete()[0])


def _mails_from(person: Person) -> QuerySet[InboundMail]:
    """Theirs here. A mail that became no ticket counts where the address is known to be theirs alone."""
    sent = InboundMail.objects.filter(Q(from_email=person.email) | Q(envelope_from__iexact=person.email))
    here = Exists(Ticket.objects.filter(id=OuterRef("ticket_id"), tenant_id=person.tenant_id))
    assigned = Q(assigned_tenant_id=person.tenant_id)
    return sent.filter(here | assigned | Q(ticket_id=None) if person.is_proven else here | assigned)


def _mails_about(person: Person) -> QuerySet[InboundMail]:
    mine = Ticket.objects.filter(tenant_id=person.tenant_id, requester_id=person.member_id)
    wrote = Message.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
    about = Q(ticket_id__in=mine.values("id")) | Q(ticket_id__in=wrote.values("ticket_id"))
    return InboundMail.objects.filter(about)
