"""Importing from CSV. The same pages on both sides: the operator's for everything, a customer's for its people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Forbidden, Malformed, NotFound, Problem
from mainstay.integrations.imports.actions import (
    Choices,
    cancel_import,
    leave_out_wrong_rows,
    read_otherwise,
    refuse_stranger,
    start_apply,
    start_check,
    upload_import,
)
from mainstay.integrations.imports.labels import COLUMNS, FAILURES, KINDS, OUTCOMES, STATES, fault_words, told
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.queries import (
    each_wrong_row,
    layout_of,
    page_of_runs,
    page_of_wrong_rows,
    size_limit,
    some_rows,
    visible_run,
)
from mainstay.integrations.imports.rules import AT_WORK, OPEN, Kind, Outcome, State, formula_safe, may_import
from mainstay.integrations.imports.rules.columns import columns_for
from mainstay.integrations.imports.uploads import TakenFile, take_file
from mainstay.people.access.doors import member_page
from mainstay.people.staff.queries import staff_names
from mainstay.people.tenants.models import Member
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.import_forms import MappingForm, ReadingForm, UploadForm

View = Callable[..., HttpResponse]
_MEANINGS: Final = {
    State.UPLOADED: "notice",
    State.CHECKING: "notice",
    State.CHECKED: "notice",
    State.APPLYING: "notice",
    State.APPLIED: "good",
    State.FAILED: "critical",
    State.CANCELLED: "neutral",
}
_OUTCOME_MEANINGS: Final = {
    Outcome.NEW: "good",
    Outcome.CHANGED: "notice",
    Outcome.UNCHANGED: "neutral",
    Outcome.WRONG: "critical",
}


@dataclass(frozen=True, slots=True)
class Side:
    """Where the pages stand."""

    prefix: str
    layout: str
    back: str
    door: Callable[[View], Any]

    def url(self, name: str, *args: object) -> str:
        return reverse(f"{self.prefix}_{name}", args=args)


def kinds_for(actor: Actor) -> list[Kind]:
    kinds = [kind for kind in Kind if may_import(actor, kind)]
    if not kinds:
        raise Forbidden
    return kinds


def list_page(side: Side) -> Any:
    def imports(request: HttpRequest, actor: Actor) -> HttpResponse:
        kinds = kinds_for(actor)
        page = page_of_runs(actor, cursor=request.GET.get("after"))
        names = _names(actor, page.rows)
        rows = [
            {
                "run": run,
                "url": side.url("import", run.id),
                "kind": KINDS[run.kind],
                "state": _state_word(run),
                "meaning": _meaning(run),
                "who": names.get(run.started_by, ""),
            }
            for run in page.rows
        ]
        context = {
            "side": side,
            "new_url": side.url("new_import"),
            "rows": rows,
            "next_cursor": page.next_cursor,
            "templates": _templates(side, kinds),
            "now": clock.now(),
        }
        return render(request, "portal/imports.html", context)

    return require_http_methods(["GET", "HEAD"])(side.door(imports))


def _names(actor: Actor, runs: Any) -> dict[UUID, str]:
    ids = {run.started_by for run in runs}
    if actor.is_tenant_side:
        found = Member.objects.filter(tenant_id=actor.home, id__in=ids)
        return {member.id: str(member) for member in found}
    return staff_names(actor, ids)


def _templates(side: Side, kinds: list[Kind]) -> list[tuple[Any, str]]:
    return [(KINDS[kind], f"{side.url('import_template')}?kind={kind.value}") for kind in kinds]


def _state_word(run: ImportRun) -> Any:
    return (
        _("Checked, rows are wrong") if run.state == State.CHECKED and run.wrong_count else STATES[run.state]
    )


def _meaning(run: ImportRun) -> str:
    if run.state == State.CHECKED and run.wrong_count:
        return "warning"
    return _MEANINGS[State(run.state)]


def template_page(side: Side) -> Any:
    """A CSV with our headers and rows that show how it is meant."""

    def import_template(request: HttpRequest, actor: Actor) -> HttpResponse:
        kinds = kinds_for(actor)
        kind = next((kind for kind in kinds if kind.value == request.GET.get("kind")), kinds[0])
        columns = columns_for(kind, is_tenant_side=actor.is_tenant_side)
        rows = [[column.key for column in columns], [column.example for column in columns]]
        if any(column.more_example for column in columns):
            rows.append([column.more_example for column in columns])
        return _csv(rows, f"{kind.value}.csv")

    return require_http_methods(["GET", "HEAD"])(side.door(import_template))


def _csv(rows: Any, name: str) -> HttpResponse:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    # The mark tells Excel that this is UTF-8.
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def new_page(side: Side) -> Any:
    def ask(request: HttpRequest, actor: Actor) -> HttpResponse:
        for kind in kinds_for(actor)[:1]:
            refuse_stranger(actor, kind)
        request.files_for = actor.tenant_id  # type: ignore[attr-defined]
        return HttpResponse(status=204)

    def new_import(request: HttpRequest, actor: Actor) -> HttpResponse:
        kinds = kinds_for(actor)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = UploadForm(*sent, kinds=kinds, initial={"kind": kinds[0]})
        taken: TakenFile | None = getattr(request, "taken", None)
        if form.is_valid() and taken is not None:
            with told_at(form):
                kind = Kind(form.cleaned_data.get("kind", kinds[0]))
                run = upload_import(actor, kind, taken.file, taken.found, at=clock.now())
            if form.is_valid():
                return redirect(side.url("import", run.id))
        elif form.is_bound and (problem := getattr(request, "file_problem", None)):
            form.add_error("file", [str(text) for text in problem.fields.get("file", [problem.detail])])
        context = {
            "side": side,
            "form": form,
            "back_url": side.url("imports"),
            "limit": size_limit(),
            "templates": _templates(side, kinds),
        }
        return render(request, "portal/new_import.html", context, status=422 if form.errors else 200)

    first, second = side.door(ask), side.door(new_import)

    def door(request: HttpRequest) -> HttpResponseBase:
        """The file is read and stored between two scopes: nothing waits for a disk inside one."""
        file = request.FILES.get("file") if request.method == "POST" else None
        if file is not None:
            refused: HttpResponse = first(request)
            if refused.status_code != 204:
                return refused
            try:
                stream: Any = file.file
                request.taken = take_file(request.files_for, file.name or "", stream)  # type: ignore[attr-defined]
            except Problem as problem:
                request.file_problem = problem  # type: ignore[attr-defined]
        return second(request)  # type: ignore[no-any-return]

    door.sides = first.sides  # type: ignore[attr-defined]
    return require_http_methods(["GET", "HEAD", "POST"])(door)


def import_page(side: Side) -> Any:
    def one_import(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponse:
        run = visible_run(actor, run_id)
        if request.method == "POST":
            return _act(request, actor, run, side)
        return _show(request, actor, run, side)

    return require_http_methods(["GET", "HEAD", "POST"])(side.door(one_import))


def _act(request: HttpRequest, actor: Actor, run: ImportRun, side: Side) -> HttpResponse:
    at, what = clock.now(), request.POST.get("do", "")
    if what == "check":
        return _check(request, actor, run, side)
    if what == "look":
        form = ReadingForm(request.POST)
        if not form.is_valid():
            return _show(request, actor, run, side, reading=form)
        read_otherwise(actor, run.id, **form.cleaned_data)
        return redirect(side.url("import", run.id))
    acts = {"apply": start_apply, "without": leave_out_wrong_rows, "cancel": cancel_import}
    if what not in acts:
        raise Malformed
    try:
        acts[what](actor, run.id, at=at)
    except Conflict as problem:
        messages.error(request, str(problem.detail))
    return redirect(side.url("import", run.id))


def _check(request: HttpRequest, actor: Actor, run: ImportRun, side: Side) -> HttpResponse:
    run = ImportRun.objects.get(id=run.id)  # with its beginning
    form = MappingForm(request.POST, run=run, layout=layout_of(actor, run))
    if form.is_valid():
        given = form.cleaned_data
        choices = Choices(
            mapping=form.mapping(),
            date_order=given.get("date_order", ""),
            decimal=given.get("decimal", ""),
            zone=given.get("zone", ""),
            invites=given.get("invites", False),
        )
        with told_at(form):
            start_check(actor, run.id, choices, at=clock.now())
    if not form.is_valid():
        return _show(request, actor, run, side, mapping=form)
    return redirect(side.url("import", run.id))


def _show(
    request: HttpRequest,
    actor: Actor,
    run: ImportRun,
    side: Side,
    *,
    mapping: MappingForm | None = None,
    reading: ReadingForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "side": side,
        "back_url": side.url("imports"),
        "new_url": side.url("new_import"),
        "run": run,
        "kind": KINDS[run.kind],
        "state": _state_word(run),
        "meaning": _meaning(run),
        "who": _names(actor, [run]).get(run.started_by, ""),
        "counts": _counts(run),
        "is_at_work": run.state in AT_WORK,
        "is_inviting": run.state == State.APPLIED and run.next_at is not None,
        "failure": told(FAILURES, run.failure, run.failure_params) if run.failure else "",
        "now": clock.now(),
        **_progress(run, side),
    }
    if run.state in OPEN and (run.state != State.CHECKED or "columns" in request.GET or mapping or reading):
        context |= _columns(actor, run, mapping, reading)
    elif run.state == State.CHECKED:
        context |= _result(request, actor, run, side)
    status = 422 if mapping or reading else 200
    return render(request, "portal/import.html", context, status=status)


def _counts(run: ImportRun) -> list[dict[str, Any]]:
    return [
        {"word": OUTCOMES[outcome], "count": run.counts[outcome.value], "meaning": _OUTCOME_MEANINGS[outcome]}
        for outcome in Outcome
    ]


def _columns(
    actor: Actor, run: ImportRun, mapping: MappingForm | None, reading: ReadingForm | None
) -> dict[str, Any]:
    run = ImportRun.objects.get(id=run.id)  # with its beginning
    layout = layout_of(actor, run)
    start = {"date_order": run.date_order, "decimal": run.decimal, "zone": run.zone, "invites": run.invites}
    form = mapping or MappingForm(run=run, layout=layout, initial=start)
    rows = [
        {
            "name": name,
            "field": form[f"column_{index}"],
            "samples": [cells[index] for cells in layout.preview.rows if cells[index].strip()][:3],
        }
        for index, name in enumerate(layout.preview.header)
    ]
    return {
        "mapping": form,
        "column_rows": rows,
        "reading": reading or ReadingForm(initial={"encoding": run.encoding, "delimiter": run.delimiter}),
        "unreadable": told(FAILURES, layout.problem.code, layout.problem.params) if layout.problem else "",
        "needed": ", ".join(str(COLUMNS[c.key]) for c in layout.columns if c.needed == "always"),
        "needed_for_new": ", ".join(str(COLUMNS[c.key]) for c in layout.columns if c.needed == "new"),
    }


def _result(request: HttpRequest, actor: Actor, run: ImportRun, side: Side) -> dict[str, Any]:
    page = page_of_wrong_rows(actor, run, cursor=request.GET.get("after"))
    return {
        "wrong": [(row.position, [fault_words(found) for found in row.faults]) for row in page.rows],
        "next_cursor": page.next_cursor,
        "errors_url": side.url("import_errors", run.id),
        "examples": [
            (OUTCOMES[outcome], [(row.position, _line(row.values)) for row in found])
            for outcome in (Outcome.NEW, Outcome.CHANGED)
            if not run.wrong_count and (found := some_rows(actor, run, outcome))
        ],
        "can_apply": not run.wrong_count and bool(run.new_count + run.changed_count),
        "columns_url": f"{side.url('import', run.id)}?columns=yes",
    }


def _line(values: dict[str, Any]) -> str:
    """A few of a row's values in one line."""
    words = [", ".join(map(str, v)) if isinstance(v, list) else str(v) for v in values.values() if v]
    return " · ".join(words)[:160]


