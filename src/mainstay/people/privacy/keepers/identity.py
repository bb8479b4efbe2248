"""Who the person is. Goes last: until then an erasure that was interrupted can be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from mainstay.core.events.models import Event, Handled
from mainstay.core.events.types import Visibility
from mainstay.core.storage.files import NewFile
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.ports import Erased, Look, Part, Person, Rows
from mainstay.people.privacy.rules import Fate, RequestKind, Wording, erased_address, redacted
from mainstay.people.privacy.walking import Search, write_changed
from mainstay.people.tenants.models import Member, Tenant, TenantContact

_PROFILE: Final = (
    "email", "name", "role", "state", "language", "zone", "phone", "title", "joined_at", "created_at"
)  # fmt: skip


class IdentityKeeper:
    name = "identity"
    columns: Mapping[str, Fate] = {
        "member.email": Fate.REPLACED,
        "member.name": Fate.REPLACED,
        "member.phone": Fate.CLEARED,
        "member.title": Fate.CLEARED,
        "member.language": Fate.CLEARED,
        "member.zone": Fate.CLEARED,
        "tenant.branding": Fate.CLEARED,
        "tenant.attributes": Fate.REPLACED,
        "privacy_request.email": Fate.CLEARED,
        "privacy_request.name": Fate.CLEARED,
        "privacy_request.storage_key": Fate.CLEARED,
        "event_handled.error": Fate.REPLACED,
        "event.ip": Fate.KEPT,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        profile = Member.objects.filter(id=person.member_id, tenant_id=person.tenant_id).values(*_PROFILE)
        contact_for = TenantContact.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
        yield Rows("profile", list(profile))
        yield Rows("contact_for", list(contact_for.values("purpose")))
        did = Event.objects.filter(tenant_id=person.tenant_id, actor_id=person.member_id).order_by("n")
        if person.by_operator:
            did = did.exclude(visibility=Visibility.TENANT)
        yield Rows("log", list(did.values("at", "name", "subject_kind", "subject_id", "door", "ip")))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """Last of all: until here an erasure that was interrupted finds the person."""
        here = {"tenant_id": person.tenant_id}
        search, keys = Search(person), _exports(person)
        TenantContact.objects.filter(**here, member_id=person.member_id).delete()
        count = _clean_tenant(search, person)
        count += search.clean(Handled.objects.exclude(error=""), ("error",))
        count += _replace_member(person)
        return Erased(count, keys)

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        return False


def _exports(person: Person) -> tuple[str, ...]:
    """What was put together for them goes too; that it was asked for stays."""
    found = PrivacyRequest.objects.filter(
        tenant_id=person.tenant_id, member_id=person.member_id, kind=RequestKind.EXPORT
    )
    keys = tuple(filter(None, found.values_list("storage_key", flat=True)))
    found.update(storage_key="", size=0, expires_at=None, email="", name="", error="")
    return keys


def _clean_tenant(search: Search, person: Person) -> int:
    """Where the customer named the person as the one whom its own portal's users turn to, it names nobody."""
    tenant = Tenant.objects.get(id=person.tenant_id)
    branding = tenant.branding
    if redacted(branding, search.redact) != branding:
        branding = {
            key: "" if isinstance(value, str) and search.redact(value) != value else value
            for key, value in branding.items()
        }
    columns = {"branding": branding, "attributes": redacted(tenant.attributes, search.redact)}
    return write_changed(tenant, columns)


def _replace_member(person: Person) -> int:
    member = Member.objects.select_related("tenant").get(id=person.member_id, tenant_id=person.tenant_id)
    with translation.override(member.tenant.language):
        name = _("Erased person")
    columns = {"email": erased_address(member.id), "name": name}
    return write_changed(member, columns | dict.fromkeys(("phone", "title", "language", "zone"), ""))
