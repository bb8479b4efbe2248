"""Files that were imported, and their rows as long as they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from mainstay.core.storage.files import NewFile
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.people.privacy.files import holds
from mainstay.people.privacy.ports import Erased, Look, Part, Person, Rows
from mainstay.people.privacy.rules import Fate, Wording
from mainstay.people.privacy.walking import Search


class ImportKeeper:
    name = "imports"
    columns: Mapping[str, Fate] = {
        "import_run.filename": Fate.REPLACED,
        "import_run.failure_params": Fate.REPLACED,
        "import_run.storage_key": Fate.CLEARED,
        "import_run.head": Fate.CLEARED,
        "import_row.key": Fate.ROW_REMOVED,
        "import_row.values": Fate.ROW_REMOVED,
        "import_row.cells": Fate.ROW_REMOVED,
        "import_row.faults": Fate.ROW_REMOVED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        """By the address alone, which is theirs; a name may be anybody's. Each side reads its own files."""
        whose = Q(tenant_id=None) if person.by_operator else Q(tenant_id=person.tenant_id)
        mine = _rows(replace(person, name="")).filter(whose)
        yield Rows("imported_rows", list(mine.values("run__created_at", "run__filename", "values")))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        """The whole file goes: a row cannot be taken out of it."""
        rows = _rows(person)
        runs = ImportRun.objects.filter(id__in=list(rows.values_list("run_id", flat=True).distinct()))
        keys = tuple(filter(None, runs.values_list("storage_key", flat=True)))
        runs.update(storage_key="", head=b"")
        count = rows.delete()[0] + Search(person).clean(_runs(person), ("filename", "failure_params"))
        for run in _runs(person):
            if run.head and holds(bytes(run.head), person):
                count += ImportRun.objects.filter(id=run.id).update(head=b"")
        kept = _runs(person).exclude(storage_key="").values_list("storage_key", "filename")
        looks = tuple(Look(*pair, is_whole=True) for pair in kept)
        return Erased(count, keys, look_into=looks)

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        found = _runs(person).filter(storage_key=look.storage_key)
        return bool(found.update(storage_key="", head=b""))


def _runs(person: Person) -> QuerySet[ImportRun]:
    """The customer's own. The operator's, which go after a while by themselves, only where the operator asks: a
    customer's administrators could give somebody any name before they erase them."""
    return ImportRun.objects.filter(_whose(person))


def _whose(person: Person) -> Q:
    theirs = Q(tenant_id=person.tenant_id)
    return theirs | Q(tenant_id=None) if person.by_operator else theirs


def _rows(person: Person) -> QuerySet[ImportRow]:
    """Those that name the person, wherever in the row."""
    said = {f"said_{name}": Cast(name, TextField()) for name in ("values", "cells", "faults")}
    search = Search(person)
    rows = ImportRow.objects.filter(_whose(person)).annotate(**said).filter(search.mentions("key", *said))
    named = [row.pk for row in rows if (text := _text(row)) != search.redact(text)]
    return ImportRow.objects.filter(pk__in=named)


def _text(row: ImportRow) -> str:
    return json.dumps([row.key, row.values, row.cells, row.faults], ensure_ascii=False)
