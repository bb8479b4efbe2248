"""A row of the file between its cells and the table it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from mainstay.core.actor import Actor
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.rules import Outcome
from mainstay.integrations.imports.rules.values import Fault, fault


@dataclass(slots=True)
class Line:
    position: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    key: str = ""
    outcome: Outcome = Outcome.UNCHANGED
    change: Any = None
    """What the writing action takes, where there is something to write."""

    def blame(self, column: str, code: str, value: object = "", **params: str | int) -> None:
        if not any(known.column == column for known in self.faults):
            self.faults.append(fault(column, code, value, **params))


class Judge(Protocol):
    def __call__(self, actor: Actor, run: ImportRun, lines: Sequence[Line], *, lock: bool) -> None:
        """What the set of rows means beside what is there: key, outcome, change, and what is wrong. With `lock`
        nothing of it changes until the transaction ends."""


def is_email(address: str) -> bool:
    """As the actions judge it."""
    if len(address) > 320:
        return False
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


TenantNames = dict[str, list[tuple[UUID, str]]]
