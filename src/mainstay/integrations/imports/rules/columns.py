"""The columns of each kind of file: the one table behind mapping, checks, template, and the written reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mainstay.core.text.headers import clean_line
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.rules.reading import UNREADABLE
from mainstay.integrations.imports.rules.values import (
    Fault,
    Given,
    Wrong,
    fault,
    plain,
    read_bool,
    read_choice,
    read_date,
    read_moment,
    read_number,
    read_tags,
)
from mainstay.people.tenants.rules import ERASED_DOMAIN, clean_email, domain_of

ATTRIBUTE: Final = "attribute:"
"""Before a name: the column becomes a custom attribute."""
_ATTRIBUTE_LIMIT: Final = 2000
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    key: str
    type: str = "line"
    needed: str = ""
    """`always`: every row; `new`: rows of something that is not there yet."""
    names: tuple[str, ...] = ()
    """Headers that are taken for it, as `plain` makes them; its key is one."""
    limit: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    more_example: str = ""
    """In the second row of the template."""
    desk_only: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        return (plain(self.key), *self.names)


def _words(**codes: str) -> dict[str, str]:
    """code="word word/other word" → every word → code."""
    return {word: code for code, words in codes.items() for word in (plain(code), *words.split("/")) if word}


_ROLES: Final = _words(
    owner="propietario/duena/dueno",
    tenant_admin="admin/administrator/administrador/administradora",
    pm="project manager/jefe de proyecto/jefe de obra",
    field="field user/usuario de campo/campo/member/user/usuario",
    client="portal client/cliente/cliente del portal",
    vendor="portal vendor/proveedor/proveedor del portal",
    contact="e mail contact/email contact/contacto",
)
_STATUSES: Final = _words(
    trialing="trial/prueba/en prueba", active="activo/activa", past_due="overdue/vencido/pago vencido",
    cancelled="canceled/cancelado/cancelada",
)  # fmt: skip
_SEGMENTS: Final = _words(
    self_serve="autoservicio", smb="small business/pyme/small", mid_market="mediana/mediana empresa/mid",
    enterprise="gran empresa/large",
)  # fmt: skip
_TICKET_STATUSES: Final = _words(
    open="abierto/new/nuevo", in_progress="en curso/pending/on hold", waiting_on_customer="waiting/en espera",
    resolved="solved/resuelto", closed="cerrado",
)  # fmt: skip
_SEVERITIES: Final = _words(
    P1="1/urgent/urgente/critical", P2="2/high/alta", P3="3/medium/normal/media", P4="4/low/baja"
)
_SOURCES: Final = _words(
    in_app="", portal="web", email="e mail/mail/correo", chat="", slack="", phone="telefono/call", api=""
)

CUSTOMERS: Final = (
    Column(
        key="slug", type="slug", names=("short name", "identifier", "customer id", "nombre corto", "id"),
        limit=60, example="acme-gmbh",
    ),
    Column(
        key="name", needed="new", names=("customer", "company", "company name", "account", "nombre", "cliente",
                                         "empresa"), example="Acme GmbH",
    ),
    Column(key="plan", type="plan", needed="new", names=("plan key", "tier", "tarifa"), example="business"),
    Column(
        key="owner_email", type="email", needed="new",
        names=("owner", "owner e mail", "email", "e mail", "correo", "correo del propietario"), limit=320,
        example="ana@acme.example",
    ),
    Column(key="owner_name", names=("nombre del propietario", "contact name"), example="Ana Ruiz"),
    Column(key="industry", names=("sector", "industria"), limit=80, example="construction"),
    Column(key="size", type="count", names=("employees", "empleados", "tamano"), example="120"),
    Column(key="region", names=("country", "pais"), limit=40, example="EU"),
    Column(key="zone", type="zone", names=("time zone", "timezone", "zona horaria"), example="Europe/Madrid"),
    Column(key="language", type="language", names=("idioma", "locale"), example="es"),
    Column(key="mrr", type="money", names=("monthly revenue", "ingreso mensual"), example="1250.00"),
    Column(key="currency", type="currency", names=("moneda", "divisa"), example="EUR"),
    Column(key="seats", type="count", names=("licences", "licenses", "licencias", "puestos"), example="40"),
    Column(
        key="contract_start_on", type="date", names=("contract start", "start date", "inicio del contrato"),
        example="2025-01-01",
    ),
    Column(
        key="contract_end_on", type="date", names=("contract end", "end date", "fin del contrato"),
        example="2026-12-31",
    ),
    Column(key="renewal_on", type="date", names=("renewal", "renewal date", "renovacion"), example="2026-12-31"),
    Column(
        key="renews_itself", type="bool", names=("auto renew", "auto renewal", "renovacion automatica"),
        example="yes",
    ),
    Column(key="term_months", type="count", names=("term", "plazo", "meses"), example="12"),
    Column(
        key="subscription_status", type="choice", names=("status", "subscription", "estado", "suscripcion"),
        choices=_STATUSES, example="active",
    ),
    Column(key="segment", type="choice", names=("segmento",), choices=_SEGMENTS, example="mid_market"),
    Column(
        key="csm", type="staff", names=("csm email", "customer success manager", "account manager"), limit=320,
        example="",
    ),
    Column(key="tags", type="tags", names=("etiquetas", "labels"), limit=1000, example="pilot, north"),
)  # fmt: skip

PEOPLE: Final = (
    Column(
        key="customer", type="customer", needed="always", limit=80, desk_only=True,
        names=("tenant", "company", "account", "customer slug", "cliente", "empresa", "organisation",
               "organization", "organizacion"), example="acme-gmbh", more_example="acme-gmbh",
    ),
    Column(
        key="email", type="email", needed="always", limit=320,
        names=("e mail", "mail", "email address", "e mail address", "correo", "correo electronico"),
        example="felix@acme.example", more_example="eva@acme.example",
    ),
    Column(
        key="name", names=("full name", "nombre", "nombre completo"), example="Félix Ortega",
        more_example="Eva Núñez",
    ),
    Column(
        key="role", type="choice", names=("rol", "funcion"), choices=_ROLES, example="field",
        more_example="contact",
    ),
    Column(key="language", type="language", names=("idioma", "locale"), example="es"),
    Column(key="zone", type="zone", names=("time zone", "timezone", "zona horaria"), example="Europe/Madrid"),
    Column(key="phone", names=("telephone", "mobile", "telefono", "movil"), limit=40, example="+34 600 000 000"),
    Column(
        key="title", names=("job title", "position", "cargo", "puesto"), limit=120, example="Site manager"
    ),
)  # fmt: skip

HISTORY: Final = (
    Column(
        key="ticket", type="line", needed="always", limit=120,
        names=("ticket id", "ticket number", "id", "number", "case", "numero", "numero de ticket", "caso"),
        example="4711", more_example="4711",
    ),
    Column(
        key="customer", type="customer", needed="new", limit=80,
        names=("tenant", "company", "account", "organisation", "organization", "cliente", "empresa"),
        example="acme-gmbh",
    ),
    Column(
        key="requester", type="email", needed="new", limit=320,
        names=("requester email", "customer email", "solicitante", "correo del solicitante"),
        example="felix@acme.example",
    ),
    Column(key="subject", needed="new", limit=300, names=("asunto", "title"), example="The export is empty"),
    Column(
        key="status", type="choice", names=("estado", "state"), choices=_TICKET_STATUSES, example="closed"
    ),
    Column(key="severity", type="choice", names=("priority", "gravedad", "prioridad"), choices=_SEVERITIES,
           example="P3"),
    Column(key="category", limit=40, names=("type", "categoria", "tipo"), example="bug"),
    Column(key="module", limit=80, names=("component", "modulo"), example="reports"),
    Column(key="source", type="choice", names=("channel", "canal", "via"), choices=_SOURCES, example="email"),
    Column(key="tags", type="tags", limit=1000, names=("etiquetas", "labels"), example="export"),
    Column(key="opened_at", type="moment", names=("created", "created at", "opened", "abierto", "creado"),
           example="2024-03-14 09:12"),
    Column(key="resolved_at", type="moment", names=("resolved", "solved at", "resuelto", "closed at"),
           example="2024-03-15 16:40"),
    Column(
        key="message_at", type="moment", needed="always",
        names=("message date", "date", "sent at", "fecha", "fecha del mensaje"), example="2024-03-14 09:12",
        more_example="2024-03-14 10:02",
    ),
    Column(
        key="author", type="line", limit=320, names=("from", "author email", "autor", "de"),
        example="felix@acme.example", more_example="agent",
    ),
    Column(key="internal", type="bool", names=("is internal", "private", "note", "nota interna", "interno"),
           example="no", more_example="no"),
    Column(
        key="body", type="text", needed="always", limit=100_000,
        names=("message", "text", "description", "comment", "mensaje", "texto", "descripcion"),
        example="Since Monday the file has no rows.", more_example="We look into it.",
    ),
)  # fmt: skip

COLUMNS: Final[Mapping[Kind, Sequence[Column]]] = {
    Kind.CUSTOMERS: CUSTOMERS,
    Kind.PEOPLE: PEOPLE,
    Kind.HISTORY: HISTORY,
}
TAKES_ATTRIBUTES: Final = frozenset({Kind.CUSTOMERS, Kind.HISTORY})


def columns_for(kind: Kind, *, is_tenant_side: bool) -> list[Column]:
    return [column for column in COLUMNS[kind] if not (is_tenant_side and column.desk_only)]


def guess_mapping(kind: Kind, header: Sequence[str]) -> list[str]:
    """For each column of the file the key of ours, each at most once; what nobody knows stays empty."""
    wanted = {name: column.key for column in reversed(COLUMNS[kind]) for name in column.headers}
    wanted |= {plain(column.key): column.key for column in COLUMNS[kind]}
    taken: set[str] = set()
    out = []
    for name in header:
        key = wanted.get(plain(name), "")
        out.append("" if key in taken else key)
        taken.add(key)
    return out


def mapping_faults(kind: Kind, mapping: Sequence[str], *, is_tenant_side: bool) -> list[Fault]:
    """Before a dry run: every column once, and those that every row needs."""
    columns = columns_for(kind, is_tenant_side=is_tenant_side)
    chosen = [key for key in mapping if key]
    faults = [fault(key, "chosen_twice") for key in dict.fromkeys(chosen) if chosen.count(key) > 1]
    faults += [fault(c.key, "not_chosen") for c in columns if c.needed == "always" and c.key not in chosen]
    return faults


def clean(column: Column, text: str, given: Given) -> Any:
    """The value as JSON holds it."""
    if "\0" in text:
        raise Wrong("has_nul")
    if UNREADABLE in text:
        raise Wrong("not_in_encoding")
    if len(text) > column.limit and column.type not in ("date", "moment", "money", "count", "bool"):
        raise Wrong("too_long", limit=column.limit, count=len(text))
    return _READERS[column.type](column, text, given)


def _line(column: Column, text: str, _given: Given) -> str:
    return clean_line(text, column.limit)


def _email(_column: Column, text: str, given: Given) -> str:
    address = clean_email(text.removeprefix("mailto:"))
    if not given.is_email(address) or domain_of(address) == ERASED_DOMAIN:
        raise Wrong("not_an_address")
    return address


def _count(_column: Column, text: str, given: Given) -> int:
    number = read_number(text, given.decimal)
    if number != int(number):
        raise Wrong("not_whole")
    if not 0 <= number <= 2_000_000_000:
        raise Wrong("negative" if number < 0 else "too_large")
    return int(number)


def _money(_column: Column, text: str, given: Given) -> str:
    number = read_number(text, given.decimal)
    if number < 0:
        raise Wrong("negative")
    if number >= 10**12:
        raise Wrong("too_large")
    return f"{number:.2f}"


def _known(options: str, code: str) -> Any:
    def read(_column: Column, text: str, given: Given) -> str:
        known: frozenset[str] = getattr(given, options)
        bare = text.strip()
        for attempt in (bare, bare.lower(), bare.upper(), bare.lower().replace("_", "-").partition("-")[0]):
            if attempt in known:
                return attempt
        raise Wrong(code)

    return read


def _slug(_column: Column, text: str, _given: Given) -> str:
    if not _SLUG.fullmatch(text.lower()):
        raise Wrong("not_a_slug")
    return text.lower()


_READERS: Final[Mapping[str, Any]] = {
    "line": _line,
    "text": lambda _column, text, _given: text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"),
    "email": _email,
    "staff": _email,
    "slug": _slug,
    "plan": lambda _column, text, _given: text.lower(),
    "customer": lambda column, text, _given: clean_line(text, column.limit).lower(),
    "count": _count,
    "money": _money,
    "bool": lambda _column, text, _given: read_bool(text),
    "tags": lambda _column, text, _given: read_tags(text),
    "choice": lambda column, text, _given: read_choice(text, column.choices),
    "date": lambda _column, text, given: read_date(text, given.date_order).isoformat(),
    "moment": lambda _column, text, given: read_moment(text, given).isoformat(),
    "zone": _known("zones", "not_a_zone"),
    "language": _known("languages", "not_a_language"),
    "currency": _known("currencies", "not_a_currency"),
}


def clean_row(
    columns: Mapping[str, Column], mapping: Sequence[str], cells: Sequence[str], given: Given
) -> tuple[dict[str, Any], list[Fault]]:
    """Values by column, without the empty ones: an empty cell says nothing about what is there already."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    attributes: dict[str, str] = {}
    if any(cell.strip() for cell in cells[len(mapping) :]):
        faults.append(fault("", "too_many_cells", expected=len(mapping), count=len(cells)))
    for key, cell in zip(mapping, cells, strict=False):
        text = cell.strip()
        if not key or not text:
            continue
        column = columns.get(key) or Column(key=key, limit=_ATTRIBUTE_LIMIT)
        try:
            value = clean(column, text, given)
        except Wrong as wrong:
            faults.append(fault(key, wrong.code, text, **wrong.params))
            continue
        if key.startswith(ATTRIBUTE):
            attributes[key.removeprefix(ATTRIBUTE)] = value
        else:
            values[key] = value
    wrong_keys = {found.column for found in faults}
    for column in columns.values():
        if column.needed == "always" and column.key not in values and column.key not in wrong_keys:
            faults.append(fault(column.key, "missing"))
    if attributes:
        values["attributes"] = attributes
    return values, faults
