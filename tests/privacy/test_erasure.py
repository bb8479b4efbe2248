"""A member erased who wrote in fifty tickets (PPL-11): nothing of them is left anywhere, and the history stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.core.storage import files
from mainstay.people.privacy import jobs
from mainstay.people.privacy.actions import ask_erasure, ask_export
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.ports import keepers
from mainstay.people.privacy.rules import RequestState, Wording, erased_address
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import acting_as, builders_scope, make_member, sign_in
from tests.privacy.history import (
    EMAIL,
    NAME,
    SECOND,
    SENTENCE,
    History,
    counted,
    follow,
    make_history,
    rows_of,
    said_anywhere,
    stored,
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(settings, "MAINSTAY_STORAGE_URL", tmp_path.as_uri())
    files.the_store.cache_clear()
    yield tmp_path
    files.the_store.cache_clear()


@pytest.fixture
def history(committed: None, root: Path) -> History:
    return make_history()


def ask(history: History, wording: str = Wording.KEPT) -> PrivacyRequest:
    with acting_as(history.world.ana) as ana:
        return ask_erasure(ana, history.fernanda.id, wording=wording, confirmation=EMAIL, at=clock.now())


def carry_out(request: PrivacyRequest) -> None:
    jobs.carry_out.task.func(row_id=str(request.id))


def fresh(request: PrivacyRequest) -> PrivacyRequest:
    with builders_scope():
        return PrivacyRequest.objects.get(id=request.id)


@pytest.mark.parametrize("wording", list(Wording))
def test_nothing_of_them_is_left_and_the_history_stands(
    history: History, root: Path, admin_connection: psycopg.Connection, wording: str
) -> None:
    before, globex = counted(admin_connection, None), rows_of(admin_connection, history.world.globex.id)
    for words in (EMAIL, NAME, SENTENCE):
        assert len(said_anywhere(admin_connection, words)) > 4, "the test has something to find"
    with acting_as(history.fernanda) as her:
        export = ask_export(her, history.fernanda.id, at=clock.now())
    carry_out(export)
    request = ask(history, wording)
    carry_out(request)
    follow()
    done = fresh(request)
    assert (done.state, done.error) == (RequestState.DONE, "")
    assert set(done.counts) == {keeper.name for keeper in keepers()}
    for words in (EMAIL, NAME, *((SENTENCE, SECOND) if wording == Wording.ERASED else ())):
        assert said_anywhere(admin_connection, words) == set(), words
        assert [f for f in stored(root) if words.lower().encode() in f.lower()] == []
    assert counted(admin_connection, None) == before
    assert rows_of(admin_connection, history.world.globex.id) == globex
    if wording == Wording.KEPT:
        assert said_anywhere(admin_connection, SENTENCE) >= {"message.body", "ticket.subject"}
        assert b"a picture of a pump" in set(stored(root))
    pages_render(history)


def pages_render(history: History) -> None:
    ana, ari = sign_in(Client(), history.world.ana), sign_in(Client(), history.world.ari)
    for ticket in history.tickets[:12]:
        page = ana.get(f"/support/tickets/{ticket.number}")
        assert page.status_code == 200
        assert "Erased person" in page.content.decode()
        assert ari.get(f"/desk/tickets/{ticket.number}").status_code == 200
    assert ana.get(f"/support/people/{history.fernanda.id}").status_code == 200
    assert "Erased person" not in ana.get("/support/people").content.decode()


def test_killed_in_the_middle_it_goes_on(
    history: History, admin_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, last = ask(history), keepers()[-1]
    for at_call in (2, 5, 9):
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "sweep", dying(jobs.sweep, at_call))
            with pytest.raises(KeyboardInterrupt):  # no handler of the job's sees it, as with a kill
                carry_out(request)
        assert fresh(request).state == RequestState.RUNNING
        assert fresh(request).email == EMAIL, "it still knows whom to look for"
    monkeypatch.setattr(type(last), "erase", failing)
    with pytest.raises(RuntimeError):
        carry_out(request)
    assert fresh(request).state == RequestState.FAILED
    monkeypatch.undo()
    again = ask(history)
    assert (again.id, again.state) == (request.id, RequestState.QUEUED)
    carry_out(request)
    assert said_anywhere(admin_connection, EMAIL) == set()
    assert said_anywhere(admin_connection, NAME) == set()
    counts = fresh(request).counts
    carry_out(request)
    assert fresh(request).counts == counts, "done is done"


def dying(real: Callable[..., Any], at_call: int) -> Callable[..., Any]:
    calls = 0

    def sweep(name: str) -> Any:
        nonlocal calls
        calls += 1
        if calls == at_call:
            raise KeyboardInterrupt
        return real(name)

    return sweep


def failing(*_args: Any) -> None:
    raise RuntimeError(EMAIL)


def test_the_same_person_elsewhere_keeps_everything(
    history: History, admin_connection: psycopg.Connection
) -> None:
    from mainstay.people.access.models import Membership, OpenSession, User

    with builders_scope():
        there = make_member(history.world.globex, NAME, Role.OWNER, email=EMAIL)
    user = User.objects.get(email=EMAIL)
    Membership.objects.create(
        user=user, tenant_id=there.tenant_id, member=there, created_at=history.world.acme.created_at
    )
    globex = rows_of(admin_connection, history.world.globex.id)
    here, other = sign_in(Client(), history.fernanda), sign_in(Client(), there)
    assert here.get("/support").status_code == 200
    request = ask(history)
    assert here.get("/support").status_code == 302, "at once, before any worker"
    assert other.get("/support").status_code == 200
    carry_out(request)
    assert other.get("/support").status_code == 200
    assert OpenSession.objects.filter(user=user).count() == 1
    assert User.objects.get(id=user.id).email == EMAIL
    assert list(Membership.objects.filter(user=user).values_list("member_id", flat=True)) == [there.id]
    assert rows_of(admin_connection, history.world.globex.id) == globex
    with builders_scope():
        assert Member.objects.get(id=history.fernanda.id).email == erased_address(history.fernanda.id)
