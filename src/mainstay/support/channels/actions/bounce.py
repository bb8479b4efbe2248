"""Mails of ours that came back."""

from __future__ import annotations

from datetime import datetime

from mainstay.core.actor import system_actor
from mainstay.core.events.actions import record
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.post import delivery_of, message_domain
from mainstay.support.channels.events import MailBounced
from mainstay.support.channels.mime.bounces import Bounce, parse_bounce
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.tokens import read_message_id
from mainstay.support.channels.models import InboundMail


def note_bounces(mail: ParsedMail, row: InboundMail, *, at: datetime) -> list[Bounce]:
    """On the tickets whose mails came back. Returns the bounces that answer a mail we really sent to that
    address: a made-up one must not silence anybody, nor one of an address that ours was forwarded to."""
    genuine = []
    noted = set()
    for bounce in parse_bounce(mail):
        delivery = _delivery(bounce)
        if delivery is None:
            continue
        if delivery.email == bounce.recipient.lower():
            genuine.append(bounce)
        if delivery.ticket_id and delivery.tenant_id and delivery.id not in noted:
            noted.add(delivery.id)
            record(
                system_actor(name="mail"),
                MailBounced(
                    ticket_id=delivery.ticket_id,
                    mail_id=row.id,
                    status=bounce.status or "",
                    is_permanent=bounce.is_permanent,
                ),
                tenant_id=delivery.tenant_id,
                at=at,
            )
    return genuine


def _delivery(bounce: Bounce) -> Delivery | None:
    own = read_message_id(bounce.original_message_id or "", [message_domain()])
    delivery_id = delivery_of(own.delivery) if own else None
    return Delivery.objects.filter(id=delivery_id).first() if delivery_id else None
