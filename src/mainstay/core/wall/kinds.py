"""What kind of table a model is. The kind makes policies, grants and keys; see `sql.py` for what each one gets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db import models


class Kind(StrEnum):
    TENANT = "tenant"
    """A customer's rows: own ones for the tenant role, those meant for the operator for staff."""
    STAFF_ONLY = "staff_only"
    """About a customer, never for it: no grant for the tenant role."""
    OPERATOR = "operator"
    """The operator's own, about no customer: no tenant_id, no grant for the tenant role."""
    SHARED = "shared"
    """The same for everybody: read by tenants where published, written by staff."""
    COMMUNITY = "community"
    """Published across tenants, written by the author's."""
    PLUMBING = "plumbing"
    """Users, sessions, keys, jobs: for the doors role only."""


WALLED: Final = frozenset({Kind.TENANT, Kind.STAFF_ONLY, Kind.COMMUNITY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A model's declaration. Conditions are SQL over the table's own columns; grants are words of SQL.

    `tenant_where` and `staff_where` narrow what the role sees and writes, beyond the tenant itself
    (restrictive policies). `tenant_columns` narrows SELECT of the tenant role to these columns.
    `extra` grants more on plumbing: role name → words, or words with a column list.
    `tenant_own`: a column; the tenant role reads and changes only rows in which it names the acting person
    (it may still insert for others of the customer, where it is granted).
    `doors_may_leave`: the doors role may insert rows that belong to no tenant (yet), and never read them.
    """

    kind: Kind
    column: str = "tenant_id"
    tenant_optional: bool = False
    tenant: str = ""
    staff: str = ""
    job: str = "select, insert, update, delete"
    tenant_where: str = ""
    staff_where: str = ""
    tenant_columns: tuple[str, ...] = ()
    tenant_own: str = ""
    doors_may_leave: bool = False
    extra: tuple[tuple[str, str], ...] = ()


def tenant_wall(
    *,
    tenant: str = "select, insert, update",
    staff: str = "select, insert, update, delete",
    tenant_where: str = "",
    staff_where: str = "",
    tenant_own: str = "",
    tenant_optional: bool = False,
    doors_may_leave: bool = False,
    column: str = "tenant_id",
) -> Wall:
    return Wall(
        kind=Kind.TENANT,
        tenant=tenant,
        staff=staff,
        tenant_where=tenant_where,
        staff_where=staff_where,
        tenant_own=tenant_own,
        tenant_optional=tenant_optional,
        doors_may_leave=doors_may_leave,
        column=column,
    )


def staff_only_wall() -> Wall:
    return Wall(kind=Kind.STAFF_ONLY, staff="select, insert, update, delete")


def operator_wall(*, doors_may_leave: bool = False) -> Wall:
    return Wall(kind=Kind.OPERATOR, staff="select, insert, update, delete", doors_may_leave=doors_may_leave)


def shared_wall(*, tenant_where: str = "", tenant_columns: tuple[str, ...] = ()) -> Wall:
    return Wall(
        kind=Kind.SHARED,
        tenant="select",
        staff="select, insert, update, delete",
        tenant_where=tenant_where,
        tenant_columns=tenant_columns,
    )


def plumbing_wall(*extra: tuple[str, str]) -> Wall:
    return Wall(kind=Kind.PLUMBING, job="", extra=extra)


# Tables of libraries, by app label: all plumbing. Jobs may be deferred from inside a scope, hence the extra
# grants (the library inserts, then reads back id and lock); everything else is for the doors role alone.
_SCOPED = ("tenant", "staff", "job", "sweep")
_DEFER = tuple((role, "insert") for role in _SCOPED)
LIBRARY_APPS: Final = frozenset({"auth", "contenttypes", "sessions", "account", "mfa", "procrastinate"})
LIBRARY_TABLES: Final[dict[str, Wall]] = {
    "procrastinate_jobs": plumbing_wall(*_DEFER, *((role, "select (id, queueing_lock)") for role in _SCOPED)),
    "procrastinate_events": plumbing_wall(*_DEFER),
}


def wall_of(model: type[models.Model]) -> Wall | None:
    """The model's declaration, or None where it made none (which the suite refuses)."""
    declared = getattr(model, "wall", None)
    if isinstance(declared, Wall):
        return declared
    if model._meta.app_label in LIBRARY_APPS:
        return LIBRARY_TABLES.get(model._meta.db_table, plumbing_wall())
    return None
