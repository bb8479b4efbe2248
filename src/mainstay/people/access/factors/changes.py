"""Setting up and removing second factors: plumbing and its event in one transaction, then a mail to the person.

Called inside the scope of the person's seat (or, to reset somebody's, of whoever may do that).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, Origin
from mainstay.core.errors import Conflict, Forbidden, NotFound
from mainstay.core.events.actions import record
from mainstay.core.house.current import house
from mainstay.core.wall.scope import as_door
from mainstay.people.access.events import (
    CodesRenewed,
    FactorAdded,
    FactorDemanded,
    FactorRemoved,
    FactorsReset,
)
from mainstay.people.access.factors import codes, passkeys, totp
from mainstay.people.access.factors.rules import DEMAND_FACTOR, RESET_FACTORS, SECOND, Factor
from mainstay.people.access.models import Membership, User
from mainstay.people.access.open_sessions import end_sessions
from mainstay.people.access.telling import mail_change, record_everywhere
from mainstay.people.staff.queries import visible_staff
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.queries import visible_members, visible_tenant
from mainstay.people.tenants.rules import may_grant


def add_app(
    actor: Actor, user: User, *, secret: str, code: str, keep_session: str | None, at: datetime
) -> list[str]:
    """Recovery codes to show, if these are the first."""
    return _add(actor, user, Factor.TOTP, keep_session, at, lambda: totp.activate(user, secret, code, at=at))


def add_passkey(
    actor: Actor, user: User, *, name: str, answer: str, keep_session: str | None, at: datetime
) -> list[str]:
    """Recovery codes to show, if these are the first."""
    add = lambda: passkeys.add_passkey(user, name, answer, at=at)  # noqa: E731
    return _add(actor, user, Factor.PASSKEY, keep_session, at, add)


def _add(
    actor: Actor, user: User, factor: Factor, keep_session: str | None, at: datetime, add: Callable[[], Any]
) -> list[str]:
    person_id = _self(actor, user)
    with as_door():
        add()
        has_codes = Authenticator.objects.filter(user_id=user.pk, type=Factor.CODES).exists()
        shown = [] if has_codes else codes.new_codes(user, at=at)
        end_sessions(user.pk, keep=keep_session)
    record(actor, FactorAdded(person_id=person_id, factor=factor), tenant_id=actor.tenant_id, at=at)
    mail_change(user, f"{factor}_added")
    return shown


def remove_factor(
    actor: Actor, user: User, authenticator_id: int, *, keep_session: str | None, at: datetime
) -> None:
    """The last one takes the recovery codes with it."""
    person_id = _self(actor, user)
    with as_door():
        found = Authenticator.objects.filter(pk=authenticator_id, user_id=user.pk, type__in=SECOND).first()
        if found is None:
            raise NotFound
        found.delete()
        if not Authenticator.objects.filter(user_id=user.pk, type__in=SECOND).exists():
            Authenticator.objects.filter(user_id=user.pk).delete()
        end_sessions(user.pk, keep=keep_session)
    record(actor, FactorRemoved(person_id=person_id, factor=found.type), tenant_id=actor.tenant_id, at=at)
    mail_change(user, f"{found.type}_removed")


def rename_passkey(actor: Actor, user: User, passkey_id: int, name: str) -> None:
    _self(actor, user)
    with as_door():
        try:
            passkeys.rename_passkey(user, passkey_id, name)
        except Authenticator.DoesNotExist:
            raise NotFound from None


def renew_codes(actor: Actor, user: User, *, at: datetime) -> list[str]:
    person_id = _self(actor, user)
    with as_door():
        if not Authenticator.objects.filter(user_id=user.pk, type__in=SECOND).exists():
            raise Conflict(
                _("Recovery codes come with an authenticator app or a passkey; set one of them up first.")
            )
        shown = codes.new_codes(user, at=at)
    record(actor, CodesRenewed(person_id=person_id), tenant_id=actor.tenant_id, at=at)
    mail_change(user, "codes_renewed")
    return shown


def _self(actor: Actor, user: User) -> UUID:
    """Factors are one's own: the person on the seat is the user."""
    if actor.person_id is None or (actor.member_id is None and actor.staff_id is None):
        raise Forbidden
    with as_door():
        mine = Membership.objects.filter(user_id=user.pk)
        side = {"member_id": actor.member_id} if actor.member_id else {"staff_id": actor.staff_id}
        if not mine.filter(**side).exists():
            raise Forbidden
    return actor.person_id


