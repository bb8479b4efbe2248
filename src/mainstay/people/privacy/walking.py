"""Going through a table in pieces, each of them a short transaction, and taking a person out of what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from mainstay.people.privacy.ports import Erased, Person
from mainstay.people.privacy.rules import Redact, needles, redacted, redactor

PIECE: Final = 2_000
"""Rows looked through in one transaction."""
Stage = Callable[[str], Erased]


def staged(after: str, stages: Sequence[Stage]) -> Erased:
    """Several walks, one after another, as if they were one: `after` says which, and where in it."""
    which, _colon, place = after.partition(":")
    index = int(which or 0)
    erased = stages[index](place)
    following = f"{index}:{erased.go_on_after}" if erased.go_on_after else f"{index + 1}:"
    is_over = not erased.go_on_after and index + 1 == len(stages)
    return Erased(erased.rows, erased.storage_keys, "" if is_over else following, erased.look_into)


def once(act: Callable[[], Erased]) -> Stage:
    """A stage without a walk."""
    return lambda _place: act()


class Search:
    """For the address and the full name of one person."""

    def __init__(self, person: Person) -> None:
        self.redact: Redact = redactor(email=person.email, name=person.name)
        self._needles = needles(email=person.email, name=person.name)

    def mentions(self, *columns: str) -> Q:
        """May hold them: the pattern decides."""
        hits = [Q(**{f"{column}__icontains": needle}) for column in columns for needle in self._needles]
        return reduce(or_, hits, Q(pk__in=[]))

    def walk(self, found: QuerySet[Any], columns: Sequence[str], after: str) -> Erased:
        """The next piece of these rows, in the order of their keys."""
        piece, last = next_piece(found, after)
        return Erased(self.clean(piece, columns), go_on_after=last)

    def clean(self, found: QuerySet[Any], columns: Sequence[str]) -> int:
        """Only what changes is written: a second run writes nothing."""
        jsons = [name for name in columns if isinstance(found.model._meta.get_field(name), JSONField)]
        said = {f"said_{name}": Cast(name, TextField()) for name in jsons}
        sought = [f"said_{name}" if name in jsons else name for name in columns]
        return sum(
            write_changed(row, {name: redacted(getattr(row, name), self.redact) for name in columns})
            for row in found.annotate(**said).filter(self.mentions(*sought))
        )


def next_piece(found: QuerySet[Any], after: str, size: int = PIECE) -> tuple[QuerySet[Any], str]:
    """The rows after that key, and the last one's; empty when nothing follows."""
    if after:
        found = found.filter(pk__gt=after)
    keys = list(found.order_by("pk").values_list("pk", flat=True)[:size])
    if not keys:
        return found.none(), ""
    return found.filter(pk__lte=keys[-1]), str(keys[-1]) if len(keys) == size else ""


def write_changed(row: Model, columns: dict[str, Any]) -> int:
    changed = {name: value for name, value in columns.items() if value != getattr(row, name)}
    if not changed:
        return 0
    return int(type(row)._default_manager.filter(pk=row.pk).update(**changed))
