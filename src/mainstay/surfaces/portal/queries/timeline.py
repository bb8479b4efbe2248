"""What happened to a ticket, as far as its customer is told; the messages themselves stand in the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core.actor import Actor, ActorKind
from mainstay.core.events.models import Event
from mainstay.core.events.types import Visibility
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Status, is_portal_user

_TOLD: Final = (
    "ticket.opened",
    "ticket.status_changed",
    "ticket.severity_changed",
    "ticket.escalated",
    "ticket.shared",
    "ticket.unshared",
    "ticket.followed_up",
)
_TOLD_OF_PROMISES: Final = "sla.clock_recomputed"
_TOLD_PORTAL_USERS: Final = 4
_LIMIT: Final = 40
_ICONS: Final = {
    "ticket.opened": "mail-open",
    "ticket.status_changed": "circle-dot",
    "ticket.severity_changed": "signal",
    "ticket.escalated": "arrow-up-right",
    "ticket.shared": "share-2",
    "ticket.unshared": "share-2",
    "ticket.followed_up": "corner-down-right",
    _TOLD_OF_PROMISES: "clock",
}
_BY_US: Final[dict[str, str | LazyText]] = {
    Status.OPEN: gettext_lazy("We opened it again"),
    Status.IN_PROGRESS: gettext_lazy("We are working on it"),
    Status.WAITING: gettext_lazy("We asked for an answer from your side"),
    Status.RESOLVED: gettext_lazy("We think that it is solved"),
    Status.CLOSED: gettext_lazy("Closed"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    sentence: str
    icon: str
    until: datetime | None = None
    """A moment that belongs to the sentence's end."""


def timeline(actor: Actor, ticket: Ticket, names: Mapping[UUID, str]) -> list[Moment]:
    """Newest first. `names`: of people at the customer whom the page knows already."""
    told = [*_TOLD, _TOLD_OF_PROMISES] if actor.may(SEE_SLA) else list(_TOLD[:_TOLD_PORTAL_USERS])
    events = Event.objects.filter(tenant_id=ticket.tenant_id, subject_id=ticket.id, name__in=told).exclude(
        visibility=Visibility.OPERATOR
    )
    stranger = _("Your contact") if is_portal_user(actor) else _("Somebody of your side")
    found = (_moment(event, names, stranger) for event in events.order_by("-n")[:_LIMIT])
    return [moment for moment in found if moment is not None]


def _moment(event: Event, names: Mapping[UUID, str], stranger: str) -> Moment | None:
    who = _who(event, names, stranger)
    until = None
    match event.name:
        case "ticket.opened":
            sentence = _("%(who)s asked for help") % {"who": who}
        case "ticket.status_changed":
            sentence = _status_sentence(event, who)
        case "ticket.severity_changed":
            sentence = _("The severity is %(new)s now; it was %(old)s") % _strings(event.data)
        case "ticket.escalated":
            sentence = _("%(who)s passed it on to the people who make the product") % {"who": who}
        case "ticket.shared" if event.data.get("with_everybody"):
            sentence = _("%(who)s shared it with everybody") % {"who": who}
        case "ticket.shared":
            sentence = _("%(who)s shared it with one more person") % {"who": who}
        case "ticket.unshared":
            sentence = _("%(who)s shares it with fewer people now") % {"who": who}
        case "ticket.followed_up":
            sentence = _("%(who)s wrote again; it goes on in a new ticket") % {"who": who}
        case _:
            until = _instant(event.data.get("new_due_at"))
            sentence = _("What we promised was computed again. It is due:") if until else ""
    return Moment(event.at, sentence, _ICONS[event.name], until) if sentence else None


def _status_sentence(event: Event, who: str) -> str:
    new, is_ours = str(event.data.get("new")), event.actor_kind in (ActorKind.STAFF, ActorKind.OPERATOR_KEY)
    if is_ours:
        return str(_BY_US[new])
    if new == Status.RESOLVED:
        return _("%(who)s said that it is solved") % {"who": who}
    if new == Status.OPEN and event.data.get("old") == Status.RESOLVED:
        return _("%(who)s said that it is not solved yet") % {"who": who}
    if new == Status.OPEN:
        return _("%(who)s answered; it is our turn again") % {"who": who}
    return _("Closed by itself, after a week without a word") if new == Status.CLOSED else str(_BY_US[new])


def _who(event: Event, names: Mapping[UUID, str], stranger: str) -> str:
    if event.actor_kind in (ActorKind.STAFF, ActorKind.OPERATOR_KEY):
        return _("Support")
    if event.actor_id is not None and event.actor_id in names:
        return names[event.actor_id]
    return stranger


def _strings(data: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in data.items()}


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