def progress_page(side: Side) -> Any:
    """Asked for each second while the worker is at it; when it is done, the whole page is fetched anew."""

    def import_progress(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponse:
        run = visible_run(actor, run_id)
        context = {"run": run, "is_at_work": run.state in AT_WORK, "now": clock.now(), **_progress(run, side)}
        response = render(request, "portal/_import_progress.html", context)
        if run.state not in AT_WORK:
            response["HX-Refresh"] = "true"
        return response

    return require_http_methods(["GET", "HEAD"])(side.door(import_progress))


def _progress(run: ImportRun, side: Side) -> dict[str, Any]:
    total = max(run.row_count - len(run.left_out), 1)
    return {
        "progress_url": side.url("import_progress", run.id),
        "total": max(total, run.read_count),
        "to_write": run.new_count + run.changed_count,
        "is_writing": run.state == State.APPLYING,
    }


def errors_page(side: Side) -> Any:
    """The wrong rows as the file has them, and a column that says why; to be mended and uploaded again."""

    def import_errors(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponse:
        run = visible_run(actor, run_id)
        run = ImportRun.objects.get(id=run.id)
        if run.state != State.CHECKED:
            raise NotFound
        return _csv(_error_rows(actor, run), "errors.csv")

    return require_http_methods(["GET", "HEAD"])(side.door(import_errors))


def _error_rows(actor: Actor, run: ImportRun) -> Iterator[list[str]]:
    header = layout_of(actor, run).preview.header
    yield [*map(formula_safe, header), "row", "error"]
    for row in each_wrong_row(actor, run):
        cells = [*map(formula_safe, row.cells), *[""] * (len(header) - len(row.cells))]
        words = "; ".join(fault_words(found) for found in row.faults)
        yield [*cells, str(row.position), formula_safe(words)]


PORTAL: Final = Side("support", "portal/base.html", "support_people", member_page)
imports = list_page(PORTAL)
new_import = new_page(PORTAL)
one_import = import_page(PORTAL)
import_progress = progress_page(PORTAL)
import_errors = errors_page(PORTAL)
import_template = template_page(PORTAL)
