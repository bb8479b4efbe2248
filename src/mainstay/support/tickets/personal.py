"""What tickets keep of a person. The tickets stay, with numbers, clocks and states: others wrote in them too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from mainstay.people.messages.notices import erase_notices_about
from mainstay.people.privacy.ports import Erased, Part, Person, Rows, StoredFile
from mainstay.people.privacy.rules import ERASED, Fate, Wording, redactor
from mainstay.support.tickets.models import Attachment, Escalation, Follower, Message, MessageEdit, Ticket

_BATCH: Final = 100
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
        yield Rows("tickets", list(mine.values(*_TICKET)))
        wrote = Message.objects.filter(tenant_id=here, member_id=me).order_by("created_at")
        yield Rows("messages_by_me", list(wrote.values(*_MESSAGE)))
        answers = Message.objects.filter(tenant_id=here, ticket__requester_id=me, visibility="all")
        yield Rows(
            "messages_to_me", list(answers.exclude(member_id=me).order_by("created_at").values(*_MESSAGE))
        )
        for file in _files(here, me):
            yield StoredFile(f"files/{file.id}-{file.filename}", file.storage_key)

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        found = _taking_part(person)
        if after:
            found = found.filter(id__gt=UUID(after))
        tickets = list(found.order_by("id").select_for_update(no_key=True)[:_BATCH])
        if not tickets:
            return Erased(0)
        change = _Change(person, wording, tickets)
        rows = change.messages() + change.edits() + change.notes() + change.tickets()
        gone, keys = change.files()
        Follower.objects.filter(
            tenant_id=person.tenant_id, member_id=person.member_id, ticket__in=tickets
        ).delete()
        erase_notices_about([ticket.id for ticket in tickets])
        return Erased(rows + gone, keys, str(tickets[-1].id))


def _taking_part(person: Person) -> QuerySet[Ticket]:
    """Where they asked, wrote, follow, uploaded or passed on: there their name stands, if anywhere."""
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


class _Change:
    """Of some tickets. Only rows that change are written, so that a second run writes none."""

    def __init__(self, person: Person, wording: Wording, tickets: Sequence[Ticket]) -> None:
        self._person, self._tickets = person, tickets
        self._erases = wording is Wording.ERASED
        self._redact = redactor(email=person.email, name=person.name)
        self._in_them = {"tenant_id": person.tenant_id, "ticket__in": tickets}

    def _word(self, text: str, *, is_own: bool) -> str:
        if is_own and self._erases:
            return ERASED if text else text
        return self._redact(text)

    def _write(self, row: Any, **columns: tuple[str, bool]) -> int:
        changed = {name: self._word(text, is_own=own) for name, (text, own) in columns.items()}
        changed = {name: text for name, text in changed.items() if text != getattr(row, name)}
        if not changed:
            return 0
        return int(type(row)._default_manager.filter(id=row.id, tenant_id=row.tenant_id).update(**changed))

    def messages(self) -> int:
        count = 0
        for row in Message.objects.filter(**self._in_them).iterator():
            own = row.member_id == self._person.member_id
            html = "" if own and self._erases else row.body_html
            if html != row.body_html:
                Message.objects.filter(id=row.id).update(body_html=html, body_format="plain")
            count += self._write(row, body=(row.body, own), body_html=(html, False))
        return count

    def edits(self) -> int:
        found = MessageEdit.objects.filter(
            tenant_id=self._person.tenant_id, message__ticket__in=self._tickets
        )
        return sum(
            self._write(row, body=(row.body, row.message.member_id == self._person.member_id))
            for row in found.select_related("message")
        )

    def notes(self) -> int:
        return sum(
            self._write(row, note=(row.note, row.member_id == self._person.member_id))
            for row in Escalation.objects.filter(**self._in_them)
        )

    def tickets(self) -> int:
        count = 0
        for row in self._tickets:
            own = row.requester_id == self._person.member_id
            count += self._write(row, subject=(row.subject, own))
            if own and (row.context or row.custom or row.body_hash):
                Ticket.objects.filter(id=row.id).update(context={}, custom={}, body_hash="")
        return count

    def files(self) -> tuple[int, tuple[str, ...]]:
        """With the wording go the files; else their names lose the person."""
        count, keys = 0, []
        everything = Attachment.objects.filter(
            tenant_id=self._person.tenant_id, message__ticket__in=self._tickets
        )
        theirs = set(_files(self._person.tenant_id, self._person.member_id).values_list("id", flat=True))
        for row in everything:
            if row.id in theirs and self._erases:
                keys.append(row.storage_key)
                row.delete()
                count += 1
            else:
                count += self._write(row, filename=(row.filename, False), content_id=(row.content_id, False))
        return count, tuple(keys)
