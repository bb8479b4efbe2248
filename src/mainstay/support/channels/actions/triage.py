"""What a person decides about mails that nobody could place. The decision is noted; the intake carries it out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.actions import record
from mainstay.people.tenants.models import Tenant
from mainstay.support.channels.events import MailAssigned, MailDiscarded, MailReleased
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.rules import CAN_BE_ASSIGNED, TRIAGE_INBOUND, WAITING_FOR_A_PERSON, MailState


def assign_mail(actor: Actor, mail_id: UUID, tenant_id: UUID, *, at: datetime) -> InboundMail:
    """To this customer; the ticket opens with the mail's arrival time within moments."""
    row = _locked(actor, mail_id)
    if row.state not in CAN_BE_ASSIGNED:
        raise Conflict(_("This mail has already found its place."))
    if not row.from_email:
        raise Conflict(_("This mail names no sender, so no ticket can be opened for anybody."))
    if not RawMail.objects.filter(id=row.id).exists():
        raise Conflict(_("The mail itself is no longer kept, so no ticket can be opened from it."))
    if not Tenant.objects.filter(id=tenant_id).exists():
        raise Invalid(fields={"tenant": [_("There is no such customer.")]})
    row.assigned_tenant_id, row.is_released = tenant_id, True
    _hand_back(row, actor, at)
    record(actor, MailAssigned(mail_id=row.id, to_tenant_id=tenant_id), tenant_id=tenant_id, at=at)
    return row


def release_mail(actor: Actor, mail_id: UUID, *, at: datetime) -> InboundMail:
    """Let in what a cap or a failed check held back, or what was quarantined; its place is found as usual."""
    row = _locked(actor, mail_id)
    if row.state not in WAITING_FOR_A_PERSON:
        raise Conflict(_("This mail is not being held."))
    row.is_released = True
    _hand_back(row, actor, at)
    record(actor, MailReleased(mail_id=row.id), tenant_id=None, at=at)
    return row


def discard_mail(actor: Actor, mail_id: UUID, *, at: datetime) -> InboundMail:
    """Not ours, or spam. It is kept as long as any other mail, and can be taken back."""
    row = _locked(actor, mail_id)
    if row.state not in WAITING_FOR_A_PERSON:
        raise Conflict(_("This mail has already found its place."))
    row.state, row.decided_by, row.decided_at, row.next_at = MailState.DISCARDED, actor.person_id, at, None
    row.save(update_fields=["state", "decided_by", "decided_at", "next_at"])
    record(actor, MailDiscarded(mail_id=row.id), tenant_id=None, at=at)
    return row


def restore_mail(actor: Actor, mail_id: UUID, *, at: datetime) -> InboundMail:
    """Undo of discarding."""
    row = _locked(actor, mail_id)
    if row.state != MailState.DISCARDED:
        raise Conflict(_("This mail was not discarded."))
    row.state, row.decided_by, row.decided_at = MailState.TRIAGE, actor.person_id, at
    row.save(update_fields=["state", "decided_by", "decided_at"])
    record(actor, MailReleased(mail_id=row.id), tenant_id=None, at=at)
    return row


def _locked(actor: Actor, mail_id: UUID) -> InboundMail:
    actor.require(TRIAGE_INBOUND)
    if not actor.is_staff:
        raise Forbidden
    row = InboundMail.objects.select_for_update().filter(id=mail_id).first()
    if row is None:
        raise NotFound
    return row


def _hand_back(row: InboundMail, actor: Actor, at: datetime) -> None:
    row.state, row.next_at, row.attempts = MailState.RECEIVED, at, 0
    row.decided_by, row.decided_at = actor.person_id, at
    row.save(
        update_fields=[
            "state",
            "next_at",
            "attempts",
            "decided_by",
            "decided_at",
            "assigned_tenant_id",
            "is_released",
        ]
    )