def reset_factors(actor: Actor, person_id: UUID, *, at: datetime) -> int:
    """For somebody who lost theirs. The person is told, and signed out everywhere."""
    actor.require(RESET_FACTORS)
    if person_id == actor.person_id:
        raise Conflict(_("Your own are changed on the page about your sign-in."))
    side, tenant_id = _person(actor, person_id)
    with as_door():
        membership = Membership.objects.select_related("user").filter(**side).first()
        if membership is None:
            raise NotFound
        user = membership.user
        if actor.is_tenant_side and _sits_elsewhere(user, tenant_id):
            # Their factors guard other organisations, too.
            raise Conflict(
                gettext("Only %(operator)s can reset this person's second factors.")
                % {"operator": house().operator_name}
            )
        gone = Authenticator.objects.filter(user_id=user.pk)
        count: int = gone.filter(type__in=SECOND).count()
        gone.delete()
        if count:
            end_sessions(user.pk)
    if count:
        record(actor, FactorsReset(person_id=person_id, count=count), tenant_id=tenant_id, at=at)
        mail_change(user, "factors_reset")
    return count


def reset_for_machine(user: User, origin: Origin, *, at: datetime) -> int:
    """By the command line, outside any scope."""
    with transaction.atomic():
        gone = Authenticator.objects.filter(user_id=user.pk)
        count: int = gone.filter(type__in=SECOND).count()
        gone.delete()
        end_sessions(user.pk)
    if count:
        record_everywhere(
            user, lambda person_id: FactorsReset(person_id=person_id, count=count), origin, at=at
        )
        mail_change(user, "factors_reset")
    return count


def has_factors(actor: Actor, person_id: UUID) -> bool:
    """Whether there is anything to reset; to whoever may do it."""
    if not actor.may(RESET_FACTORS):
        return False
    side, _tenant_id = _person(actor, person_id)
    with as_door():
        users = Membership.objects.filter(**side).values("user_id")
        return bool(Authenticator.objects.filter(user_id__in=users, type__in=SECOND).exists())


def covered_people(actor: Actor, tenant_id: UUID) -> tuple[int, int]:
    """How many of the customer's people with an account have a second factor, and how many there are."""
    actor.require(DEMAND_FACTOR)
    tenant = visible_tenant(actor, tenant_id)
    with as_door():
        users = set(Membership.objects.filter(tenant_id=tenant.id).values_list("user_id", flat=True))
        having = Authenticator.objects.filter(user_id__in=users, type__in=SECOND).values("user_id")
        return having.distinct().count(), len(users)


def _person(actor: Actor, person_id: UUID) -> tuple[dict[str, UUID], UUID | None]:
    """Which seat it is, and whose; only of those the actor sees and could put in that place."""
    member = visible_members(actor).filter(id=person_id).first()
    if member is not None:
        if not may_grant(actor.roles, member.role):
            raise Forbidden(_("Only an owner can change an owner."))
        return {"member_id": member.id}, member.tenant_id
    if actor.is_staff and visible_staff(actor).filter(id=person_id).exists():
        return {"staff_id": person_id}, None
    raise NotFound


def _sits_elsewhere(user: User, tenant_id: UUID | None) -> bool:
    return Membership.objects.filter(user_id=user.pk).exclude(tenant_id=tenant_id).exists()


def demand_factor(actor: Actor, tenant_id: UUID, *, is_demanded: bool, at: datetime) -> None:
    """Of everybody at the customer. Whoever has none sets one up before anything else."""
    actor.require(DEMAND_FACTOR)
    tenant = visible_tenant(actor, tenant_id)
    Tenant.objects.select_for_update(no_key=True).values_list("id").get(id=tenant.id)
    if tenant.requires_second_factor == is_demanded:
        return
    Tenant.objects.filter(id=tenant.id).update(requires_second_factor=is_demanded)
    event = FactorDemanded(tenant_id=tenant.id, is_demanded=is_demanded)
    record(actor, event, tenant_id=tenant.id, at=at)
