"""From file to rows: dry run, apply, resumption, and who may (PPL-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mainstay.core.errors import Conflict, Forbidden, NotFound
from mainstay.core.events.models import Event
from mainstay.core.storage.files import delete_stored, open_stored
from mainstay.integrations.imports.actions import (
    Choices,
    apply,
    cancel_import,
    leave_out_wrong_rows,
    start_apply,
    start_check,
)
from mainstay.integrations.imports.jobs import forget_imports
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.queries import known_files
from mainstay.integrations.imports.rules import Kind, State
from mainstay.integrations.imports.tests.make import (
    NOW,
    PEOPLE_HEAD,
    applied,
    checked,
    faults,
    fresh,
    rows,
    table,
    upload,
    work,
)
from mainstay.people.access.models import Invitation
from mainstay.people.messages.models import StaffNotice
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def people(*lines: tuple[str, ...]) -> str:
    return table(PEOPLE_HEAD, lines)


def members(**by: object) -> list[Member]:
    with builders_scope():
        return list(Member.objects.filter(**by).order_by("email"))


TWO = (
    ("acme", "rosa@acme.example", "Rosa", "field"),
    ("Globex", "Ivo@Globex.example", "Ivo", ""),
)


def test_a_dry_run_writes_nothing_and_says_what_would_be(world: World) -> None:
    known = ("acme", "felix@acme.example", "Félix", "field")
    changed = ("acme", "clara@acme.example", "Clara B.", "")
    run = checked(world.max, Kind.PEOPLE, people(*TWO, known, changed))
    assert run.state == State.CHECKED
    assert run.counts == {"new": 2, "changed": 1, "unchanged": 1, "wrong": 0}
    assert not members(email="rosa@acme.example")
    assert [row.outcome for row in rows(run)] == ["new", "new", "unchanged", "changed"]


def test_applied_as_the_person_who_started_it(world: World) -> None:
    run = applied(world.max, Kind.PEOPLE, people(*TWO))
    assert run.state == State.APPLIED
    rosa, ivo = members(email="rosa@acme.example")[0], members(email="ivo@globex.example")[0]
    assert (rosa.tenant_id, rosa.role, rosa.state, rosa.name) == (world.acme.id, "field", "invited", "Rosa")
    assert (ivo.tenant_id, ivo.role, ivo.state) == (world.globex.id, "contact", "active")
    with builders_scope():
        done = Event.objects.get(name="import.applied")
        added = list(Event.objects.filter(name="member.added").order_by("n"))
        assert not Invitation.objects.exists()
    assert done.data["new"] == 2
    assert {event.subject_id for event in added} == {rosa.id, ivo.id}
    for event in (done, *added):
        assert (event.actor_kind, event.actor_id, event.door) == ("staff", world.max.id, "import")
    assert {event.cause for event in added} == {done.n}


def test_again_the_same_file_changes_nothing(world: World) -> None:
    applied(world.max, Kind.PEOPLE, people(*TWO))
    again = checked(world.max, Kind.PEOPLE, people(*TWO))
    assert again.counts == {"new": 0, "changed": 0, "unchanged": 2, "wrong": 0}
    with acting_as(world.max) as actor, pytest.raises(Conflict):
        start_apply(actor, again.id, at=NOW)


def test_changed_people_keep_what_the_file_leaves_empty(world: World) -> None:
    content = table(
        ("customer", "email", "name", "title", "phone"),
        [("acme", "felix@acme.example", "", "Site manager", "+34 600")],
    )
    applied(world.max, Kind.PEOPLE, content)
    felix = members(email="felix@acme.example")[0]
    assert (felix.name, felix.title, felix.phone, felix.role) == ("Félix", "Site manager", "+34 600", "field")
    with builders_scope():
        assert Event.objects.get(name="member.profile_changed").data["changed"] == ["phone", "title"]


def test_one_wrong_row_and_nothing_is_imported(world: World) -> None:
    run = checked(world.max, Kind.PEOPLE, people(*TWO, ("acme", "no address", "N", "field")))
    assert faults(run) == {4: [("email", "not_an_address")]}
    with acting_as(world.max) as actor, pytest.raises(Conflict):
        start_apply(actor, run.id, at=NOW)
    assert work() == 0
    assert not members(email="rosa@acme.example")


def test_without_the_wrong_rows_after_a_dry_run_of_the_rest(world: World) -> None:
    run = checked(world.max, Kind.PEOPLE, people(("acme", "no address", "N", "field"), *TWO))
    with acting_as(world.max) as actor:
        leave_out_wrong_rows(actor, run.id, at=NOW)
    work()
    assert fresh(run).counts == {"new": 2, "changed": 0, "unchanged": 0, "wrong": 0}
    with acting_as(world.max) as actor:
        start_apply(actor, run.id, at=NOW)
    work()
    assert members(email="rosa@acme.example")
    assert fresh(run).left_out == [2]


def test_what_is_wrong_with_people(world: World) -> None:
    run = checked(
        world.max,
        Kind.PEOPLE,
        people(
            ("acme", "rosa@acme.example", "", "boss"),
            ("nowhere", "rosa@acme.example", "", ""),
            ("", "rosa@acme.example", "", ""),
            ("acme", "", "", ""),
            ("acme", "eva@acme.example", "", ""),
            ("ACME", "EVA@acme.example", "", ""),
            ("acme", "ana@acme.example", "", "field"),
            ("acme", "felix@acme.example", "", "contact"),
        ),
    )
    assert faults(run) == {
        2: [("role", "not_among")],
        3: [("customer", "customer_unknown")],
        4: [("customer", "missing")],
        5: [("email", "missing")],
        7: [("", "duplicate")],
        8: [("role", "owner_stays")],
        9: [("role", "contact_again")],
    }
    assert rows(run)[5].faults[0]["params"] == {"row": 6}


def test_duplicates_are_found_across_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.integrations.imports.jobs.BATCH", 3)
    lines = [("acme", f"p{n % 7}@acme.example", "", "") for n in range(9)]
    run = checked(world.max, Kind.PEOPLE, people(*lines))
    assert faults(run) == {9: [("", "duplicate")], 10: [("", "duplicate")]}
    assert run.read_count == 9


class TestACustomersOwnPeople:
    def test_the_owner_imports_into_their_own_organisation(self, world: World) -> None:
        content = table(("email", "role"), [("rosa@acme.example", "tenant_admin")])
        run = applied(world.ana, Kind.PEOPLE, content)
        assert run.tenant_id == world.acme.id
        assert members(email="rosa@acme.example")[0].tenant_id == world.acme.id

    def test_a_row_that_names_another_customer_is_wrong(self, world: World) -> None:
        content = people(("globex", "rosa@acme.example", "", ""), ("Acme", "eva@acme.example", "", ""))
        run = checked(world.ana, Kind.PEOPLE, content)
        assert faults(run) == {2: [("customer", "another_customers")]}
        assert not members(email="rosa@acme.example")

    def test_not_even_when_its_column_is_left_out(self, world: World) -> None:
        content = people(("globex", "gus@globex.example", "Not Gus", ""))
        applied(world.ana, Kind.PEOPLE, content, mapping=["", "email", "name", "role"])
        assert {m.tenant_id: m.name for m in members(email="gus@globex.example")} == {
            world.acme.id: "Not Gus",
            world.globex.id: "Gus",
        }

    def test_only_an_owner_makes_owners(self, world: World) -> None:
        with builders_scope():
            Member.objects.filter(id=world.felix.id).update(role="tenant_admin")
            felix = Member.objects.get(id=world.felix.id)
        content = table(("email", "role"), [("rosa@acme.example", "owner")])
        assert faults(checked(felix, Kind.PEOPLE, content)) == {2: [("role", "not_yours_to_grant")]}
        assert faults(checked(world.ana, Kind.PEOPLE, content)) == {}

    def test_nothing_else_and_nobody_else(self, world: World) -> None:
        content = table(("email",), [("rosa@acme.example",)])
        for person, kind in (
            (world.ana, Kind.CUSTOMERS),
            (world.ana, Kind.HISTORY),
            (world.felix, Kind.PEOPLE),
            (world.clara, Kind.PEOPLE),
            (world.ari, Kind.PEOPLE),
            (world.cora, Kind.CUSTOMERS),
        ):
            with pytest.raises(Forbidden):
                upload(person, kind, content)

    def test_one_side_does_not_see_the_other_sides(self, world: World) -> None:
        theirs = checked(world.ana, Kind.PEOPLE, table(("email",), [("rosa@acme.example",)]))
        ours = checked(world.max, Kind.PEOPLE, people(*TWO))
        for person, run in (
            (world.gus, theirs),
            (world.max, theirs),
            (world.ana, ours),
            (world.felix, theirs),
        ):
            with acting_as(person) as actor, pytest.raises(NotFound):
                start_apply(actor, run.id, at=NOW)


class TestWorkers:
    def test_two_applies_are_one(self, world: World) -> None:
        run = checked(world.max, Kind.PEOPLE, people(*TWO))
        with acting_as(world.max) as actor:
            start_apply(actor, run.id, at=NOW)
            start_apply(actor, run.id, at=NOW)
        assert work() == 1
        with acting_as(world.max) as actor:
            start_apply(actor, run.id, at=NOW)
        assert work(NOW + timedelta(hours=1)) == 0
        assert len(members(email="rosa@acme.example")) == 1

    def test_something_changed_since_the_dry_run(self, world: World) -> None:
        run = checked(world.max, Kind.PEOPLE, people(*TWO))
        with builders_scope():
            Tenant.objects.filter(id=world.globex.id).update(slug="globex-2", name="Globex 2")
        with acting_as(world.max) as actor:
            start_apply(actor, run.id, at=NOW)
        work()
        run = fresh(run)
        assert (run.state, run.is_checked_again, run.wrong_count) == (State.CHECKED, True, 1)
        assert faults(run) == {3: [("customer", "customer_unknown")]}
        assert not members(email="rosa@acme.example")

    def test_whoever_lost_the_right_meanwhile_does_not_import(self, world: World) -> None:
        run = checked(world.ana, Kind.PEOPLE, table(("email",), [("rosa@acme.example",)]))
        with acting_as(world.ana) as actor:
            start_apply(actor, run.id, at=NOW)
        with builders_scope():
            Member.objects.filter(id=world.ana.id).update(state="suspended")
        work()
        assert (fresh(run).state, fresh(run).failure) == (State.FAILED, "not_allowed")
        assert not members(email="rosa@acme.example")

    def test_a_cancelled_import_stays_as_it_is(self, world: World) -> None:
        run = upload(world.max, Kind.PEOPLE, people(*TWO))
        with acting_as(world.max) as actor:
            start_check(actor, run.id, Choices(mapping=run.mapping), at=NOW)
            cancel_import(actor, run.id, at=NOW)
        assert work() == 0
        with builders_scope():
            assert not ImportRow.objects.exists()
        with acting_as(world.max) as actor, pytest.raises(Conflict):
            start_check(actor, run.id, Choices(mapping=run.mapping), at=NOW)

    def test_the_next_worker_goes_on_where_one_died(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mainstay.integrations.imports.jobs.BATCH", 10)
        monkeypatch.setattr("mainstay.integrations.imports.jobs._SLICE_S", 0)
        run = upload(
            world.max, Kind.PEOPLE, people(*((("acme", f"p{n}@acme.example", "", "")) for n in range(95)))
        )
        with acting_as(world.max) as actor:
            start_check(actor, run.id, Choices(mapping=run.mapping), at=NOW)
        work(until=lambda: fresh(run).read_count >= 49)
        with builders_scope():  # as a killed worker leaves it: claimed, and the claim runs out
            ImportRun.objects.update(next_at=NOW + timedelta(seconds=60), attempts=1)
        assert work(NOW + timedelta(seconds=59)) == 0
        assert work(NOW + timedelta(seconds=61)) > 1
        assert fresh(run).counts["new"] == 95
        assert [row.position for row in rows(run)] == list(range(2, 97))

    def test_invitations_only_when_asked_and_then_once(self, world: World) -> None:
        run = applied(world.max, Kind.PEOPLE, people(*TWO), invites=True)
        with builders_scope():
            assert [i.member.email for i in Invitation.objects.select_related("member")] == [
                "rosa@acme.example"
            ]
        assert run.invited_count == 1
        assert work(NOW + timedelta(days=1)) == 0


class TestKeeping:
    def test_files_of_imports_are_nobodys_orphans(self, world: World) -> None:
        run = upload(world.max, Kind.PEOPLE, people(*TWO))
        assert known_files([run.storage_key, "unknown"]) == {run.storage_key}
        assert list(open_stored(run.storage_key))

    def test_rows_and_files_go_when_their_time_is_over(self, world: World) -> None:
        done = applied(world.max, Kind.PEOPLE, people(*TWO))
        waiting = upload(world.ana, Kind.PEOPLE, people(*TWO))
        assert forget_imports(at=NOW + timedelta(days=29), keep_days=30) == 0
        assert forget_imports(at=NOW + timedelta(days=31), keep_days=0) == 0
        assert forget_imports(at=NOW + timedelta(days=31), keep_days=30) == 2
        assert rows(done) == []
        assert (fresh(done).counts["new"], fresh(done).state, fresh(done).storage_key) == (2, "applied", "")
        assert bytes(fresh(waiting).head) == b""
        assert fresh(waiting).state == State.CANCELLED
        with pytest.raises(FileNotFoundError):
            open_stored(done.storage_key)
        assert members(email="rosa@acme.example")

    def test_a_file_that_is_gone_is_told(self, world: World) -> None:
        run = upload(world.max, Kind.PEOPLE, people(*TWO))
        delete_stored(run.storage_key)
        with acting_as(world.max) as actor:
            start_check(actor, run.id, Choices(mapping=run.mapping), at=NOW)
        work()
        assert (fresh(run).state, fresh(run).failure) == (State.FAILED, "is_gone")
        with builders_scope():
            assert StaffNotice.objects.get().params["what"] == "failed"


def test_what_fails_for_good_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = checked(world.max, Kind.PEOPLE, people(*TWO))
    with acting_as(world.max) as actor:
        start_apply(actor, run.id, at=NOW)

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setitem(apply._WRITERS, Kind.PEOPLE, broken)  # type: ignore[misc]
    for minute in range(10):
        work(NOW + timedelta(minutes=minute))
    assert (fresh(run).state, fresh(run).failure) == (State.FAILED, "gave_up")
    assert not members(email="rosa@acme.example")


def test_a_customer_invites_a_hundred_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.people.access.actions.invitations.INVITATIONS_AN_HOUR", 3)
    content = table(("email", "role"), [(f"p{n}@acme.example", "field") for n in range(5)])
    run = applied(world.ana, Kind.PEOPLE, content, invites=True)
    assert run.invited_count == 3
    work(NOW + timedelta(minutes=11))
    assert fresh(run).invited_count == 3
    work(NOW + timedelta(minutes=75))
    assert (fresh(run).invited_count, fresh(run).next_at) == (5, None)
