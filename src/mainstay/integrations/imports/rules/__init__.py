"""What can be imported, how far an import is, and who may start one."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from mainstay.core.actor import TENANT_MANAGERS, Actor, Permission, Role


class Kind(StrEnum):
    CUSTOMERS = "customers"
    PEOPLE = "people"
    HISTORY = "history"


class State(StrEnum):
    UPLOADED = "uploaded"
    """Waits for a person to say what the columns are."""
    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    CANCELLED = "cancelled"


AT_WORK: Final = frozenset({State.CHECKING, State.APPLYING})
OPEN: Final = frozenset({State.UPLOADED, State.CHECKED, State.FAILED})
"""Columns can be chosen (again) and a dry run started."""


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


IMPORT_ALL: Final = Permission("imports.run", frozenset({Role.ADMIN}))
IMPORT_OWN_PEOPLE: Final = Permission("imports.own_people", TENANT_MANAGERS)
ROWS_LIMIT: Final = 250_000
"""Everything is written in one transaction, which holds back whoever follows the events: see the ADR."""
BATCH: Final = 1000
CLAIM: Final = timedelta(seconds=60)
"""How long a batch may take before another worker tries it, too."""
ATTEMPTS: Final = 5
"""Of one batch, before the import is given up."""


def may_import(actor: Actor, kind: Kind) -> bool:
    """The operator's administrators import everything; a customer's, the people of their own organisation."""
    if actor.is_tenant_side:
        return kind is Kind.PEOPLE and actor.may(IMPORT_OWN_PEOPLE)
    return actor.may(IMPORT_ALL)


def formula_safe(text: str) -> str:
    """A spreadsheet runs what begins like a formula; an apostrophe makes it text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
