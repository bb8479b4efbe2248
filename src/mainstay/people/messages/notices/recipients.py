"""Who a notice goes to, by purpose and by role."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from mainstay.core.actor import TENANT_MANAGERS, Role
from mainstay.core.prepared import prepared_cursor
from mainstay.people.messages.notices.kinds import kind_of
from mainstay.people.messages.notices.telling import Recipient, notify
from mainstay.people.messages.rules import Channel
from mainstay.people.tenants.models import Member, Tenant, TenantContact
from mainstay.people.tenants.rules import CONTACT_PURPOSES, MemberRole, MemberState

ADMINS: Final = "admins"
PURPOSES: Final = frozenset({*CONTACT_PURPOSES, ADMINS, *MemberRole})


def members(*member_ids: UUID | None) -> list[Recipient]:
    return [Recipient(one) for one in dict.fromkeys(member_ids) if one is not None]


def colleagues(*staff_ids: UUID | None) -> list[Recipient]:
    return [Recipient(one, is_staff=True) for one in dict.fromkeys(staff_ids) if one is not None]


def staff_with_role(*roles: Role | str) -> list[Recipient]:
    """Everybody active with one of the roles; also asked from a customer's scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT staff_id FROM notice_staff(%s)", [[str(role) for role in roles]])
        return colleagues(*(row[0] for row in cursor.fetchall()))


def staff_who_want(kind: str) -> list[Recipient]:
    """Of those who can get it, whoever has it not off; one question, for kinds that few ask for."""
    declared = kind_of(kind)
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT person_id, choices ->> %s "
            "FROM notice_people('{}', ARRAY(SELECT staff_id FROM notice_staff(%s)))",
            [kind, sorted(str(role) for role in declared.roles)],
        )
        rows = cursor.fetchall()
    return colleagues(*(person_id for person_id, chosen in rows if declared.channel(chosen) != Channel.OFF))


def recipients_of(tenant_id: UUID, purpose: str) -> list[Recipient]:
    """`primary`, `billing`, `technical` (where nobody is named: the owner), `admins` (with the owner), or a role."""
    if purpose not in PURPOSES:
        raise LookupError(f"nobody is written to for the purpose {purpose}")
    people = Member.objects.filter(tenant_id=tenant_id).exclude(state=MemberState.SUSPENDED)
    if purpose == ADMINS:
        found = people.filter(role__in=sorted(TENANT_MANAGERS))
    elif purpose in CONTACT_PURPOSES:
        named = TenantContact.objects.filter(tenant_id=tenant_id, purpose=purpose)
        found = people.filter(id__in=named.values("member_id"))
        if not found.exists():
            found = people.filter(role=Role.OWNER)
    else:
        found = people.filter(role=purpose)
    return members(*found.order_by("created_at", "id").values_list("id", flat=True))


def notify_customer(
    tenant_id: UUID,
    purpose: str,
    *,
    kind: str,
    subject: tuple[str, UUID] | None,
    params: Mapping[str, str],
    link: str,
    cause: int | None,
    at: datetime,
) -> bool:
    """Whoever stands for the purpose. Where nobody does, the operator's people hear that the customer did not;
    False then."""
    people = recipients_of(tenant_id, purpose)
    if people:
        notify(
            people,
            kind=kind,
            subject=subject,
            params=params,
            tenant_id=tenant_id,
            link=link,
            cause=cause,
            at=at,
        )
        return True
    tenant = Tenant.objects.only("name", "csm_id").get(id=tenant_id)
    notify(
        [*colleagues(tenant.csm_id), *staff_with_role(Role.ADMIN, Role.CS_MANAGER)],
        kind="customer.unreachable",
        subject=("tenant", tenant_id),
        params={"customer": tenant.name, "purpose": purpose},
        tenant_id=tenant_id,
        link=f"/desk/customers/{tenant_id}",
        cause=cause,
        at=at,
    )
    return False
