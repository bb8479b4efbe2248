"""CHN-1: administrators hear once that a mailbox has stopped working, and once that it works again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from mainstay.core.actor import system_actor
from mainstay.core.errors import Forbidden, Invalid
from mainstay.core.events.actions import fact_of
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import operator_scope, sweep
from mainstay.people.messages.models import StaffNotice
from mainstay.people.messages.notices.reading import text_of
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.support.channels.actions import fetch
from mainstay.support.channels.actions.fetch import NotOurs, Serving
from mainstay.support.channels.actions.heartbeat import alert_due, tell_alerts
from mainstay.support.channels.actions.mailboxes import (
    ImapSettings,
    add_imap_mailbox,
    change_imap_mailbox,
    pause_mailbox,
)
from mainstay.support.channels.models import Mailbox
from mainstay.support.channels.rules import (
    AfterFetch,
    Security,
    Trouble,
    next_connection,
    next_fetch,
)
from mainstay.support.channels.tests.make import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return make_world()


def given(**more: Any) -> ImapSettings:
    base: dict[str, Any] = {
        "name": "Support",
        "address": "support@mainstay.example",
        "host": "imap.mainstay.example",
        "port": 993,
        "security": Security.TLS,
        "username": "support",
        "password": "secret",
    }
    return ImapSettings(**{**base, **more})


def add(world: World, **more: Any) -> Mailbox:
    with acting_as(world.max) as actor:
        return add_imap_mailbox(actor, given(**more), at=NOW)


def serve(mailbox: Mailbox) -> Serving:
    token = uuid4()
    with sweep("demo"):
        Mailbox.objects.filter(id=mailbox.id).update(served_by=token)
    return Serving(mailbox.id, token)


def test_once_when_it_fails_for_long_and_once_when_it_works_again(world: World) -> None:
    mailbox = add(world)
    serving = serve(mailbox)
    for minutes in (0, 5, 10):
        fetch.failed(serving, Trouble.PASSWORD, "no", at=NOW + timedelta(minutes=minutes))
    assert alert_due(NOW + timedelta(minutes=14)) == 0
    assert alert_due(NOW + timedelta(minutes=15)) == 1
    fetch.failed(serving, Trouble.PASSWORD, "no", at=NOW + HOUR)
    assert alert_due(NOW + 2 * HOUR) == 0, "said once"
    with acting_as(world.max) as actor:
        change_imap_mailbox(actor, mailbox.id, given(password="new"), at=NOW + 3 * HOUR)
    assert alert_due(NOW + 3 * HOUR) == 0, "a changed setting is no success yet"
    serving = serve(mailbox)
    fetch.worked(serving, at=NOW + 4 * HOUR)
    assert alert_due(NOW + 4 * HOUR) == 1
    assert alert_due(NOW + 5 * HOUR) == 0


def test_administrators_are_told_in_words(world: World) -> None:
    mailbox = add(world, name="Help desk")
    fetch.failed(serve(mailbox), Trouble.PASSWORD, "no", at=NOW)
    alert_due(NOW + HOUR)
    with sweep("demo"):
        (event,) = Event.objects.filter(name="mailbox.failed")
    with operator_scope(system_actor(name="test")):
        tell_alerts([fact_of(event)])
    with sweep("demo"):
        (notice,) = StaffNotice.objects.all()
        assert notice.staff_id == world.max.id
        assert text_of(notice) == "No mail is fetched from Help desk. The password was refused."
        assert notice.next_at is not None, "and by mail"


def test_a_paused_one_alerts_nobody(world: World) -> None:
    mailbox = add(world)
    fetch.failed(serve(mailbox), Trouble.CONNECT, "", at=NOW)
    with acting_as(world.max) as actor:
        pause_mailbox(actor, mailbox.id, at=NOW)
    assert alert_due(NOW + HOUR) == 0


def test_who_lost_it_writes_nothing_any_more(world: World) -> None:
    mailbox = add(world)
    lost = serve(mailbox)
    serve(mailbox)
    with pytest.raises(NotOurs):
        fetch.worked(lost, at=NOW)


def test_only_administrators_change_mailboxes(world: World) -> None:
    for person in (world.ari, world.cora, world.eve):
        with pytest.raises(Forbidden), acting_as(person) as actor:
            add_imap_mailbox(actor, given(), at=NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"address": "support"}, "address"),
        ({"host": ""}, "host"),
        ({"host": "imap://host"}, "host"),
        ({"host": "h" * 256}, "host"),
        ({"port": 0}, "port"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"folder": ""}, "folder"),
        ({"security": Security.NONE}, "security"),
        ({"after_fetch": AfterFetch.MOVE}, "move_to"),
        ({"after_fetch": AfterFetch.MOVE, "move_to": "INBOX"}, "move_to"),
        ({"after_fetch": AfterFetch.DELETE, "delete_after_days": 0}, "delete_after_days"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(world, **wrong)
    assert list(refused.value.fields) == [field]


def test_a_secret_stays_where_none_is_given_and_is_sealed(world: World, admin_connection: Any) -> None:
    mailbox = add(world)
    with acting_as(world.max) as actor:
        changed = change_imap_mailbox(actor, mailbox.id, given(password="", name="Other"), at=NOW)
    assert (changed.name, changed.password) == ("Other", "secret")
    with sweep("demo"):
        (stored,) = Mailbox.objects.values_list("password", flat=True)
    assert "secret" not in str.__str__(stored)


def test_a_stored_password_is_not_sent_to_another_server(world: World) -> None:
    mailbox = add(world)
    with pytest.raises(Invalid) as refused, acting_as(world.max) as actor:
        change_imap_mailbox(actor, mailbox.id, given(password="", host="imap.elsewhere.example"), at=NOW)
    assert list(refused.value.fields) == ["password"]
    with acting_as(world.max) as actor:
        change_imap_mailbox(actor, mailbox.id, given(host="imap.elsewhere.example"), at=NOW)


def test_pauses_grow_and_a_refused_password_waits_longest() -> None:
    waits = [next_connection(Trouble.CONNECT, n, NOW) - NOW for n in range(1, 12)]
    assert waits[0] == timedelta(seconds=5)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=5)
    refused = [next_connection(Trouble.PASSWORD, n, NOW) - NOW for n in range(1, 12)]
    assert (refused[0], refused[-1]) == (timedelta(minutes=5), HOUR)
    assert next_connection(Trouble.TIMEOUT, 10_000, NOW) - NOW == timedelta(minutes=5)
    again = [next_fetch(n, NOW) for n in range(1, 6)]
    assert again[-1] is None
    assert None not in again[:-1]
