"""What happened to a ticket, in sentences, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.core.actor import Actor, ActorKind
from mainstay.core.events.models import Event
from mainstay.core.events.queries import events_about
from mainstay.core.events.sentences import sentence_of as said
from mainstay.core.pages import Page
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.support.tickets.models import Ticket

TIMELINE_SIZE = 20
_SHAPES = {
    "ticket.opened": ("mail-open", ""),
    "ticket.replied": ("message-square", ""),
    "ticket.noted": ("lock", "warning"),
    "ticket.status_changed": ("circle-dot", ""),
    "ticket.severity_changed": ("signal", ""),
    "ticket.assigned": ("user-check", ""),
    "ticket.classified": ("tag", ""),
    "ticket.shared": ("share-2", ""),
    "ticket.escalated": ("arrow-up-right", ""),
    "sla.warned": ("timer", "warning"),
    "sla.breached": ("octagon-alert", "critical"),
    "sla.met": ("check", "good"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    sentence: str
    icon: str
    meaning: str


def timeline(actor: Actor, ticket: Ticket, *, after: str = "") -> Page[Moment]:
    page = events_about(actor, ticket.tenant_id, [ticket.id], cursor=after, limit=TIMELINE_SIZE)
    names = _names(page.rows)
    return page.map(lambda event: _moment(event, names))


def _names(events: Iterable[Event]) -> dict[UUID, str]:
    staff, members = set(), set()
    for event in events:
        if event.actor_id is not None and event.actor_kind == ActorKind.STAFF:
            staff.add(event.actor_id)
        if event.actor_id is not None and event.actor_kind == ActorKind.MEMBER:
            members.add(event.actor_id)
        staff |= {
            UUID(event.data[k]) for k in ("old", "new") if event.name == "ticket.assigned" and event.data[k]
        }
        if event.data.get("member_id"):
            members.add(UUID(event.data["member_id"]))
    found: dict[UUID, str] = {}
    if staff:
        found |= dict(Staff.objects.filter(id__in=staff).values_list("id", "name"))
    if members:
        rows = Member.objects.filter(id__in=members).values_list("id", "name", "email")
        found |= {row_id: name or email for row_id, name, email in rows}
    return found


def _moment(event: Event, names: dict[UUID, str]) -> Moment:
    icon, meaning = _SHAPES.get(event.name, ("circle", ""))
    return Moment(event.at, sentence_of(event, names), icon, meaning)


def sentence_of(event: Event, names: dict[UUID, str]) -> str:
    actor = _actor_name(event, names)
    if event.name == "ticket.assigned":
        return _assigned(event, names, actor)
    return said(event.name, event.data, actor)


def _assigned(event: Event, names: dict[UUID, str], actor: str) -> str:
    new = event.data.get("new")
    if not new:
        return _("%(actor)s took the assignee away") % {"actor": actor}
    if UUID(new) == event.actor_id:
        return _("%(actor)s took the ticket") % {"actor": actor}
    whom = names.get(UUID(new), "?")
    return _("%(actor)s assigned the ticket to %(whom)s") % {"actor": actor, "whom": whom}


def _actor_name(event: Event, names: dict[UUID, str]) -> str:
    if event.actor_id in names:
        return names[event.actor_id]
    if event.actor_kind in (ActorKind.TENANT_KEY, ActorKind.OPERATOR_KEY):
        return _("An API key")
    return _("The system")
