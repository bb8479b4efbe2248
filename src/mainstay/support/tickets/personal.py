"""What tickets keep of a person. The tickets stay, with numbers, clocks and states: others wrote in them too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from mainstay.core.storage.files import NewFile
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.notices import erase_notices_about
from mainstay.people.privacy.ports import Erased, Look, Part, Person, Rows, StoredFile
from mainstay.people.privacy.rules import ERASED, Fate, Wording, quotes_eraser
from mainstay.people.privacy.walking import Search, next_piece, once, staged, write_changed
from mainstay.support.tickets.models import Attachment, Escalation, Follower, Message, MessageEdit, Ticket
from mainstay.support.tickets.rules import Audience, MessageVisibility

_PIECE: Final = 100
"""Tickets in one transaction: short ones, since the oldest open writer holds followers back."""
_TICKET: Final = ("id", "number", "subject", "status", "opened_at", "resolved_at", "context", "custom")
_MESSAGE: Final = ("ticket__number", "created_at", "body", "body_html")


class TicketKeeper:
    name = "tickets"
    columns: Mapping[str, Fate] = {
        "ticket.subject": Fate.WORDING,
        "ticket.context": Fate.CLEARED,
        "ticket.custom": Fate.CLEARED,
        "ticket.body_hash": Fate.CLEARED,
        "ticket_escalation.note": Fate.WORDING,
        "message.body": Fate.WORDING,
        "message.body_html": Fate.WORDING,
        "message_edit.body": Fate.WORDING,
        "attachment.filename": Fate.WORDING,
        "attachment.content_id": Fate.REPLACED,
        "attachment.storage_key": Fate.WORDING,
        "attachment.sha256": Fate.WORDING,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        here, me = person.tenant_id, person.member_id
        mine = Ticket.objects.filter(tenant_id=here, requester_id=me).order_by("number")
        messages, files = Message.objects.filter(tenant_id=here), _files(here, me)
        if person.by_operator:
            theirs = Q(visibility=MessageVisibility.TENANT) | Q(ticket__audience=Audience.TENANT)
            mine, messages = mine.exclude(audience=Audience.TENANT), messages.exclude(theirs)
            files = files.filter(message__in=messages)
        yield Rows("tickets", list(mine.values(*_TICKET)))
        wrote = messages.filter(member_id=me).order_by("created_at")
        yield Rows("messages_by_me", list(wrote.values(*_MESSAGE)))
        answers = messages.filter(ticket__requester_id=me, visibility="all")
        yield Rows(
            "messages_to_me", list(answers.exclude(member_id=me).order_by("created_at").values(*_MESSAGE))
        )
        for file in files:
            yield StoredFile(f"files/{file.id}-{file.filename}", file.storage_key)

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """First their own tickets and words; then whoever named them, in any ticket of the customer."""
        search, here = Search(person), {"tenant_id": person.tenant_id}
        walks: list[tuple[Any, tuple[str, ...]]] = [
            (Ticket, ("subject", "context", "custom")),
            (Message, ("body", "body_html")),
            (MessageEdit, ("body",)),
            (Escalation, ("note",)),
            (Attachment, ("filename", "content_id")),
        ]
        stages = [partial(_take_part, person, wording)]
        for table, columns in walks:
            stages.append(partial(search.walk, table.objects.filter(**here), columns))
        return staged(after, [*stages, once(lambda: Erased(0, look_into=_unsent(person)))])

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        """What cannot be rewritten goes where it is theirs; a file that somebody else sent stays."""
        found = Attachment.objects.filter(tenant_id=person.tenant_id, storage_key=look.storage_key)
        if instead is None:
            theirs = _files(person.tenant_id, person.member_id).values("id")
            return bool(found.filter(id__in=theirs).delete()[0])
        return bool(
            found.update(
                storage_key=instead.storage_key, size=instead.size, sha256=instead.sha256, scan=instead.scan
            )
        )


def _take_part(person: Person, wording: Wording, after: str) -> Erased:
    here, me = person.tenant_id, person.member_id
    piece, last = next_piece(_taking_part(person), after, _PIECE)
    tickets = list(piece.select_for_update(no_key=True))
    keys: tuple[str, ...] = ()
    rows = 0
    if wording is Wording.ERASED:
        rows, keys = _Words(person, tickets).erase()
    for ticket in tickets:
        if ticket.requester_id == me:
            rows += write_changed(ticket, {"context": {}, "custom": {}, "body_hash": ""})
    Follower.objects.filter(tenant_id=here, member_id=me, ticket__in=tickets).delete()
    files = Attachment.objects.filter(tenant_id=here, message__ticket__in=tickets)
    looks = tuple(Look(*pair) for pair in files.values_list("storage_key", "filename"))
    return Erased(rows, keys, last, looks)


def _unsent(person: Person) -> tuple[Look, ...]:
    """Uploads that were never sent with a message."""
    files = _files(person.tenant_id, person.member_id).filter(message=None)
    return tuple(Look(*pair, is_whole=True) for pair in files.values_list("storage_key", "filename"))


def _taking_part(person: Person) -> QuerySet[Ticket]:
    """Where they asked, wrote, follow, uploaded or passed on."""
    here, me = person.tenant_id, person.member_id
    wrote = Message.objects.filter(tenant_id=here, member_id=me).values("ticket_id")
    follows = Follower.objects.filter(tenant_id=here, member_id=me).values("ticket_id")
    passed_on = Escalation.objects.filter(tenant_id=here, member_id=me).values("ticket_id")
    own = Q(requester_id=me) | Q(handler_id=me) | Q(id__in=wrote) | Q(id__in=follows) | Q(id__in=passed_on)
    return Ticket.objects.filter(own, tenant_id=here)


def _files(tenant_id: UUID, member_id: UUID) -> QuerySet[Attachment]:
    """Those they uploaded, also by mail: then the message is theirs."""
    theirs = Q(uploaded_by=member_id) | Q(message__member_id=member_id)
    return Attachment.objects.filter(theirs, tenant_id=tenant_id).order_by("created_at", "id")


class _Words:
    """Of the person, in some tickets: their own go, and so does what others quoted of them."""

    def __init__(self, person: Person, tickets: Sequence[Ticket]) -> None:
        self._person, self._tickets = person, tickets
        self._in_them = {"tenant_id": person.tenant_id, "ticket__in": tickets}

    def erase(self) -> tuple[int, tuple[str, ...]]:
        self._messages = list(Message.objects.filter(**self._in_them))
        self._edits = list(MessageEdit.objects.filter(message__in=self._messages).select_related("message"))
        self._notes = list(Escalation.objects.filter(**self._in_them))
        unquoted = {key: quotes_eraser(texts) for key, texts in self._said().items()}
        rows = self._mails(unquoted)
        for message in self._messages:
            own, unquote = self._is_own(message.member_id), unquoted.get(message.ticket_id, str)
            texts = {name: "" if own and name == "body_html" else unquote(getattr(message, name))
                     for name in ("body", "body_html")}  # fmt: skip
            if own:
                texts |= {"body": message.body and ERASED, "body_format": "plain"}
            rows += write_changed(message, texts)
        for edit in self._edits:
            own, unquote = self._is_own(edit.message.member_id), unquoted.get(edit.message.ticket_id, str)
            rows += write_changed(edit, {"body": ERASED if own else unquote(edit.body)})
        for note in self._notes:
            own, unquote = self._is_own(note.member_id), unquoted.get(note.ticket_id, str)
            rows += write_changed(note, {"note": (note.note and ERASED) if own else unquote(note.note)})
        for ticket in self._tickets:
            if self._is_own(ticket.requester_id):
                rows += write_changed(ticket, {"subject": ERASED})
        rows += erase_notices_about([ticket.id for ticket in self._tickets])
        return self._files(rows)

    def _is_own(self, member_id: UUID | None) -> bool:
        return member_id == self._person.member_id

    def _said(self) -> dict[UUID, list[str]]:
        """Ticket → what they wrote there."""
        said: dict[UUID, list[str]] = defaultdict(list)
        for ticket in self._tickets:
            if self._is_own(ticket.requester_id):
                said[ticket.id].append(ticket.subject)
        for message in self._messages:
            if self._is_own(message.member_id):
                said[message.ticket_id] += [message.body, message.body_html]
        for edit in self._edits:
            if self._is_own(edit.message.member_id):
                said[edit.message.ticket_id].append(edit.body)
        for note in self._notes:
            if self._is_own(note.member_id):
                said[note.ticket_id].append(note.note)
        return said

    def _mails(self, unquoted: Mapping[UUID, object]) -> int:
        """Those about these tickets, whoever got them; they lie in the outbox with all their words. A mail that
        tells of several things names no ticket: it is found by the subjects."""
        wiped = {"subject": ERASED, "text": ERASED, "html": "", "headers": {}, "attachments": []}
        here = Q(tenant_id=self._person.tenant_id) | Q(tenant_id=None)
        about = Delivery.objects.filter(here, ticket_id__in=list(unquoted))
        rows = about.exclude(text=ERASED).update(**wiped)
        subjects = [t.subject for t in self._tickets if t.id in unquoted and t.subject != ERASED]
        named = reduce(or_, [Q(text__contains=subject) for subject in subjects], Q(pk__in=[]))
        since = min((t.opened_at for t in self._tickets), default=None)
        if subjects and since:
            bundles = Delivery.objects.filter(here, named, ticket_id=None, created_at__gte=since)
            rows += bundles.exclude(text=ERASED).update(**wiped)
        return rows

    def _files(self, rows: int) -> tuple[int, tuple[str, ...]]:
        theirs = _files(self._person.tenant_id, self._person.member_id)
        found = theirs.filter(Q(message__ticket__in=self._tickets) | Q(message=None))
        keys = tuple(found.values_list("storage_key", flat=True))
        gone = Attachment.objects.filter(id__in=list(found.values_list("id", flat=True))).delete()[0]
        return rows + gone, keys
