"""Setting providers up. Only who manages a side's people; the issuer never changes, since links are its subjects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.events.types import Happening, Visibility
from mainstay.core.text.headers import clean_line
from mainstay.people.access.providers.conversation import http_allowed
from mainstay.people.access.providers.events import (
    MemberUnlinked,
    ProviderAdded,
    ProviderChanged,
    ProviderDisabled,
    ProviderEnabled,
    ProviderRemoved,
    ProviderRequired,
    ProviderWaived,
    StaffUnlinked,
)
from mainstay.people.access.providers.models import (
    Provider,
    ProviderLink,
    StaffProvider,
    StaffProviderLink,
)
from mainstay.people.access.providers.rules import MANAGE_SSO, MANAGE_STAFF_SSO, issuer_fault
from mainstay.people.tenants.models import VerifiedDomain
from mainstay.people.tenants.rules import FREE_MAIL_DOMAINS, clean_domain, is_domain

MOST_PROVIDERS: Final = 5
AnyProvider = TypeVar("AnyProvider", Provider, StaffProvider)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDetails:
    name: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty in a change: stays as it is."""
    domains: tuple[str, ...] = ()
    creates_members: bool = False


def add_provider(actor: Actor, issuer: str, details: ProviderDetails, *, at: datetime) -> Provider:
    """Switched off at first: it is tried out before people are sent there."""
    actor.require(MANAGE_SSO)
    if Provider.objects.filter(tenant_id=actor.home).count() >= MOST_PROVIDERS:
        raise Conflict(_("There are five providers already; remove one first."))
    details = _checked(details, issuer, tenant_id=actor.home, needs_secret=True)
    _check_own_domains(actor.home, details.domains)
    provider = Provider.objects.create(
        tenant_id=actor.home,
        issuer=issuer,
        name=details.name,
        client_id=details.client_id,
        client_secret=details.client_secret,
        domains=list(details.domains),
        creates_members=details.creates_members,
        created_at=at,
    )
    _record(actor, provider, ProviderAdded(provider_id=provider.id), at)
    return provider


def add_staff_provider(actor: Actor, issuer: str, details: ProviderDetails, *, at: datetime) -> StaffProvider:
    actor.require(MANAGE_STAFF_SSO)
    if StaffProvider.objects.count() >= MOST_PROVIDERS:
        raise Conflict(_("There are five providers already; remove one first."))
    details = _checked(details, issuer, tenant_id=None, needs_secret=True)
    _check_staff_domains(details.domains)
    provider = StaffProvider.objects.create(
        issuer=issuer,
        name=details.name,
        client_id=details.client_id,
        client_secret=details.client_secret,
        domains=list(details.domains),
        created_at=at,
    )
    _record(actor, provider, ProviderAdded(provider_id=provider.id), at)
    return provider


def change_provider(actor: Actor, provider_id: UUID, details: ProviderDetails, *, at: datetime) -> Provider:
    provider = _locked(actor, provider_id)
    details = _checked(details, provider.issuer, tenant_id=provider.tenant_id)
    _check_own_domains(provider.tenant_id, details.domains)
    return _change(actor, provider, details, at, {"creates_members": details.creates_members})


def change_staff_provider(
    actor: Actor, provider_id: UUID, details: ProviderDetails, *, at: datetime
) -> StaffProvider:
    provider = _locked_staff(actor, provider_id)
    details = _checked(details, provider.issuer, tenant_id=None)
    _check_staff_domains(details.domains)
    return _change(actor, provider, details, at, {})


def _change(
    actor: Actor, provider: AnyProvider, details: ProviderDetails, at: datetime, more: dict[str, object]
) -> AnyProvider:
    values: dict[str, object] = {
        "name": details.name,
        "client_id": details.client_id,
        "domains": list(details.domains),
        **more,
    }
    if details.client_secret:
        values["client_secret"] = details.client_secret
    changed = sorted(name for name, value in values.items() if getattr(provider, name) != value)
    for name in changed:
        setattr(provider, name, values[name])
    if changed:
        provider.save(update_fields=changed)
        event = ProviderChanged(provider_id=provider.id, changed=tuple(changed))
        _record(actor, provider, event, at)
    return provider


def switch_provider(actor: Actor, provider_id: UUID, *, on: bool, at: datetime) -> None:
    """Off: who came in through it is out at once, and passwords and links are enough again."""
    _switch(actor, _locked(actor, provider_id), on, at)


def switch_staff_provider(actor: Actor, provider_id: UUID, *, on: bool, at: datetime) -> None:
    _switch(actor, _locked_staff(actor, provider_id), on, at)


def _switch(actor: Actor, provider: Provider | StaffProvider, on: bool, at: datetime) -> None:
    if provider.is_enabled == on:
        return
    provider.is_enabled = on
    provider.is_required = provider.is_required and on
    provider.save(update_fields=["is_enabled", "is_required"])
    event = ProviderEnabled(provider_id=provider.id) if on else ProviderDisabled(provider_id=provider.id)
    _record(actor, provider, event, at)


def require_provider(actor: Actor, provider_id: UUID, *, required: bool, at: datetime) -> None:
    """Passwords and links then open no seat of this customer but an owner's."""
    provider = _locked(actor, provider_id)
    mine = ProviderLink.objects.filter(tenant_id=provider.tenant_id, provider_id=provider.id)
    is_linked = actor.member_id is not None and mine.filter(member_id=actor.member_id).exists()
    _require(actor, provider, required, at, is_linked=is_linked)


def require_staff_provider(actor: Actor, provider_id: UUID, *, required: bool, at: datetime) -> None:
    """Passwords and links then open no seat of the staff but an administrator's."""
    provider = _locked_staff(actor, provider_id)
    mine = StaffProviderLink.objects.filter(provider_id=provider.id)
    is_linked = actor.staff_id is not None and mine.filter(staff_id=actor.staff_id).exists()
    _require(actor, provider, required, at, is_linked=is_linked)


