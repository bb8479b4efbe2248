"""Keys of walled tables. The constraint and its index are made by `sql.py`, since they need the tenant beside them."""

from __future__ import annotations

from typing import Any

from django.db import models


class ForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key whose constraint is `(tenant_id, x_id) → (tenant_id, id)` between walled tables.

    Foreign keys ignore row-level security, hence the composite: a row cannot even point at another
    tenant's. Nothing cascades; deletes are spelled out by the action that makes them.
    """

    def __init__(self, to: Any, on_delete: Any = models.DO_NOTHING, **options: Any) -> None:
        options["db_constraint"] = False
        options["db_index"] = False
        options.setdefault("related_name", "+")
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for forced in ("db_constraint", "db_index"):
            kwargs.pop(forced, None)
        return name, path, args, kwargs
