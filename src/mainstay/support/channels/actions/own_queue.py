"""Mails about a customer's own queue: to its managers when one of its portal users asks, and to who asked when
the customer passes it on.

Later handlers: called with a batch of one customer's events, inside a scope bound to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mainstay.core.events.types import Fact
from mainstay.people.messages.actions import queue_mail
from mainstay.people.messages.notices import members, who_wants_mail
from mainstay.people.tenants.rules import MemberState
from mainstay.support.channels.actions.answer import managers_of
from mainstay.support.channels.actions.letters import (
    latest,
    letter,
    load,
    load_with_messages,
    member_recipient,
)
from mainstay.support.tickets.notices import OWN_QUEUE
from mainstay.support.tickets.rules import Audience


def tell_managers(facts: Sequence[Fact]) -> None:
    """Of what their portal users ask: to answer it themselves, or, of a platform issue, to know of it."""
    wanted = [
        fact
        for fact in facts
        if fact.data["audience"] == Audience.TENANT or fact.data.get("is_platform_issue")
        if not fact.data.get("is_automatic")
    ]
    if not wanted:
        return
    batch = load_with_messages(wanted)
    managers = {tenant_id: managers_of(tenant_id) for tenant_id in {f.tenant_id for f in wanted} if tenant_id}
    by_mail = who_wants_mail(OWN_QUEUE.key, members(*(one.id for some in managers.values() for one in some)))
    mails = []
    for fact in wanted:
        ticket, message = batch.tickets.get(fact.subject_id), batch.messages.get(fact.id("message_id"))
        if ticket is None or message is None:
            continue
        for manager in [one for one in managers[ticket.tenant_id] if one.id in by_mail]:
            more = {
                "message": message,
                "is_ours": ticket.audience == Audience.TENANT,
                "asked_by": ticket.requester,
            }
            mails.append(letter("asked", fact, ticket, member_recipient(manager), batch, more))
    queue_mail(mails, at=latest(facts))


def tell_requester(facts: Sequence[Fact]) -> None:
    """In plain words: others look at it now, and nothing changes for who asked."""
    batch = load(facts)
    mails = []
    for fact in facts:
        ticket = batch.tickets.get(fact.subject_id)
        if ticket is None or ticket.requester.state == MemberState.SUSPENDED:
            continue
        mails.append(letter("escalated", fact, ticket, member_recipient(ticket.requester), batch, {}))
    queue_mail(mails, at=latest(facts))
