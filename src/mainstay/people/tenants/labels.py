"""The words for this room's enums."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.people.tenants.rules import MemberRole, MemberState, Segment, SubscriptionStatus

MEMBER_ROLES: Final[dict[str, str | LazyText]] = {
    MemberRole.OWNER: _("Owner"),
    MemberRole.TENANT_ADMIN: _("Administrator"),
    MemberRole.PM: _("Project manager"),
    MemberRole.FIELD: _("Field user"),
    MemberRole.CLIENT: _("Portal client"),
    MemberRole.VENDOR: _("Portal vendor"),
    MemberRole.CONTACT: _("E-mail contact"),
}
MEMBER_STATES: Final[dict[str, str | LazyText]] = {
    MemberState.ACTIVE: _("Active"),
    MemberState.INVITED: _("Invited"),
    MemberState.SUSPENDED: _("Suspended"),
}
SUBSCRIPTION_STATUSES: Final[dict[str, str | LazyText]] = {
    SubscriptionStatus.TRIALING: _("Trial"),
    SubscriptionStatus.ACTIVE: _("Active"),
    SubscriptionStatus.PAST_DUE: _("Payment overdue"),
    SubscriptionStatus.CANCELLED: _("Cancelled"),
}
SEGMENTS: Final[dict[str, str | LazyText]] = {
    Segment.SELF_SERVE: _("Self-serve"),
    Segment.SMB: _("Small business"),
    Segment.MID_MARKET: _("Mid-market"),
    Segment.ENTERPRISE: _("Enterprise"),
}
CONTACT_PURPOSES: Final[dict[str, str | LazyText]] = {
    "primary": _("Primary contact"),
    "billing": _("Billing contact"),
    "technical": _("Technical contact"),
}
