from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.events.types import Visibility
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.rules import SEE_OUTBOX


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    if actor.is_system:
        return Delivery.objects.all()
    if not (actor.is_staff and actor.may(SEE_OUTBOX)):
        return Delivery.objects.none()
    return Delivery.objects.exclude(visibility=Visibility.TENANT)


def visible_delivery(actor: Actor, delivery_id: UUID) -> Delivery:
    row = visible_deliveries(actor).filter(id=delivery_id).select_related("tenant").first()
    if row is None:
        raise NotFound
    return row
