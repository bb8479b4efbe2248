from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, event
from mainstay.integrations.imports.labels import KINDS


@event(
    "import.uploaded",
    subject="import",
    sentence=_("{actor} uploaded a file to import: {kind}"),
    words={"kind": KINDS},
)
@dataclass(frozen=True)
class ImportUploaded(Happening):
    import_id: UUID
    kind: str
    sha256: str


@event(
    "import.applied",
    subject="import",
    sentence=_("{actor} imported a file: {kind}, {new} new, {changed} changed"),
    words={"kind": KINDS},
)
@dataclass(frozen=True)
class ImportApplied(Happening):
    """The cause of the event of each thing that came with it."""

    import_id: UUID
    kind: str
    sha256: str
    new: int
    changed: int
    unchanged: int


@event("import.cancelled", subject="import", sentence=_("{actor} cancelled an import"))
@dataclass(frozen=True)
class ImportCancelled(Happening):
    import_id: UUID
