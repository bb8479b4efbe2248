"""The frame of every page: navigation by surface and right, the person, flash messages. What it shows, the door
has read already, but for the bell, how a customer shows itself to the people of its own portal, and how much
waits in its own queue: a query each, for whom they are."""

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
from mainstay.core.house.rules import SEE_SETTINGS
from mainstay.core.wall.scope import current_actor
from mainstay.integrations.imports.rules import IMPORT_ALL
from mainstay.integrations.webhooks.rules import SEE_WEBHOOKS
from mainstay.people.access.doors import HOMES
from mainstay.people.access.providers.rules import MANAGE_SSO, MANAGE_STAFF_SSO
from mainstay.people.access.queries import Seat
from mainstay.people.access.rules import MANAGE_OPERATOR_KEYS, SEE_KEYS
from mainstay.people.messages.rules import SEE_OUTBOX
from mainstay.people.privacy.rules import EXPORT_PERSON
from mainstay.people.staff.labels import STAFF_ROLES
from mainstay.people.staff.rules import MANAGE_STAFF
from mainstay.people.tenants.labels import MEMBER_ROLES
from mainstay.people.tenants.queries import brand_of
from mainstay.people.tenants.rules import MANAGE_BRANDING, MANAGE_PEOPLE, SEE_TENANTS
from mainstay.shell.context import Chrome, Flash, NavItem, Person, plain_chrome
from mainstay.support.channels.rules import MANAGE_MAILBOXES, SEE_INBOUND
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.support.tickets.rules import GIVE, SEE_TICKETS, is_portal_user
from mainstay.surfaces.account.queries import bell_of
from mainstay.surfaces.portal.queries.appearance import logo_url, styles_url
from mainstay.surfaces.portal.queries.listing import unhandled_count

_Entry = tuple[str, str | LazyText, str, Permission | None, str]
# Name of the address, word, icon, right, keys.
_NAV: Final[dict[ActorKind, tuple[_Entry, ...]]] = {
    ActorKind.STAFF: (
        ("desk_queue", gettext_lazy("Queue"), "inbox", SEE_TICKETS, "g q"),
        ("desk_triage", gettext_lazy("Triage"), "list-checks", SEE_INBOUND, "g t"),
        ("desk_outbox", gettext_lazy("Outbox"), "send", SEE_OUTBOX, "g o"),
        ("desk_customers", gettext_lazy("Customers"), "building-2", SEE_TENANTS, "g c"),
    ),
    ActorKind.MEMBER: (
        ("support_tickets", gettext_lazy("My tickets"), "inbox", SEE_TICKETS, "g t"),
        ("support_queue", gettext_lazy("Customer requests"), "users-round", GIVE, "g q"),
        ("support_sla", gettext_lazy("Response times"), "clock", SEE_SLA, "g r"),
        ("support_people", gettext_lazy("People"), "users", MANAGE_PEOPLE, "g p"),
        ("support_keys", gettext_lazy("API keys"), "key-round", SEE_KEYS, "g k"),
        ("support_sso", gettext_lazy("Single sign-on"), "log-in", MANAGE_SSO, ""),
        ("support_audit", gettext_lazy("Audit log"), "scroll-text", SEE_AUDIT, "g a"),
    ),
}
# Of the staff, behind "Administration".
_SECTIONS: Final[tuple[_Entry, ...]] = (
    ("desk_settings", gettext_lazy("Settings"), "settings-2", SEE_SETTINGS, "g g"),
    ("desk_staff", gettext_lazy("Staff"), "users", MANAGE_STAFF, "g s"),
    ("desk_sso", gettext_lazy("Single sign-on"), "log-in", MANAGE_STAFF_SSO, ""),
    ("desk_mailboxes", gettext_lazy("Mailboxes"), "mailbox", MANAGE_MAILBOXES, ""),
    ("desk_imports", gettext_lazy("Imports"), "file-up", IMPORT_ALL, "g i"),
    ("desk_keys", gettext_lazy("API keys"), "key-round", MANAGE_OPERATOR_KEYS, "g k"),
    ("webhooks", gettext_lazy("Webhooks"), "webhook", SEE_WEBHOOKS, "g h"),
    ("desk_audit", gettext_lazy("Audit log"), "scroll-text", SEE_AUDIT, "g a"),
    ("desk_privacy", gettext_lazy("Personal data"), "shield-user", EXPORT_PERSON, ""),
    ("desk_schedules", gettext_lazy("Schedules"), "calendar-clock", SEE_SETTINGS, ""),
    ("desk_system", gettext_lazy("System"), "activity", SEE_SETTINGS, ""),
)
# Addresses that belong to an entry though they do not begin with its own.
_WITHIN: Final = {
    "support_keys": ("webhooks",),
    "support_queue": ("support_branding",),
    "support_people": ("support_privacy",),
}
_SURFACES: Final = {ActorKind.STAFF: "desk", ActorKind.MEMBER: "portal"}
_PROFILES: Final = {ActorKind.STAFF: "desk_profile", ActorKind.MEMBER: "support_profile"}


