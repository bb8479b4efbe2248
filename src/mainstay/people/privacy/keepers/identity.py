"""Who the person is. Goes last: until then an erasure that was interrupted can be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from mainstay.core.events.models import Event
from mainstay.people.privacy.ports import Erased, Part, Person, Rows
from mainstay.people.privacy.rules import Fate, Wording, erased_address
from mainstay.people.tenants.models import Member, TenantContact

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
        "event.ip": Fate.KEPT,
        "event.data": Fate.KEPT,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        profile = Member.objects.filter(id=person.member_id, tenant_id=person.tenant_id).values(*_PROFILE)
        contact_for = TenantContact.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
        yield Rows("profile", list(profile))
        yield Rows("contact_for", list(contact_for.values("purpose")))
        did = Event.objects.filter(tenant_id=person.tenant_id, actor_id=person.member_id).order_by("n")
        yield Rows("log", list(did.values("at", "name", "subject_kind", "subject_id", "door", "ip")))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        TenantContact.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id).delete()
        member = Member.objects.select_related("tenant").filter(id=person.member_id).first()
        if member is None or member.email == erased_address(member.id):
            return Erased(0)
        with translation.override(member.tenant.language):
            member.name = _("Erased person")
        member.email = erased_address(member.id)
        member.phone = member.title = member.language = member.zone = ""
        member.save()
        return Erased(1)
