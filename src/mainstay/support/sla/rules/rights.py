"""Who may do what."""

from typing import Final

from mainstay.core.actor import TENANT_MANAGERS, Permission, Role

_STAFF: Final = frozenset(
    {
        Role.AGENT,
        Role.CSM,
        Role.SUPPORT_MANAGER,
        Role.CS_MANAGER,
        Role.ENGINEER,
        Role.PRODUCT,
        Role.SERVICES,
        Role.EXECUTIVE,
        Role.ADMIN,
    }
)
# Not portal users: the operator's promises are made to their customer, not to them.
SEE_SLA: Final = Permission("sla.see", _STAFF | TENANT_MANAGERS | {Role.PM, Role.FIELD}, "tickets:read")
MANAGE_SLA: Final = Permission("sla.manage", frozenset({Role.ADMIN, Role.SUPPORT_MANAGER}), "sla:write")
