"""The frame of every page: navigation by surface and right, the person, flash messages. One query, for the bell;
all else that it shows, the door has read already."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core.actor import Actor, ActorKind, Permission
from mainstay.core.events.rules import SEE_AUDIT
from mainstay.integrations.imports.rules import IMPORT_ALL
from mainstay.integrations.webhooks.rules import SEE_WEBHOOKS
from mainstay.people.access.doors import HOMES
from mainstay.people.access.providers.rules import MANAGE_SSO, MANAGE_STAFF_SSO
from mainstay.people.access.queries import Seat
from mainstay.people.access.rules import MANAGE_OPERATOR_KEYS, SEE_KEYS
from mainstay.people.messages.rules import SEE_OUTBOX
from mainstay.people.staff.labels import STAFF_ROLES
from mainstay.people.staff.rules import MANAGE_STAFF
from mainstay.people.tenants.labels import MEMBER_ROLES
from mainstay.people.tenants.rules import MANAGE_PEOPLE, SEE_TENANTS
from mainstay.shell.context import Chrome, Flash, NavItem, Person, plain_chrome
from mainstay.support.channels.rules import MANAGE_MAILBOXES, SEE_INBOUND
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.support.tickets.rules import SEE_TICKETS
from mainstay.surfaces.account.queries import bell_of

_Entry = tuple[str, str | LazyText, str, Permission | None, str]
# Name of the address, word, icon, right, keys.
_NAV: Final[dict[ActorKind, tuple[_Entry, ...]]] = {
    ActorKind.STAFF: (
        ("desk_queue", gettext_lazy("Queue"), "inbox", SEE_TICKETS, "g q"),
        ("desk_triage", gettext_lazy("Triage"), "list-checks", SEE_INBOUND, "g t"),
        ("desk_outbox", gettext_lazy("Outbox"), "send", SEE_OUTBOX, "g o"),
        ("desk_customers", gettext_lazy("Customers"), "building-2", SEE_TENANTS, "g c"),
        ("desk_imports", gettext_lazy("Imports"), "file-up", IMPORT_ALL, "g i"),
        ("desk_staff", gettext_lazy("Staff"), "users", MANAGE_STAFF, "g s"),
        ("desk_keys", gettext_lazy("API keys"), "key-round", MANAGE_OPERATOR_KEYS, "g k"),
        ("webhooks", gettext_lazy("Webhooks"), "webhook", SEE_WEBHOOKS, "g w"),
        ("desk_sso", gettext_lazy("Single sign-on"), "log-in", MANAGE_STAFF_SSO, ""),
        ("desk_mailboxes", gettext_lazy("Mailboxes"), "mailbox", MANAGE_MAILBOXES, ""),
        ("desk_audit", gettext_lazy("Audit log"), "scroll-text", SEE_AUDIT, "g a"),
    ),
    ActorKind.MEMBER: (
        ("support_tickets", gettext_lazy("My tickets"), "inbox", SEE_TICKETS, "g t"),
        ("support_sla", gettext_lazy("Response times"), "clock", SEE_SLA, "g r"),
        ("support_people", gettext_lazy("People"), "users", MANAGE_PEOPLE, "g p"),
        ("support_keys", gettext_lazy("API keys"), "key-round", SEE_KEYS, "g k"),
        ("webhooks", gettext_lazy("Webhooks"), "webhook", SEE_WEBHOOKS, "g w"),
        ("support_sso", gettext_lazy("Single sign-on"), "log-in", MANAGE_SSO, ""),
        ("support_audit", gettext_lazy("Audit log"), "scroll-text", SEE_AUDIT, "g a"),
    ),
}
_SURFACES: Final = {ActorKind.STAFF: "desk", ActorKind.MEMBER: "portal"}
_PROFILES: Final = {ActorKind.STAFF: "desk_profile", ActorKind.MEMBER: "support_profile"}


def chrome_of(request: HttpRequest) -> Chrome:
    plain = replace(plain_chrome(request), sign_in_url=settings.LOGIN_URL, flash=_flash(request))
    seat: Seat | None = getattr(request, "seat", None)
    actor: Actor | None = getattr(request, "actor", None)
    if seat is None or actor is None:
        return plain
    return replace(
        plain,
        surface=_SURFACES[seat.kind],
        home_url=HOMES[seat.kind],
        nav=tuple(
            NavItem(str(word), reverse(name), icon, key=key)
            for name, word, icon, right, key in _NAV[seat.kind]
            if right is None or actor.may(right)
        ),
        person=_person(request, seat),
        bell=bell_of(actor, known=getattr(request, "unread", None)),
        sign_out_url=reverse("sign_out"),
        live_url=settings.MAINSTAY_LIVE_URL,
        zone=actor.zone,
    )


def _person(request: HttpRequest, seat: Seat) -> Person:
    words = {**MEMBER_ROLES, **STAFF_ROLES}
    roles = ", ".join(sorted(str(words[role]) for role in seat.roles))
    menu = [
        NavItem(_("Profile"), reverse(_PROFILES[seat.kind]), "user-round"),
        NavItem(_("Security"), reverse("account_security"), "shield-check"),
    ]
    if len(getattr(request, "seats", ())) > 1:
        menu.append(NavItem(_("Switch organisation"), reverse("switch"), "repeat"))
    return Person(
        name=seat.name,
        role_line=f"{seat.tenant_name} · {roles}" if seat.tenant_name else roles,
        key=str(seat.membership_id),
        menu=tuple(menu),
    )


_MEANINGS: Final = {messages.WARNING: "warning", messages.ERROR: "critical", messages.INFO: "notice"}


def _flash(request: HttpRequest) -> tuple[Flash, ...]:
    return tuple(
        Flash(str(said.message), _MEANINGS.get(said.level, "good")) for said in messages.get_messages(request)
    )
