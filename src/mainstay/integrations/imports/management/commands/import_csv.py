"""An import from a shell, by the same actions as the pages, in the name of an administrator."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind, Origin, Role, system_actor
from mainstay.core.errors import Problem
from mainstay.core.wall.scope import operator_scope, scope
from mainstay.integrations.imports.actions import Choices, start_apply, start_check, upload_import
from mainstay.integrations.imports.jobs import claim, work_on
from mainstay.integrations.imports.labels import fault_words
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.queries import each_wrong_row, visible_run
from mainstay.integrations.imports.rules import AT_WORK, Kind, State
from mainstay.integrations.imports.rules.values import DATE_ORDERS, DECIMALS
from mainstay.integrations.imports.uploads import take_file
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.rules import clean_email

_SHOWN = 100


class Command(BaseCommand):
    help = "Imports customers, people or ticket history from a CSV file: all rows, or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[kind.value for kind in Kind])
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="email", required=True, help="address of an administrator")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--dates", choices=DATE_ORDERS, default="", help="day or month first")
        parser.add_argument("--decimals", choices=DECIMALS, default="", help="the decimal mark")
        parser.add_argument("--invite", action="store_true", help="send invitations to new people")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = _administrator(options["email"])
        path: Path = options["file"]
        try:
            with path.open("rb") as stream:
                taken = take_file(None, path.name, stream)
            with scope(actor):
                run = upload_import(actor, Kind(options["kind"]), taken.file, taken.found, at=clock.now())
                choices = Choices(
                    mapping=run.mapping,
                    date_order=options["dates"],
                    decimal=options["decimals"],
                    invites=options["invite"],
                )
                start_check(actor, run.id, choices, at=clock.now())
            run = self._wait(actor, run.id)
            self._tell(actor, run)
            if run.wrong_count:
                raise CommandError("Nothing is imported as long as a row is wrong.")
            if options["dry_run"] or run.state != State.CHECKED:
                return
            with scope(actor):
                start_apply(actor, run.id, at=clock.now())
            run = self._wait(actor, run.id)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except Problem as problem:
            raise CommandError(_words(problem)) from problem
        self.stdout.write("Imported." if run.state == State.APPLIED else f"Not imported: {run.state}.")

    def _wait(self, actor: Actor, run_id: UUID) -> ImportRun:
        """Works on it here, or waits for the worker that has taken it."""
        while True:
            with scope(actor):
                run = visible_run(actor, run_id)
            if run.state not in AT_WORK:
                return run
            if claimed := claim(clock.now(), only=run_id):
                work_on(claimed, clock.now())
            else:
                time.sleep(0.5)

    def _tell(self, actor: Actor, run: ImportRun) -> None:
        if run.state == State.FAILED:
            raise CommandError(f"The file could not be checked: {run.failure}")
        self.stdout.write(", ".join(f"{count} {name}" for name, count in run.counts.items()))
        with scope(actor):
            for number, row in enumerate(each_wrong_row(actor, run)):
                if number == _SHOWN:
                    self.stdout.write(f"… and {run.wrong_count - _SHOWN} more")
                    return
                words = "; ".join(fault_words(found) for found in row.faults)
                self.stdout.write(f"row {row.position}: {words}")


def _administrator(email: str) -> Actor:
    with operator_scope(system_actor()):
        staff = Staff.objects.filter(email=clean_email(email), is_active=True).first()
    if staff is None:
        raise CommandError(f"{email} is no active member of the staff.")
    return Actor(
        ActorKind.STAFF,
        person_id=staff.id,
        roles=frozenset(Role(role) for role in staff.roles),
        name=staff.name,
        language=staff.language,
        zone=staff.zone,
        origin=Origin(door="command"),
    )


def _words(problem: Problem) -> str:
    return "; ".join(str(text) for texts in problem.fields.values() for text in texts) or str(problem.detail)
