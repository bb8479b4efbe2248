"""The written reference of files to import, derived from the table that the code uses."""

from __future__ import annotations

from typing import Final

from django.utils import translation

from mainstay.integrations.imports.labels import COLUMNS as WORDS
from mainstay.integrations.imports.labels import KINDS
from mainstay.integrations.imports.rules import ROWS_LIMIT
from mainstay.integrations.imports.rules.columns import COLUMNS, Column

_INTRODUCTION: Final = f"""# Importing from CSV

Administrators import customers, people and ticket history at the desk (**Imports**); a customer's owners and
administrators import their own people in the portal (**People → Import**). Columns are listed below; this file is
written by `./run manage imports_reference` from the table that the code uses.

1. **Upload** a CSV with a header row: up to `MAINSTAY_MAX_IMPORT_MB` and {ROWS_LIMIT:,} rows. Encoding (UTF-8, UTF-16,
   Windows-1252, Latin-1 …, with or without a mark in front) and delimiter (comma, semicolon, tabulator, bar, or what
   Excel's `sep=` line says) are found out, shown, and can be changed.
2. **Columns**: guessed from English and Spanish headers, changeable. What is unknown is left out or, of customers and
   tickets, becomes a custom attribute.
3. **Dry run**: every row is checked by the rules that hold when one is written by hand. The page says what is new,
   changed, unchanged and wrong; the wrong rows can be downloaded, with a column that says why. A row's number is the
   one a spreadsheet shows: the header is 1, a text over several lines is one row, empty lines count.
4. **Import**: all rows or none. Wrong rows are mended in the file, which is uploaded again, or left out by a new dry
   run without them. The rows are judged again as they are written: where something has changed meanwhile, nothing is
   imported and the dry run is done anew. An import cannot be taken back in one step.

- Rows are recognised again: customers by short name, people by customer and address, tickets by customer and the id
  they had. The same file a second time changes nothing. An empty cell leaves what is known as it is.
- Dates are written year first (`2026-03-31`), or with the day or the month first where that is clear or said; what can
  be read in two ways is asked, not guessed. The same holds for `1.234` and `1,234`.
- New people are not invited unless the box is ticked; a customer's own import sends at most 100 invitations an hour.
- Tickets of the past start nothing: no confirmation, no notification, no promise that could be missed. A ticket's first
  row says what it is; each row is one message. A ticket that was imported before is left as it is.
- Every object's event names the person who imported it and, as its cause, the import.
- The file and its rows are forgotten after a time that is set at the desk (30 days); the counts stay.

From a shell: `./run manage import_csv people people.csv --as admin@example.com --dry-run`; without `--dry-run` it
imports when no row is wrong.
"""
_TYPES: Final = {
    "line": "text",
    "text": "text of several lines",
    "email": "e-mail address",
    "staff": "e-mail address of a CSM",
    "slug": "small letters, digits, hyphens",
    "customer": "short name or name",
    "plan": "key of a plan",
    "count": "whole number",
    "money": "amount",
    "bool": "yes or no",
    "tags": "by comma, semicolon or bar",
    "date": "date",
    "moment": "date with time",
    "zone": "time zone",
    "language": "language code",
    "currency": "currency code",
}
_NEEDED: Final = {"always": "always", "new": "of what is new", "": ""}


def imports_page() -> str:
    with translation.override("en"):
        parts = [_INTRODUCTION]
        for kind, columns in COLUMNS.items():
            parts.append(f"\n## {KINDS[kind]}\n\n")
            parts.append("| column | what it is | needed | holds | also recognised by | example |\n")
            parts.append("|---|---|---|---|---|---|\n")
            parts += [_row(column) for column in columns]
        return "".join(parts)


def _row(column: Column) -> str:
    holds = _TYPES.get(column.type, "")
    if column.choices:
        holds = ", ".join(f"`{code}`" for code in dict.fromkeys(column.choices.values()))
    elif column.type in ("line", "text"):
        holds = f"{holds}, at most {column.limit:,} characters"
    needed = _NEEDED[column.needed] + (" (desk)" if column.desk_only else "")
    cells = (
        f"`{column.key}`",
        str(WORDS[column.key]),
        needed or "–",
        holds,
        ", ".join(column.names) or "–",
        column.example or "–",
    )
    return f"| {' | '.join(cells)} |\n"
