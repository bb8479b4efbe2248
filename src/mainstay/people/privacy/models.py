"""Who asked for the personal data of whom, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import tenant_wall
from mainstay.core.wall.models import TenantRow, one_of
from mainstay.people.privacy.rules import RequestKind, RequestState, Wording
from mainstay.people.tenants.models import Member

_OPEN = ~Q(state=RequestState.DONE.value)


class PrivacyRequest(TenantRow):
    member = ForeignKey(Member)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default=RequestState.QUEUED.value)
    wording = models.CharField(max_length=10, default=Wording.KEPT.value)
    """Of an erasure."""
    email = models.CharField(max_length=320, blank=True)
    name = models.CharField(max_length=200, blank=True)
    """Whom an erasure looks for; both are empty once it is done."""
    asked_by_kind = models.CharField(max_length=20)
    asked_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    """Keeper → rows that were changed or removed."""
    error = models.TextField(blank=True)
    storage_key = models.CharField(max_length=200, blank=True)
    """Of an export, as long as it can be fetched."""
    size = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)

    wall = tenant_wall()

    class Meta:
        db_table = "privacy_request"
        constraints = [
            one_of("kind", RequestKind, "ck_privacy_request_kind"),
            one_of("state", RequestState, "ck_privacy_request_state"),
            one_of("wording", Wording, "ck_privacy_request_wording"),
            models.UniqueConstraint(
                fields=["tenant", "member"],
                name="uq_privacy_request_export",
                condition=_OPEN & Q(kind=RequestKind.EXPORT.value),
            ),
            models.UniqueConstraint(
                fields=["tenant", "member"],
                name="uq_privacy_request_erasure",
                condition=_OPEN & Q(kind=RequestKind.ERASURE.value),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "created_at", "id"], name="ix_privacy_request_recent"),
            models.Index(
                fields=["expires_at"], name="ix_privacy_request_expiry", condition=Q(expires_at__isnull=False)
            ),
        ]
