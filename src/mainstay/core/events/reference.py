"""The written list of everything that can happen, derived from the registry."""

from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any

from django.utils import translation

from mainstay.core.events.types import Happening, Visibility, event_types

_INTRODUCTION = """# Events

Everything that can happen, as it is recorded in the table `event`: the audit log, the timelines, what follows
later and the live stream all read it. `data` holds ids, codes and values of columns that are not personal; words
of people live in rows of their own. This file is written by `./run manage events_reference`.

Each event also has: `n`, `at`, `tenant_id` (empty for the operator's own), who did it (`actor_kind`, `actor_id`),
from where (`door`, `ip`, `request_id`), and what caused it (`cause`, `depth`).

| name | about | seen by | what it says | data |
|---|---|---|---|---|
"""
_SEEN_BY = {
    Visibility.ALL: "both sides",
    Visibility.TENANT: "the customer",
    Visibility.OPERATOR: "the operator",
}


def product_events() -> dict[str, type[Happening]]:
    """Without those that tests bring."""
    return {name: kind for name, kind in sorted(event_types().items()) if ".tests." not in kind.__module__}


def events_page() -> str:
    with translation.override("en"):
        return _INTRODUCTION + "".join(_row(kind) for kind in product_events().values())


def _row(kind: type[Happening]) -> str:
    hints = typing.get_type_hints(kind)
    columns = ", ".join(
        f"`{field.name}` {_type(hints[field.name])}"
        for field in fields(kind)  # type: ignore[arg-type]
        if field.name != kind.subject_field
    )
    about, seen_by = kind.subject_kind, _SEEN_BY[kind.visibility]
    return f"| `{kind.name}` | {about} | {seen_by} | {kind.sentence} | {columns or '–'} |\n"


def _type(hint: Any) -> str:
    arguments = typing.get_args(hint)
    if type(None) in arguments:
        return _type(next(a for a in arguments if a is not type(None))) + "?"
    if arguments:
        return f"list of {_type(arguments[0])}"
    return {"UUID": "id", "str": "text", "int": "number", "float": "number", "bool": "yes/no"}.get(
        hint.__name__, "time" if hint.__name__ == "datetime" else hint.__name__
    )
