from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, event


@event("audit.exported", subject="person", sentence=_("{actor} downloaded the audit log as {format}"))
@dataclass(frozen=True)
class AuditExported(Happening):
    person_id: UUID
    format: str
