"""SECURITY DEFINER functions: the few questions a door may ask before it knows the tenant.

A room registers its own at import of its models; `build.py` creates them, owned by the owner role, with the
search path fixed and EXECUTE granted to exactly the roles named.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LookupFunction:
    """`signature` is name and arguments, `returns` the SQL type, `body` one SELECT."""

    signature: str
    returns: str
    body: str
    granted_to: tuple[str, ...] = ("app",)

    def statements(self, role_of: dict[str, str]) -> list[str]:
        grantees = ", ".join(role_of[name] for name in self.granted_to)
        bare = _types_only(self.signature)
        return [
            f"DROP FUNCTION IF EXISTS {bare}",
            f"CREATE FUNCTION {self.signature} RETURNS {self.returns} LANGUAGE sql STABLE SECURITY DEFINER "
            f"SET search_path = pg_catalog, public, pg_temp AS $body$ {self.body} $body$",
            f"REVOKE ALL ON FUNCTION {bare} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {bare} TO {grantees}",
        ]


_REGISTERED: dict[str, LookupFunction] = {}


def lookup_function(function: LookupFunction) -> LookupFunction:
    _REGISTERED[function.signature] = function
    return function


def lookup_functions() -> list[LookupFunction]:
    return list(_REGISTERED.values())


def _types_only(signature: str) -> str:
    """`find(a text, b uuid)` → `find(text, uuid)`, as DROP and GRANT want it."""
    name, _, rest = signature.partition("(")
    arguments = [a.strip().split(" ", 1)[1] for a in rest.rstrip(")").split(",") if a.strip()]
    return f"{name}({', '.join(arguments)})"