def _require(
    actor: Actor, provider: Provider | StaffProvider, required: bool, at: datetime, *, is_linked: bool
) -> None:
    if provider.is_required == required:
        return
    if required and not provider.is_enabled:
        raise Conflict(_("Switch the provider on first."))
    if required and not is_linked:
        raise Conflict(_("Sign in through it yourself before you require it of everybody."))
    provider.is_required = required
    provider.save(update_fields=["is_required"])
    said = ProviderRequired(provider_id=provider.id) if required else ProviderWaived(provider_id=provider.id)
    _record(actor, provider, said, at)


def remove_provider(actor: Actor, provider_id: UUID, *, at: datetime) -> None:
    """With its links. The people stay, and sign in by other ways."""
    provider = _locked(actor, provider_id)
    links, _kinds = ProviderLink.objects.filter(
        tenant_id=provider.tenant_id, provider_id=provider.id
    ).delete()
    _record(actor, provider, ProviderRemoved(provider_id=provider.id, links=links), at)
    provider.delete()


def remove_staff_provider(actor: Actor, provider_id: UUID, *, at: datetime) -> None:
    provider = _locked_staff(actor, provider_id)
    links, _kinds = StaffProviderLink.objects.filter(provider_id=provider.id).delete()
    _record(actor, provider, ProviderRemoved(provider_id=provider.id, links=links), at)
    provider.delete()


def unlink_member(actor: Actor, provider_id: UUID, member_id: UUID, *, at: datetime) -> None:
    """One's own, or as who manages sign-in: the next sign-in is a first one again. Idempotent."""
    if member_id != actor.member_id:
        actor.require(MANAGE_SSO)
    found = ProviderLink.objects.filter(tenant_id=actor.home, provider_id=provider_id, member_id=member_id)
    if found.delete()[0]:
        event = MemberUnlinked(member_id=member_id, provider_id=provider_id)
        record(actor, event, tenant_id=actor.home, at=at)


def unlink_staff(actor: Actor, provider_id: UUID, staff_id: UUID, *, at: datetime) -> None:
    if staff_id != actor.staff_id:
        actor.require(MANAGE_STAFF_SSO)
    if StaffProviderLink.objects.filter(provider_id=provider_id, staff_id=staff_id).delete()[0]:
        event = StaffUnlinked(staff_id=staff_id, provider_id=provider_id)
        record(actor, event, tenant_id=None, at=at)


def _locked(actor: Actor, provider_id: UUID) -> Provider:
    actor.require(MANAGE_SSO)
    rows = Provider.objects.select_for_update(no_key=True)
    found = rows.filter(tenant_id=actor.home, id=provider_id).first()
    if found is None:
        raise NotFound
    return found


def _locked_staff(actor: Actor, provider_id: UUID) -> StaffProvider:
    actor.require(MANAGE_STAFF_SSO)
    found = StaffProvider.objects.select_for_update(no_key=True).filter(id=provider_id).first()
    if found is None:
        raise NotFound
    return found


def _record(actor: Actor, provider: Provider | StaffProvider, event: Happening, at: datetime) -> None:
    tenant_id: UUID | None = getattr(provider, "tenant_id", None)
    visibility = None if tenant_id else Visibility.OPERATOR
    record(actor, event, tenant_id=tenant_id, at=at, visibility=visibility)


def _checked(
    details: ProviderDetails, issuer: str, *, tenant_id: UUID | None, needs_secret: bool = False
) -> ProviderDetails:
    details = replace(
        details,
        name=clean_line(details.name, 120),
        client_id=details.client_id.strip(),
        client_secret=details.client_secret.strip(),
        domains=tuple(dict.fromkeys(clean_domain(text) for text in details.domains if text.strip())),
    )
    wrong = issuer_fault(issuer, http_allowed=lambda host: http_allowed(tenant_id, host))
    faults: dict[str, list[Text]] = {
        "name": [] if details.name else [_("A name is needed.")],
        "issuer": [_ISSUER_FAULTS[wrong]] if wrong else [],
        "client_id": _text_faults(details.client_id, 300, is_needed=True),
        "client_secret": _text_faults(details.client_secret, 1000, is_needed=needs_secret),
    }
    if found := {name: texts for name, texts in faults.items() if texts}:
        raise Invalid(fields=found)
    return details


_ISSUER_FAULTS: Final = {
    "address": _("Enter the provider's issuer, such as https://login.example.com/company."),
    "scheme": _("The address must begin with https://."),
}


def _text_faults(text: str, most: int, *, is_needed: bool) -> list[Text]:
    if is_needed and not text:
        return [_("This is needed; the provider shows it when the application is registered there.")]
    if len(text) > most or any(ord(c) < 32 or ord(c) == 127 for c in text):
        return [_("This is too long, or holds characters that cannot be sent.")]
    return []


def _check_own_domains(tenant_id: UUID, domains: Iterable[str]) -> None:
    verified = set(VerifiedDomain.objects.filter(tenant_id=tenant_id).values_list("domain", flat=True))
    if strangers := sorted(set(domains) - verified):
        names = ", ".join(strangers)
        raise Invalid(fields={"domains": [_("Not verified: %(names)s") % {"names": names}]})


def _check_staff_domains(domains: Iterable[str]) -> None:
    wrong = sorted(text for text in domains if not is_domain(text) or text in FREE_MAIL_DOMAINS)
    if wrong:
        names = ", ".join(wrong)[:200]
        raise Invalid(
            fields={"domains": [_("These are no mail domains of yours: %(names)s") % {"names": names}]}
        )
