"""A large file, 37 of its rows wrong, in Latin-1 with the mark of UTF-8 in front (PPL-12).

IMPORT_ROWS=100000 tries the whole size; the seconds and the memory are printed (-s).
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mainstay.integrations.imports.actions import leave_out_wrong_rows, start_apply
from mainstay.integrations.imports.rules import Kind, State
from mainstay.integrations.imports.tests.make import NOW, checked, faults, fresh, table, work
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import acting_as, builders_scope, make_world
from mainstay.support.tickets.models import Message, Ticket

ROWS = int(os.environ.get("IMPORT_ROWS", "3000"))
WRONG = 37
BOM = b"\xef\xbb\xbf"
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@contextmanager
def measured(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"\n{what}: {ROWS} rows, {time.monotonic() - began:.1f} s, peak {peak} MB\n")


def test_people() -> None:
    world = make_world()
    wrong = set(random.Random(7).sample(range(2, ROWS + 2), WRONG))
    lines = [
        (
            ("acme", "globex")[n % 2],
            f"señor{n}@example.com" if n in wrong else f"person{n}@example.com",
            f"José Núñez {n}",
            ("field", "contact", "pm")[n % 3],
            "es",
            f"+34 600 {n:06}",
        )
        for n in range(2, ROWS + 2)
    ]
    head = ("Empresa", "Correo electrónico", "Nombre", "Rol", "Idioma", "Teléfono")
    content = BOM + table(head, lines, delimiter=";").encode("latin-1")
    with measured("people, dry run"):
        run = checked(world.max, Kind.PEOPLE, content)
    assert (run.encoding, run.delimiter) == ("cp1252", ";")
    assert run.mapping == ["customer", "email", "name", "role", "language", "phone"]
    assert run.state == State.CHECKED
    assert set(faults(run)) == wrong
    assert run.counts == {"new": ROWS - WRONG, "changed": 0, "unchanged": 0, "wrong": WRONG}
    with acting_as(world.max) as actor:
        leave_out_wrong_rows(actor, run.id, at=NOW)
    with measured("people, dry run without the wrong rows"):
        work()
    assert fresh(run).wrong_count == 0
    with acting_as(world.max) as actor:
        start_apply(actor, run.id, at=NOW)
    with measured("people, import"):
        work()
    assert fresh(run).state == State.APPLIED
    with builders_scope():
        assert Member.objects.filter(name__startswith="José Núñez").count() == ROWS - WRONG


def test_history() -> None:
    world = make_world()
    people = {"acme": "felix@acme.example", "globex": "gus@globex.example"}
    lines = []
    for n in range(ROWS):
        ticket, turn = divmod(n, 4)
        customer = ("acme", "globex")[ticket % 2]
        first = (customer, people[customer], f"La exportación {ticket}", "closed") if turn == 0 else ("",) * 4
        author = people[customer] if turn % 2 == 0 else "ari@mainstay.example"
        lines.append(
            (
                f"T{ticket}",
                *first,
                f"2025-01-{ticket % 28 + 1:02} 1{turn}:00",
                author,
                "Años de historia.\n" * 9,
            )
        )
    head = ("ticket", "customer", "requester", "subject", "status", "message_at", "author", "body")
    with measured("history, dry run"):
        run = checked(world.max, Kind.HISTORY, table(head, lines).encode())
    assert faults(run) == {}
    with acting_as(world.max) as actor:
        start_apply(actor, run.id, at=NOW)
    with measured("history, import"):
        work()
    assert fresh(run).state == State.APPLIED
    with builders_scope():
        assert Ticket.objects.count() == -(-ROWS // 4)
        assert Message.objects.count() == ROWS
        one = Ticket.objects.get(external_ids={"import": "T1"})
        assert (one.message_count, one.status, one.first_response_at.hour) == (4, "closed", 11)
