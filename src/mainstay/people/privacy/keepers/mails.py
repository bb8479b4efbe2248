"""What was written to the person, and what they were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from django.db.models import Q, QuerySet

from mainstay.core.events.types import Visibility
from mainstay.core.storage.files import NewFile
from mainstay.people.messages.models import Delivery, Notice, StaffNotice, Suppression
from mainstay.people.messages.notices import erase_notices_of, members
from mainstay.people.messages.rules import DeliveryState
from mainstay.people.privacy.ports import Erased, Look, Part, Person, Rows
from mainstay.people.privacy.rules import Fate, Wording, erased_address
from mainstay.people.privacy.walking import Search, once, staged
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member


class MailKeeper:
    name = "mails"
    columns: Mapping[str, Fate] = {
        "delivery.email": Fate.REPLACED,
        "delivery.name": Fate.CLEARED,
        "delivery.subject": Fate.CLEARED,
        "delivery.text": Fate.CLEARED,
        "delivery.html": Fate.CLEARED,
        "delivery.headers": Fate.CLEARED,
        "delivery.attachments": Fate.CLEARED,
        "delivery.error": Fate.CLEARED,
        "suppression.email": Fate.ROW_REMOVED,
        "suppression.detail": Fate.ROW_REMOVED,
        "notice.params": Fate.REPLACED,
        "notice.link": Fate.REPLACED,
        "notice_choices.choices": Fate.ROW_REMOVED,
        "staff_notice.params": Fate.REPLACED,
        "staff_notice.link": Fate.REPLACED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        mails = _mails(person).filter(is_secret=False).order_by("created_at")
        if person.by_operator:
            mails = mails.exclude(visibility=Visibility.TENANT)
        yield Rows("mails_to_me", list(mails.values("created_at", "sent_at", "kind", "subject", "text")))
        if person.by_operator:
            return  # what somebody is told inside is theirs and their customer's
        told = Notice.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
        yield Rows(
            "notices", list(told.order_by("created_at").values("created_at", "kind", "params", "read_at"))
        )

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """What they got; then what others got that names them, as the outbox and the inboxes keep it."""
        search, here = Search(person), Q(tenant_id=person.tenant_id)
        if person.is_proven:
            here |= Q(tenant_id=None)
        told = Notice.objects.filter(tenant_id=person.tenant_id)
        said = ("name", "subject", "text", "html", "headers", "attachments", "error")
        return staged(
            after,
            [
                once(partial(_erase_own, person)),
                partial(search.walk, Delivery.objects.filter(here), said),
                partial(search.walk, told, ("params", "link")),
                partial(search.walk, StaffNotice.objects.filter(here), ("params", "link")),
            ],
        )

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        return False


def _erase_own(person: Person) -> Erased:
    address, mails = erased_address(person.member_id), _mails(person)
    mails.filter(state=DeliveryState.QUEUED).update(state=DeliveryState.SUPPRESSED)
    changed = mails.exclude(email=address).update(
        email=address, name="", subject="", text="", html="", headers={}, attachments=[], error="", next_at=None
    )  # fmt: skip
    changed += sum(erase_notices_of(one) for one in members(person.member_id))
    if not Member.objects.filter(email=person.email).exclude(id=person.member_id).exists():
        changed += Suppression.objects.filter(email=person.email).delete()[0]
    return Erased(changed)


def _mails(person: Person) -> QuerySet[Delivery]:
    """Mails about nobody's customer (links to sign in) name no tenant; those of an address that others have too are
    theirs as well. Of an address of the staff's, mails about this customer are the staff's."""
    here = Q(tenant_id=person.tenant_id)
    own = here & Q(person_id=person.member_id)
    if not Staff.objects.filter(email=person.email).exists():
        own |= here & Q(email=person.email)
    return Delivery.objects.filter(own | Q(tenant_id=None, email=person.email) if person.is_proven else own)
