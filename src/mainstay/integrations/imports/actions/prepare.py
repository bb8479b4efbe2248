"""What a person decides: upload, columns, dry run, apply, without the wrong rows, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Forbidden, Invalid
from mainstay.core.events.actions import record
from mainstay.core.storage.files import NewFile
from mainstay.integrations.imports.events import ImportCancelled, ImportUploaded
from mainstay.integrations.imports.labels import FAILURES, fault_words, told
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.queries import layout_of, visible_run, wrong_rows
from mainstay.integrations.imports.rules import OPEN, ROWS_LIMIT, Kind, State, may_import
from mainstay.integrations.imports.rules.columns import (
    ATTRIBUTE,
    TAKES_ATTRIBUTES,
    columns_for,
    guess_mapping,
    mapping_faults,
)
from mainstay.integrations.imports.rules.reading import DELIMITERS, ENCODINGS, Found, Unreadable, preview
from mainstay.integrations.imports.rules.values import DATE_ORDERS, DECIMALS

CHANNEL: Final = "mainstay_import"
_ATTRIBUTE_NAME: Final = 60


def refuse_stranger(actor: Actor, kind: Kind) -> None:
    if not may_import(actor, kind):
        raise Forbidden


def unreadable(problem: Unreadable) -> Invalid:
    return Invalid(fields={"file": [told(FAILURES, problem.code, problem.params)]})


def upload_import(actor: Actor, kind: Kind, file: NewFile, found: Found, *, at: datetime) -> ImportRun:
    """The file is stored and was looked at; nothing of it is read into the tables yet."""
    refuse_stranger(actor, kind)
    if found.row_count > ROWS_LIMIT:
        raise unreadable(Unreadable("too_many_rows", limit=ROWS_LIMIT))
    try:
        seen = preview(
            found.head, found.encoding, found.delimiter, is_whole=len(found.head) >= file.size, rows=1
        )
    except Unreadable as problem:
        raise unreadable(problem) from problem
    assert actor.person_id is not None
    run = ImportRun.objects.create(
        tenant_id=actor.home if actor.is_tenant_side else None,
        kind=kind,
        started_by_kind=actor.kind,
        started_by=actor.person_id,
        filename=file.filename,
        size=file.size,
        sha256=file.sha256,
        storage_key=file.storage_key,
        head=found.head,
        encoding=found.encoding,
        delimiter=found.delimiter,
        mapping=_allowed(actor, kind, guess_mapping(kind, seen.header)),
        zone=actor.zone,
        row_count=found.row_count,
        created_at=at,
    )
    event = ImportUploaded(import_id=run.id, kind=run.kind, sha256=run.sha256)
    record(actor, event, tenant_id=run.tenant_id, at=at)
    return run


def _allowed(actor: Actor, kind: Kind, mapping: Sequence[str]) -> list[str]:
    mine = {column.key for column in columns_for(kind, is_tenant_side=actor.is_tenant_side)}
    # The name of the customer in a customer's own file is compared, not obeyed.
    mine |= {"customer"} if kind is Kind.PEOPLE else set()
    return [key if key in mine else "" for key in mapping]


def read_otherwise(actor: Actor, run_id: UUID, *, encoding: str, delimiter: str) -> ImportRun:
    """Another encoding or delimiter than the one that was guessed; the columns are guessed anew."""
    run = _open_run(actor, run_id)
    if encoding not in ENCODINGS:
        raise Invalid(fields={"encoding": [_("There is no such choice.")]})
    if delimiter not in DELIMITERS:
        raise Invalid(fields={"delimiter": [_("There is no such choice.")]})
    run.encoding, run.delimiter, run.state = encoding, delimiter, State.UPLOADED
    run.head = ImportRun.objects.values_list("head", flat=True).get(id=run.id)
    seen = layout_of(actor, run)
    run.mapping = _allowed(actor, Kind(run.kind), guess_mapping(Kind(run.kind), seen.preview.header))
    run.save(update_fields=["encoding", "delimiter", "state", "mapping"])
    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    mapping: Sequence[str]
    date_order: str = ""
    decimal: str = ""
    zone: str = ""
    invites: bool = False


def start_check(actor: Actor, run_id: UUID, choices: Choices, *, at: datetime) -> ImportRun:
    """The dry run, by the worker. Asked again it begins anew, with every row of the file."""
    run = _open_run(actor, run_id)
    _refuse_choices(actor, run, choices)
    run.mapping = [_short(key) for key in choices.mapping]
    run.date_order, run.decimal = choices.date_order, choices.decimal
    run.zone = choices.zone or run.zone
    run.invites = choices.invites and run.kind == Kind.PEOPLE
    run.left_out = []
    run.is_checked_again = False
    begin_check(run, at)
    return run


def _short(key: str) -> str:
    return key[: len(ATTRIBUTE) + _ATTRIBUTE_NAME].strip() if key.startswith(ATTRIBUTE) else key


def begin_check(run: ImportRun, at: datetime) -> None:
    run.state, run.position, run.read_count = State.CHECKING, 0, 0
    run.new_count = run.changed_count = run.unchanged_count = run.wrong_count = 0
    run.failure, run.failure_params, run.attempts = "", {}, 0
    run.next_at = run.began_at = at
    run.save()
    transaction.on_commit(wake)


def wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def _refuse_choices(actor: Actor, run: ImportRun, choices: Choices) -> None:
    kind = Kind(run.kind)
    known = {column.key for column in columns_for(kind, is_tenant_side=actor.is_tenant_side)} | {""}
    known |= {"customer"} if kind is Kind.PEOPLE else set()
    wrong = {}
    for index, key in enumerate(choices.mapping):
        is_attribute = key.startswith(ATTRIBUTE) and key != ATTRIBUTE and kind in TAKES_ATTRIBUTES
        if key not in known and not is_attribute:
            wrong[f"column_{index}"] = [_("There is no such choice.")]
    if choices.date_order not in ("", *DATE_ORDERS):
        wrong["date_order"] = [_("There is no such choice.")]
    if choices.decimal not in ("", *DECIMALS):
        wrong["decimal"] = [_("There is no such choice.")]
    if choices.zone and choices.zone not in available_timezones():
        wrong["zone"] = [_("This is not a time zone.")]
    if wrong:
        raise Invalid(fields=wrong)
    faults = mapping_faults(kind, choices.mapping, is_tenant_side=actor.is_tenant_side)
    if faults:
        texts = [fault_words(found.as_json()) for found in faults]
        raise Invalid(fields={"mapping": texts})


def leave_out_wrong_rows(actor: Actor, run_id: UUID, *, at: datetime) -> ImportRun:
    """A new dry run without the rows that were wrong: what hung on them may be wrong now."""
    run = _in_state(actor, run_id, State.CHECKED)
    wrong = list(wrong_rows(actor, run).values_list("position", flat=True))
    if not wrong:
        raise Conflict(_("No row is wrong."))
    run.left_out = sorted({*run.left_out, *wrong})
    run.is_checked_again = False
    begin_check(run, at)
    return run


def start_apply(actor: Actor, run_id: UUID, *, at: datetime) -> ImportRun:
    """All rows or none, by the worker. Asked twice, it is done once."""
    run = visible_run(actor, run_id, lock=True)
    refuse_stranger(actor, Kind(run.kind))
    if run.state in (State.APPLYING, State.APPLIED):
        return run
    if run.state != State.CHECKED:
        raise Conflict(_("A dry run comes first."))
    if run.wrong_count:
        raise Conflict(_("Nothing is imported as long as a row is wrong."))
    if not run.new_count + run.changed_count:
        raise Conflict(_("There is nothing to import: every row is here already."))
    run.state, run.attempts, run.next_at, run.began_at = State.APPLYING, 0, at, at
    run.save(update_fields=["state", "attempts", "next_at", "began_at"])
    transaction.on_commit(wake)
    return run


def cancel_import(actor: Actor, run_id: UUID, *, at: datetime) -> ImportRun:
    """Not once it is being written: that is over in moments, and all or nothing."""
    run = visible_run(actor, run_id, lock=True)
    refuse_stranger(actor, Kind(run.kind))
    if run.state == State.CANCELLED:
        return run
    if run.state in (State.APPLYING, State.APPLIED):
        raise Conflict(_("It is being imported already."))
    run.state, run.next_at = State.CANCELLED, None
    run.save(update_fields=["state", "next_at"])
    record(actor, ImportCancelled(import_id=run.id), tenant_id=run.tenant_id, at=at)
    return run


def _open_run(actor: Actor, run_id: UUID) -> ImportRun:
    run = visible_run(actor, run_id, lock=True)
    refuse_stranger(actor, Kind(run.kind))
    if run.state not in OPEN:
        raise Conflict(_("This import is under way or over."))
    return run


def _in_state(actor: Actor, run_id: UUID, state: State) -> ImportRun:
    run = visible_run(actor, run_id, lock=True)
    refuse_stranger(actor, Kind(run.kind))
    if run.state != state:
        raise Conflict(_("This import is under way or over."))
    return run
