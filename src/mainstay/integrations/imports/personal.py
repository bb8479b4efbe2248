"""Files that were imported, and their rows as long as they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.people.privacy.ports import Erased, Part, Person, Rows
from mainstay.people.privacy.rules import Fate, Wording


class ImportKeeper:
    name = "imports"
    columns: Mapping[str, Fate] = {
        "import_run.filename": Fate.KEPT,
        "import_run.storage_key": Fate.CLEARED,
        "import_run.head": Fate.CLEARED,
        "import_row.key": Fate.ROW_REMOVED,
        "import_row.values": Fate.ROW_REMOVED,
        "import_row.cells": Fate.ROW_REMOVED,
        "import_row.faults": Fate.ROW_REMOVED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        yield Rows("imported_rows", list(_rows(person).values("run__created_at", "run__filename", "values")))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """The whole file goes: a row cannot be taken out of it."""
        rows = _rows(person)
        runs = ImportRun.objects.filter(id__in=list(rows.values_list("run_id", flat=True).distinct()))
        keys = tuple(filter(None, runs.values_list("storage_key", flat=True)))
        runs.update(storage_key="", head=b"")
        return Erased(rows.delete()[0], keys)


def _rows(person: Person) -> QuerySet[ImportRow]:
    """Of the customer's own imports, and of the operator's that name the address; the address is looked for in
    all that the row says."""
    said = ImportRow.objects.annotate(said=Cast("values", TextField()), raw=Cast("cells", TextField()))
    theirs = Q(tenant_id=person.tenant_id) | Q(tenant_id=None)
    return said.filter(theirs, Q(said__icontains=person.email) | Q(raw__icontains=person.email))
