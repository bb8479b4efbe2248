"""Who else sees and hears of a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS, Actor
from mainstay.core.errors import Forbidden, Invalid
from mainstay.core.prepared import insert
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.support.tickets.actions.recording import record_about
from mainstay.support.tickets.events import TicketShared, TicketUnshared
from mainstay.support.tickets.models import Follower, Ticket
from mainstay.support.tickets.queries import visible_ticket
from mainstay.support.tickets.rules import SEE_TICKETS, SHARE


def share_ticket(
    actor: Actor,
    ticket_id: UUID,
    *,
    member_id: UUID | None = None,
    with_everybody: bool = False,
    at: datetime,
) -> Ticket:
    """With one person of the customer, or with all of them."""
    actor.require(SHARE)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    if with_everybody:
        if ticket.is_shared_with_tenant:
            return ticket
        ticket.is_shared_with_tenant, ticket.updated_at = True, at
        ticket.save(update_fields=["is_shared_with_tenant", "updated_at"])
    else:
        member_id = _existing_member(ticket, member_id)
        _row, is_new = Follower.objects.get_or_create(
            tenant_id=ticket.tenant_id, ticket=ticket, member_id=member_id, defaults={"created_at": at}
        )
        if not is_new:
            return ticket
    record_about(
        actor,
        ticket,
        TicketShared(ticket_id=ticket.id, member_id=member_id, with_everybody=with_everybody),
        at=at,
    )
    return ticket


def unshare_ticket(
    actor: Actor,
    ticket_id: UUID,
    *,
    member_id: UUID | None = None,
    with_everybody: bool = False,
    at: datetime,
) -> Ticket:
    actor.require(SHARE)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    if with_everybody:
        changed = ticket.is_shared_with_tenant
        ticket.is_shared_with_tenant, ticket.updated_at = False, at
        ticket.save(update_fields=["is_shared_with_tenant", "updated_at"])
    elif member_id is not None:
        gone, _kinds = Follower.objects.filter(
            tenant_id=ticket.tenant_id, ticket_id=ticket.id, member_id=member_id
        ).delete()
        changed = bool(gone)
    else:
        raise Invalid(fields={"member": [_("Say who.")]})
    if changed:
        record_about(
            actor,
            ticket,
            TicketUnshared(ticket_id=ticket.id, member_id=member_id, with_everybody=with_everybody),
            at=at,
        )
    return ticket


def watch_ticket(actor: Actor, ticket_id: UUID, *, at: datetime) -> None:
    """A staff member follows along."""
    actor.require(SEE_TICKETS)
    if actor.staff_id is None:
        raise Forbidden
    ticket = visible_ticket(actor, ticket_id)
    Follower.objects.get_or_create(
        tenant_id=ticket.tenant_id, ticket=ticket, staff_id=actor.staff_id, defaults={"created_at": at}
    )


def unfollow_ticket(actor: Actor, ticket_id: UUID) -> None:
    """Leave; the person who opened a ticket cannot."""
    if actor.staff_id is None and actor.member_id is None:
        raise Forbidden  # a key follows nothing, and "nobody's" would be everybody's on the other side
    ticket = visible_ticket(actor, ticket_id)
    mine = Q(staff_id=actor.staff_id) if actor.is_staff else Q(member_id=actor.member_id)
    Follower.objects.filter(mine, tenant_id=ticket.tenant_id, ticket_id=ticket.id).delete()


def follow_as_managers(
    tenant_id: UUID, ticket_id: UUID, *, besides: Iterable[UUID] = (), at: datetime
) -> None:
    """The customer's owner and administrators read along from here on."""
    managers = Member.objects.filter(
        tenant_id=tenant_id, role__in=sorted(TENANT_MANAGERS), state=MemberState.ACTIVE
    )
    insert(
        [
            Follower(tenant_id=tenant_id, ticket_id=ticket_id, member_id=member_id, created_at=at)
            for member_id in sorted({*managers.values_list("id", flat=True), *besides})
        ],
        skip_conflicts=True,
    )


def _existing_member(ticket: Ticket, member_id: UUID | None) -> UUID:
    people = Member.objects.filter(tenant_id=ticket.tenant_id).exclude(state=MemberState.SUSPENDED)
    role = people.filter(id=member_id).values_list("role", flat=True).first() if member_id else None
    if member_id is None or role is None:
        raise Invalid(fields={"member": [_("There is no such person at this customer.")]})
    if role in PORTAL_ROLES:
        # They never see a ticket but their own; as followers its mails would tell them what no page does.
        raise Invalid(
            fields={"member": [_("People of the customer's own portal see their own tickets only.")]}
        )
    return member_id
