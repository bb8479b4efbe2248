"""The words for this room's enums."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Role

STAFF_ROLES: Final[dict[str, str | LazyText]] = {
    Role.AGENT: _("Support agent"),
    Role.CSM: _("Customer success manager"),
    Role.SUPPORT_MANAGER: _("Support manager"),
    Role.CS_MANAGER: _("Customer success lead"),
    Role.ENGINEER: _("Engineer"),
    Role.PRODUCT: _("Product"),
    Role.SERVICES: _("Services"),
    Role.EXECUTIVE: _("Executive"),
    Role.ADMIN: _("Administrator"),
}