def chrome_of(request: HttpRequest) -> Chrome:
    plain = replace(plain_chrome(request), sign_in_url=settings.LOGIN_URL, flash=_flash(request))
    seat: Seat | None = getattr(request, "seat", None)
    actor: Actor | None = getattr(request, "actor", None)
    if seat is None or actor is None:
        return plain
    sections = _items(_SECTIONS, actor) if seat.kind is ActorKind.STAFF else ()
    framed = replace(
        plain,
        surface=_SURFACES[seat.kind],
        home_url=HOMES[seat.kind],
        nav=(*_items(_NAV[seat.kind], actor), *_administration(sections)),
        sections=sections,
        person=_person(request, seat),
        bell=bell_of(actor, known=getattr(request, "unread", None)),
        sign_out_url=reverse("sign_out"),
        live_url=settings.MAINSTAY_LIVE_URL,
        zone=actor.zone,
    )
    return _branded(framed, actor) if is_portal_user(actor) and current_actor() else framed


def _items(entries: tuple[_Entry, ...], actor: Actor) -> tuple[NavItem, ...]:
    return tuple(
        NavItem(
            str(word),
            reverse(name),
            icon,
            _count(name, actor),
            key=key,
            within=tuple(reverse(other) for other in _WITHIN.get(name, ())),
        )
        for name, word, icon, right, key in entries
        if right is None or actor.may(right)
    )


def _administration(sections: tuple[NavItem, ...]) -> tuple[NavItem, ...]:
    """One word on the rail for all that is set up rather than worked on."""
    if not sections:
        return ()
    addresses = tuple(item.url for item in sections)
    return (NavItem(_("Administration"), addresses[0], "settings-2", within=addresses),)


def _branded(chrome: Chrome, actor: Actor) -> Chrome:
    """The customer in the operator's place."""
    brand = brand_of(actor)
    return replace(
        chrome,
        operator_name=brand.name,
        operator_logo_url=logo_url(brand.logo),
        styles_url=styles_url(brand.branding),
    )


def _count(name: str, actor: Actor) -> int | None:
    if name != "support_queue" or not current_actor():
        return None
    return unhandled_count(actor) or None


def _person(request: HttpRequest, seat: Seat) -> Person:
    actor: Actor | None = getattr(request, "actor", None)
    words = {**MEMBER_ROLES, **STAFF_ROLES}
    roles = ", ".join(sorted(str(words[role]) for role in seat.roles))
    menu = [
        NavItem(_("Profile"), reverse(_PROFILES[seat.kind]), "user-round"),
        NavItem(_("Security"), reverse("account_security"), "shield-check"),
    ]
    if actor is not None and seat.kind is ActorKind.MEMBER and actor.may(MANAGE_BRANDING):
        menu.append(NavItem(_("Appearance for clients"), reverse("support_branding"), "palette"))
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
