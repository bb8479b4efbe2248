"""The words for this room's enums, columns and faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.integrations.imports.rules import Kind, Outcome, State

Words = dict[str, str | LazyText]

KINDS: Final[Words] = {
    Kind.CUSTOMERS: _("Customers"),
    Kind.PEOPLE: _("People"),
    Kind.HISTORY: _("Ticket history"),
}
STATES: Final[Words] = {
    State.UPLOADED: _("Waiting for its columns"),
    State.CHECKING: _("Being checked"),
    State.CHECKED: _("Checked"),
    State.APPLYING: _("Being imported"),
    State.APPLIED: _("Imported"),
    State.FAILED: _("Failed"),
    State.CANCELLED: _("Cancelled"),
}
OUTCOMES: Final[Words] = {
    Outcome.NEW: _("New"),
    Outcome.CHANGED: _("Changed"),
    Outcome.UNCHANGED: _("Unchanged"),
    Outcome.WRONG: _("Wrong"),
}
ENCODINGS: Final[Words] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": _("Windows-1252 (Western Europe)"),
    "latin-1": _("Latin-1 (ISO 8859-1)"),
    "iso8859-15": _("Latin-9 (ISO 8859-15)"),
    "cp1250": _("Windows-1250 (Central Europe)"),
    "mac-roman": _("Mac Roman"),
    "cp850": _("DOS (code page 850)"),
}
DELIMITERS: Final[Words] = {
    ",": _("Comma ,"),
    ";": _("Semicolon ;"),
    "\t": _("Tab"),
    "|": _("Vertical bar |"),
}
COLUMNS: Final[Words] = {
    "slug": _("Short name"),
    "name": _("Name"),
    "plan": _("Plan"),
    "owner_email": _("Owner's e-mail"),
    "owner_name": _("Owner's name"),
    "industry": _("Industry"),
    "size": _("Employees"),
    "region": _("Region"),
    "zone": _("Time zone"),
    "language": _("Language"),
    "mrr": _("Monthly revenue"),
    "currency": _("Currency"),
    "seats": _("Seats"),
    "contract_start_on": _("Contract starts"),
    "contract_end_on": _("Contract ends"),
    "renewal_on": _("Renewal"),
    "renews_itself": _("Renews itself"),
    "term_months": _("Term in months"),
    "subscription_status": _("Subscription"),
    "segment": _("Segment"),
    "csm": _("CSM (e-mail)"),
    "tags": _("Tags"),
    "customer": _("Customer"),
    "email": _("E-mail"),
    "role": _("Role"),
    "phone": _("Phone"),
    "title": _("Job title"),
    "ticket": _("Ticket (its id there)"),
    "requester": _("Requester (e-mail)"),
    "subject": _("Subject"),
    "status": _("Status"),
    "severity": _("Severity"),
    "category": _("Category"),
    "module": _("Module"),
    "source": _("Channel"),
    "opened_at": _("Opened at"),
    "resolved_at": _("Resolved at"),
    "message_at": _("Message sent at"),
    "author": _("Author of the message"),
    "internal": _("Internal note"),
    "body": _("Text of the message"),
}
FAULTS: Final[Words] = {
    "ambiguous_date": _("can be %(one)s or %(other)s: say how dates are written"),
    "ambiguous_number": _("can be %(one)s or %(other)s: say how decimals are written"),
    "another_customers": _("is not your organisation; leave the column out or empty"),
    "author_unknown": _("is no person of this customer and no colleague; else write “agent” or “customer”"),
    "broken_quote": _("a quotation mark stands in the middle of a cell; double it or quote the whole cell"),
    "chosen_twice": _("is chosen for two columns"),
    "contact_again": _("somebody with a role does not become a mere contact again"),
    "contract_backwards": _("the contract would end before it begins"),
    "customer_ambiguous": _("several customers are called so; use the short name"),
    "customer_differs": _("another customer than in the ticket's first row (row %(row)d)"),
    "customer_unknown": _("there is no such customer; use its short name, or import it first"),
    "duplicate": _("the same as in row %(row)d"),
    "has_nul": _("contains a character (NUL) that cannot be stored"),
    "in_the_future": _("lies in the future"),
    "missing": _("is needed"),
    "missing_for_new": _("is needed for what is not here yet"),
    "negative": _("cannot be negative"),
    "no_such_day": _("there is no such day"),
    "not_a_currency": _("is no currency code, such as EUR"),
    "not_a_date": _("is no date, such as 2026-03-31"),
    "not_a_language": _("is no language that is offered here, such as en"),
    "not_a_moment": _("is no date with time, such as 2026-03-31 14:05"),
    "not_a_number": _("is no number, such as 1250.50"),
    "not_a_slug": _("may have small letters, digits and hyphens, at most 60"),
    "not_a_zone": _("is no time zone, such as Europe/Madrid"),
    "not_among": _("is none of: %(right)s"),
    "not_an_address": _("is no e-mail address"),
    "not_chosen": _("is needed: say which column it is"),
    "not_in_encoding": _("has characters that cannot be read; choose another encoding"),
    "not_whole": _("is no whole number"),
    "not_yes_or_no": _("is neither yes nor no"),
    "not_yours_to_grant": _("only an owner can make somebody an owner"),
    "being_erased": _("is being erased; import the row again a little later"),
    "owner_stays": _("is an owner here; change that on the person's own page"),
    "plan_unknown": _("there is no such plan on offer; there are: %(right)s"),
    "requester_unknown": _("is no person of this customer; import the people first"),
    "resolved_before_opened": _("lies before the ticket was opened"),
    "short_year": _("write the year with four digits"),
    "staff_unknown": _("is no active colleague's address"),
    "too_large": _("is too large"),
    "too_long": _("at most %(limit)d characters; this has %(count)d"),
    "too_many_cells": _(
        "has %(count)d cells, the header %(expected)d; is a cell with the delimiter in it not quoted?"
    ),
    "unclosed_quote": _(
        "a quotation mark that begins here is never closed; the rest of the file cannot be read"
    ),
}
FAILURES: Final[Words] = {
    "is_empty": _("The file is empty."),
    "is_spreadsheet": _("This is an Excel or other office file; save it as CSV and upload that."),
    "is_archive": _("This is a compressed archive; unpack it and upload the CSV file in it."),
    "is_pdf": _("This is a PDF document; a CSV file is needed."),
    "is_no_text": _("This is no text file; a CSV file is needed."),
    "line_too_long": _("A line has more than %(limit)d million characters; this is no CSV file."),
    "no_rows": _("The file has a header and no rows below it."),
    "too_many_columns": _("The file has more than %(limit)d columns."),
    "too_many_rows": _("The file has more than %(limit)d rows; divide it into several."),
    "is_gone": _("The file is no longer stored; upload it again."),
    "gave_up": _("It could not be done, and nothing of it was kept; the reason is in the operator's log. Try again."),
    "not_allowed": _("Whoever started it may no longer do so."),
}  # fmt: skip


def told(words: Mapping[str, Any], code: str, params: Mapping[str, Any]) -> str:
    """In the reader's language; a code from an older version is shown as it is."""
    text = str(words.get(code, code))
    return text % params if params else text


def fault_words(found: Mapping[str, Any]) -> str:
    """`E-mail: is no e-mail address (félix@)`."""
    column, value = str(found.get("column", "")), str(found.get("value", ""))
    text = told(FAULTS, found["code"], found.get("params") or {})
    name = str(COLUMNS.get(column, column.removeprefix("attribute:")))
    shown = f" “{value}”" if value else ""
    return f"{name}{shown}: {text}" if name else f"{text[:1].upper()}{text[1:]}"
