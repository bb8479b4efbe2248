"""From what a provider asserts to the one seat it opens, or to the reason why it opens none.

The provider's subject alone matches. A first link is made by an invitation that was accepted through the provider,
by a verified address of a verified domain, or by the person from their own account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection

from mainstay.core.actor import Actor
from mainstay.core.errors import Problem
from mainstay.people.access.attempts import pay
from mainstay.people.access.models import Membership
from mainstay.people.access.providers.rules import (
    REFUSED_RATE,
    Asserted,
    Decision,
    Fault,
    KnownPerson,
    SsoFault,
    Step,
    decide,
)
from mainstay.people.access.providers.sides import Side


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a sign-in would come to, for the page that tries a provider out."""

    step: Step
    fault: Fault | None
    domains: tuple[str, ...]


def enter(side: Side, provider_id: UUID, asserted: Asserted, *, at: datetime) -> Membership:
    with side.open() as actor:
        provider = _enabled(side, provider_id)
        decision = _decision(side, provider, asserted)
        if decision.step in (Step.LINK, Step.CREATE):
            _first_ones_in_turn(side)
            decision = _decision(side, provider, asserted)
        if decision.fault is not None:
            raise SsoFault(decision.fault)
        person = _carry_out(side, actor, provider, asserted, decision, at=at)
        side.note_use(provider, asserted.subject, at=at)
    return side.membership(person.id, at=at)


def accept(
    side: Side, provider_id: UUID, asserted: Asserted, *, member_id: UUID, invitation_id: UUID, at: datetime
) -> Membership:
    """The invitation was opened by its secret link before the provider was asked."""
    with side.open():
        provider = _enabled(side, provider_id)
        _first_ones_in_turn(side)
        person = _known(side, provider, member_id)
        try:
            side.accept(person, invitation_id, at=at, name=asserted.name)
        except Problem as problem:
            raise SsoFault(Fault.INVITATION_GONE) from problem
        _link(side, provider, person, asserted.subject, by="invitation", at=at)
        side.note_use(provider, asserted.subject, at=at)
    return side.membership(member_id, at=at)


def link_self(side: Side, provider_id: UUID, asserted: Asserted, *, person_id: UUID, at: datetime) -> bool:
    """By the person, who sits on this seat at this moment. False: they were linked already."""
    with side.open():
        provider = _enabled(side, provider_id)
        _first_ones_in_turn(side)
        person = _known(side, provider, person_id)
        return _link(side, provider, person, asserted.subject, by="self", at=at)


def outlook(side: Side, provider_id: UUID, asserted: Asserted) -> Outlook:
    """Changes nothing, and asks nothing of whether the provider is switched on."""
    with side.open():
        provider = side.provider(provider_id)
        if provider is None:
            raise SsoFault(Fault.DISABLED)
        decision = _decision(side, provider, asserted)
        domains = tuple(sorted(side.domains(provider)))
    return Outlook(decision.step, decision.fault, domains)


def note_outcome(
    side: Side, provider_id: UUID, fault: SsoFault | None, *, at: datetime, is_trial: bool = False
) -> None:
    """For who manages the provider: how the latest attempt went; refusals also go into the audit log."""
    # Anybody can begin a sign-in and let it fail: the log of the provider's side is not theirs to fill.
    is_told = fault is not None and not is_trial and not pay(REFUSED_RATE, str(provider_id), at=at)
    with side.open() as actor:
        provider = side.provider(provider_id, lock=True)
        if provider is None:
            return
        provider.tried_at = at
        provider.tried_fault = fault.fault if fault else ""
        provider.tried_detail = fault.detail[:300] if fault else ""
        provider.save(update_fields=["tried_at", "tried_fault", "tried_detail"])
        if fault is not None and is_told:
            side.record_refused(actor, provider, fault.fault, at=at)


def _enabled(side: Side, provider_id: UUID) -> Any:
    """Asked again after the provider has answered: it may have been switched off meanwhile."""
    provider = side.provider(provider_id)
    if provider is None or not provider.is_enabled:
        raise SsoFault(Fault.DISABLED)
    return provider


def _decision(side: Side, provider: Any, asserted: Asserted) -> Decision:
    return decide(
        asserted,
        linked=side.linked(provider, asserted.subject),
        by_email=side.by_email(provider, asserted.email) if asserted.email else None,
        domains=side.domains(provider),
        creates=side.creates(provider),
    )


def _carry_out(
    side: Side, actor: Actor, provider: Any, asserted: Asserted, decision: Decision, *, at: datetime
) -> KnownPerson:
    person, subject = decision.person, asserted.subject
    if decision.step is Step.CREATE:
        person = side.create(actor, asserted, at=at)
        side.join(person, at=at, name=asserted.name)
        _link(side, provider, person, subject, by="created", at=at)
    assert person is not None, "only refusals name nobody"
    if decision.step is Step.LINK:
        side.join(person, at=at, name=asserted.name)
        _link(side, provider, person, subject, by="email", at=at)
    return person


def _known(side: Side, provider: Any, person_id: UUID) -> KnownPerson:
    person = side.by_id(provider, person_id)
    if person is None or not person.is_open:
        raise SsoFault(Fault.SUSPENDED)
    return person


def _link(side: Side, provider: Any, person: KnownPerson, subject: str, *, by: str, at: datetime) -> bool:
    linked = side.linked(provider, subject)
    if linked is not None and linked.id != person.id:
        raise SsoFault(Fault.SUBJECT_TAKEN)
    if linked is not None:
        return False
    if side.has_link(provider, person.id):
        raise SsoFault(Fault.LINKED_OTHERWISE)
    try:
        side.link(provider, person, subject, by=by, at=at)
    except IntegrityError as error:  # two accounts of the provider at the same moment, for one person
        raise SsoFault(Fault.LINKED_OTHERWISE) from error
    return True


def _first_ones_in_turn(side: Side) -> None:
    """Of one side. Two first sign-ins at once, of one person or under one address, would make the link, or the
    person, twice; what the second one finds has to be looked at behind the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mainstay.sso {side.name}"])
