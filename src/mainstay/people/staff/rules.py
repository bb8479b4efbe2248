from __future__ import annotations

from typing import Final

from mainstay.core.actor import Permission, Role

MANAGE_STAFF: Final = Permission("staff.manage", frozenset({Role.ADMIN}), "staff:write")
