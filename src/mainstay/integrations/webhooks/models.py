"""Endpoints that want to hear of events, and every delivery to them: queue and log at once."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mainstay.core.ids import new_id
from mainstay.core.secrets import SealedField
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import tenant_wall
from mainstay.core.wall.models import one_of
from mainstay.integrations.webhooks.rules import DeliveryState, EndpointState

# Staff never come to see a customer's endpoints and what they answered, nor customers the operator's.
_WALL = tenant_wall(
    tenant="select, insert, update, delete", staff_where="tenant_id IS NULL", tenant_optional=True
)


class Endpoint(models.Model):
    """`tenant` null: the operator's, which hears of all customers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    url = models.TextField()
    description = models.CharField(max_length=200, blank=True)
    event_names = ArrayField(models.CharField(max_length=80), default=list)
    """Empty: all."""
    state = models.CharField(max_length=10, default=EndpointState.ACTIVE.value)
    secret = SealedField()
    old_secret = SealedField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    listens_since = models.DateTimeField()
    """Older events are not collected."""
    created_at = models.DateTimeField()
    last_success_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    """The first failure after the last success."""
    failures = models.SmallIntegerField(default=0)
    """In a row."""
    rests_until = models.DateTimeField(null=True)

    wall = _WALL

    class Meta:
        db_table = "webhook_endpoint"
        constraints = [one_of("state", EndpointState, "ck_webhook_endpoint_state")]


class Delivery(models.Model):
    """One event (or a test, without an event) for one endpoint. Its id is what receivers know it by."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL, null=True)
    endpoint = ForeignKey(Endpoint)
    event_n = models.BigIntegerField(null=True)
    name = models.CharField(max_length=80)
    body = models.TextField()
    """Sent as it stands here, each time."""
    state = models.CharField(max_length=10, default=DeliveryState.QUEUED.value)
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    """Since when it is being tried."""
    tried_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(null=True)
    seconds = models.FloatField(null=True)
    answer = models.TextField(blank=True)
    """Its beginning."""
    error = models.TextField(blank=True)

    wall = _WALL

    class Meta:
        db_table = "webhook_delivery"
        constraints = [
            one_of("state", DeliveryState, "ck_webhook_delivery_state"),
            models.UniqueConstraint(
                fields=["tenant", "endpoint", "event_n"],
                name="uq_webhook_delivery_event",
                condition=Q(event_n__isnull=False),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"],
                name="ix_webhook_delivery_due",
                condition=Q(next_at__isnull=False),
            ),
            models.Index(
                fields=["next_at"], name="ix_webhook_delivery_next", condition=Q(next_at__isnull=False)
            ),
            models.Index(fields=["endpoint", "id"], name="ix_webhook_delivery_list"),
            models.Index(fields=["created_at"], name="ix_webhook_delivery_age"),
        ]
