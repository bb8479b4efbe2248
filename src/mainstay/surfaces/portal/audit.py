"""Events as people read them in the audit log: who, what, which, when, from where, caused by what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core.actor import Actor, ActorKind
from mainstay.core.events.models import Event
from mainstay.core.events.queries import EventFilter
from mainstay.core.events.sentences import sentence_of
from mainstay.core.events.types import Visibility, event_types
from mainstay.people.access.models import ApiKey, OperatorKey
from mainstay.people.staff.queries import staff_names
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import visible_members, visible_tenants
from mainstay.support.tickets.queries import visible_tickets

AREAS: Final[dict[str, str | LazyText]] = {
    "ticket": gettext_lazy("Tickets"),
    "sla": gettext_lazy("Promises"),
    "mail": gettext_lazy("Mails"),
    "member": gettext_lazy("People"),
    "invitation": gettext_lazy("Invitations"),
    "key": gettext_lazy("API keys"),
    "access": gettext_lazy("Sign-in"),
    "tenant": gettext_lazy("Customer"),
    "domain": gettext_lazy("Mail domains"),
    "provider": gettext_lazy("Single sign-on"),
    "webhook": gettext_lazy("Webhooks"),
    "mailbox": gettext_lazy("Mailboxes"),
    "staff": gettext_lazy("Staff"),
    "import": gettext_lazy("Imports"),
    "privacy": gettext_lazy("Personal data"),
    "audit": gettext_lazy("Audit log"),
    "setting": gettext_lazy("Settings"),
    "schedule": gettext_lazy("Schedules"),
}
ACTOR_KINDS: Final[dict[str, str | LazyText]] = {
    ActorKind.MEMBER: gettext_lazy("Customer's people"),
    ActorKind.STAFF: gettext_lazy("Staff"),
    ActorKind.TENANT_KEY: gettext_lazy("Customer's key"),
    ActorKind.OPERATOR_KEY: gettext_lazy("Operator's key"),
    ActorKind.SYSTEM: gettext_lazy("The system"),
    ActorKind.VISITOR: gettext_lazy("Somebody not signed in"),
}
SUBJECTS: Final[dict[str, str | LazyText]] = {
    "ticket": gettext_lazy("Ticket"),
    "member": gettext_lazy("Person"),
    "person": gettext_lazy("Person"),
    "tenant": gettext_lazy("Customer"),
    "staff": gettext_lazy("Staff member"),
    "key": gettext_lazy("API key"),
    "mail": gettext_lazy("Mail"),
    "calendar": gettext_lazy("Calendar"),
    "matrix": gettext_lazy("Promises"),
    "import": gettext_lazy("Import"),
    "claim": gettext_lazy("Mail domain"),
    "provider": gettext_lazy("Provider"),
    "endpoint": gettext_lazy("Webhook"),
    "mailbox": gettext_lazy("Mailbox"),
    "setting": gettext_lazy("Setting"),
    "schedule": gettext_lazy("Schedule"),
}

_DOORS: Final[dict[str, str | LazyText]] = {
    "web": gettext_lazy("Web pages"),
    "api": gettext_lazy("API"),
    "smtp": gettext_lazy("E-mail"),
    "imap": gettext_lazy("E-mail"),
    "mail": gettext_lazy("E-mail"),
    "webhook": gettext_lazy("Mail provider"),
    "import": gettext_lazy("Import"),
    "schedule": gettext_lazy("Schedule"),
    "follow_up": gettext_lazy("Follow-up"),
    "command": gettext_lazy("Command line"),
}


@dataclass(frozen=True, slots=True)
class AuditRow:
    n: int
    at: datetime
    name: str
    who: str
    who_kind: str
    who_id: UUID | None
    what: str
    subject_kind: str
    subject: str
    subject_id: UUID
    customer: str
    tenant_id: UUID | None
    door: str
    door_words: str
    ip: str
    request_id: str
    cause: int | None


def area_choices(actor: Actor) -> list[tuple[str, str | LazyText]]:
    hidden = Visibility.OPERATOR if actor.tenant_id else Visibility.TENANT
    areas = {name.partition(".")[0] for name, kind in event_types().items() if kind.visibility != hidden}
    return [(area, words) for area, words in AREAS.items() if area in areas]


def read_filter(query: QueryDict, zone: str) -> EventFilter:
    """Out of the address; what cannot be understood filters nothing."""
    until = _day(query.get("until", ""))
    return EventFilter(
        name=query.get("event", "") if query.get("event", "") in event_types() else "",
        area=query.get("area", "") if query.get("area", "") in AREAS else "",
        actor_kind=query.get("kind", "") if query.get("kind", "") in ACTOR_KINDS else "",
        actor_id=_uuid(query.get("who", "")),
        subject_id=_uuid(query.get("subject", "")),
        tenant_id=_uuid(query.get("customer", "")),
        since=_midnight(_day(query.get("since", "")), zone),
        until=_midnight(until + timedelta(days=1) if until and until < date.max else None, zone),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)) if day and 1900 < day.year < 9000 else None


def audit_rows(actor: Actor, events: Sequence[Event]) -> list[AuditRow]:
    names = _names(actor, events)
    return [_row(actor, event, names) for event in events]


def _row(actor: Actor, event: Event, names: dict[UUID, str]) -> AuditRow:
    who = names.get(event.actor_id, "") if event.actor_id else ""
    # From where a customer's own people came is theirs to know; where the operator's people sit is not.
    ip_is_theirs = (
        actor.tenant_id is None
        or event.actor_kind in (ActorKind.MEMBER, ActorKind.TENANT_KEY)
        # who tried to come in as one of theirs
        or (event.actor_kind == ActorKind.SYSTEM and event.name.startswith("access."))
    )
    return AuditRow(
        n=event.n,
        at=event.at,
        name=event.name,
        who=who or str(ACTOR_KINDS.get(event.actor_kind, event.actor_kind)),
        who_kind=str(ACTOR_KINDS.get(event.actor_kind, event.actor_kind)),
        who_id=event.actor_id,
        what=sentence_of(
            event.name, event.data, who or str(ACTOR_KINDS.get(event.actor_kind, _("Somebody")))
        ),
        subject_kind=str(SUBJECTS.get(event.subject_kind, event.subject_kind)),
        subject=names.get(event.subject_id, ""),
        subject_id=event.subject_id,
        customer=names.get(event.tenant_id, "") if event.tenant_id else "",
        tenant_id=event.tenant_id,
        door=event.door,
        door_words=str(_DOORS.get(event.door, event.door)),
        ip=(event.ip or "") if ip_is_theirs else "",
        request_id=event.request_id if ip_is_theirs else "",
        cause=event.cause,
    )


def _names(actor: Actor, events: Iterable[Event]) -> dict[UUID, str]:
    """Everybody and everything named, in one query a kind."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for event in events:
        if event.actor_id:
            wanted[event.actor_kind].add(event.actor_id)
        kinds = ("member", "staff") if event.subject_kind == "person" else (event.subject_kind,)
        for kind in kinds:
            wanted[kind].add(event.subject_id)
        if event.tenant_id and actor.tenant_id is None:
            wanted["tenant"].add(event.tenant_id)
    names = staff_names(actor, wanted["staff"])
    if wanted["member"]:
        people: list[Member] = list(visible_members(actor).filter(id__in=wanted["member"]))
        names |= {person.id: person.name or person.email for person in people}
    if wanted["ticket"]:
        found = visible_tickets(actor).filter(id__in=wanted["ticket"]).values_list("id", "number")
        names |= {ticket_id: f"#{number}" for ticket_id, number in found}
    if wanted["tenant"]:
        names |= dict(visible_tenants(actor).filter(id__in=wanted["tenant"]).values_list("id", "name"))
    keys = wanted["key"] | wanted[ActorKind.TENANT_KEY] | wanted[ActorKind.OPERATOR_KEY]
    if keys:
        names |= dict(ApiKey.objects.filter(id__in=keys).values_list("id", "name"))
        if actor.is_staff:
            names |= dict(OperatorKey.objects.filter(id__in=keys).values_list("id", "name"))
    return names
