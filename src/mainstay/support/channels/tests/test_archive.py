"""CHN-1: old mail out of files keeps its dates, writes to nobody, and goes on where it was cut short."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mainstay.core.clock import now
from mainstay.core.events.dispatch import Follower
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import make_world
from mainstay.support.channels import archive
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.archive import sent_at
from mainstay.support.channels.models import InboundMail
from mainstay.support.channels.rules import MailState
from mainstay.support.channels.tests.make import NOW, messages, raw_mail, save_in_memory, tickets
from mainstay.support.sla.models import Clock

THEN = "Mon, 3 Mar 2025 09:30:00 +0100"
AT = datetime(2025, 3, 3, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _notes(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"


def old(n: int = 0, **headers: str) -> bytes:
    given = {"Date": THEN, **headers}
    return raw_mail(subject=f"Old {n}", body=f"Words {n}", message_id=f"<old{n}@acme.example>", headers=given)


def imported(*paths: Path, **more: Any) -> str:
    said = StringIO()
    call_command("import_mail", *map(str, paths), stdout=said, **more)
    return said.getvalue()


def rows() -> list[InboundMail]:
    with sweep("demo"):
        return list(InboundMail.objects.order_by("received_at", "id"))


def box(path: Path, count: int) -> Path:
    made = mailbox.mbox(path)
    for n in range(count):
        made.add(old(n))
    made.close()
    return path


def test_dates_stay_nobody_is_written_to_and_no_promise_runs(committed: None, tmp_path: Path) -> None:
    make_world()
    follower = Follower()
    follower.run_due(now(), 100)
    (tmp_path / "one.eml").write_bytes(old())
    (tmp_path / "two.eml").write_bytes(old(1, References="<old0@acme.example>"))
    imported(tmp_path / "one.eml")
    take_in_due(save_in_memory, now(), 10)
    imported(tmp_path / "two.eml")
    take_in_due(save_in_memory, now(), 10)
    follower.run_due(now(), 100)
    follower.lease.give_back()
    (ticket,) = tickets()
    assert (ticket.opened_at, ticket.last_message_at) == (AT, AT)
    assert [m.created_at for m in messages(ticket)] == [AT, AT]
    assert not any(m.is_automatic for m in messages(ticket)), "people wrote them"
    with sweep("demo"):
        assert not Delivery.objects.exists()
        assert not Clock.objects.exists()


@pytest.mark.django_db
def test_an_mbox_a_file_and_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    box(folder / "a.mbox", 3)
    (folder / "b.eml").write_bytes(old(10))
    (folder / ".hidden").write_bytes(b"x")
    said = imported(folder)
    assert "4 of 4" in said
    assert "4 mails kept" in said
    assert {row.received_at for row in rows()} == {AT}
    assert {row.door for row in rows()} == {"import"}


@pytest.mark.django_db
def test_cut_short_it_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = box(tmp_path / "a.mbox", 120)
    kept = archive.keep_old_mails
    calls: list[int] = []

    def cut_short(*args: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        kept(*args, **more)

    monkeypatch.setattr(archive, "keep_old_mails", cut_short)
    with pytest.raises(KeyboardInterrupt):
        imported(path)
    assert len(rows()) == 50
    said = imported(path)
    assert "the first 50 were kept by an earlier run" in said
    assert "70 mails kept" in said
    assert len(rows()) == 120
    assert "0 mails kept" in imported(path)


def test_imported_again_it_is_the_same_mail(committed: None, tmp_path: Path) -> None:
    make_world()
    path = box(tmp_path / "a.mbox", 2)
    imported(path)
    imported(path, again=True)
    while take_in_due(save_in_memory, now(), 50):
        pass
    assert len(tickets()) == 2
    assert [row.state for row in rows()].count(MailState.DUPLICATE) == 2


@pytest.mark.django_db
def test_what_is_not_there_is_said_before_anything_is_kept(tmp_path: Path) -> None:
    path = box(tmp_path / "a.mbox", 1)
    with pytest.raises(CommandError, match="does not exist"):
        imported(path, tmp_path / "none.mbox")
    assert rows() == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (f"Received: from a by b; {THEN}\nDate: Tue, 4 Mar 2025 08:00:00 +0000\n", AT),
        (f"Date: {THEN}\n", AT),
        ("Date: Mon, 3 Mar 2025 08:30:00\n", AT),
        ("Received: nonsense\nDate: nonsense\n", NOW),
        ("Date: Thu, 1 Jan 1970 00:00:00 +0000\n", NOW),
        ("Date: Thu, 1 Jan 2099 00:00:00 +0000\n", NOW),
        ("Date: Mon, 99 Foo 2025 99:99:99 +9999\n", NOW),
        ("", NOW),
    ],
)
def test_when_it_arrived(head: str, found: datetime) -> None:
    assert sent_at(f"{head}Subject: x\n\nbody".encode(), NOW) == found
