"""Who may not, and what is not taken for a copy (TKT-2, TKT-13)."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mainstay.core.actor import Actor, ActorKind
from mainstay.core.errors import Forbidden, Invalid
from mainstay.core.storage.files import save
from mainstay.core.wall.scope import scope
from mainstay.people.tenants.tests.make import World, acting_as, actor_of, make_world, some_id
from mainstay.support.tickets.actions import (
    add_note,
    change_status,
    edit_message,
    share_ticket,
    store_file,
    unfollow_ticket,
    watch_ticket,
)
from mainstay.support.tickets.actions.reply import NewMessage
from mainstay.support.tickets.models import Attachment, Follower, Message
from mainstay.support.tickets.rules import Source, Status
from mainstay.support.tickets.tests.make import OPENED_AT, make_reply, make_ticket

LATER = OPENED_AT + timedelta(minutes=1)
SCOPES = frozenset({"tickets:read", "tickets:write", "tickets:notes"})
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def keys(world: World) -> list[Actor]:
    """Acme's key and one of the operator's: neither is a person."""
    tenants = Actor(ActorKind.TENANT_KEY, tenant_id=world.acme.id, person_id=some_id(), key_scopes=SCOPES)
    return [tenants, replace(tenants, kind=ActorKind.OPERATOR_KEY, tenant_id=None)]


def stored(world: World, content: bytes) -> UUID:
    new = save(world.acme.id, "pump.txt", io.BytesIO(content))
    with acting_as(world.ana) as actor:
        return store_file(actor, world.acme.id, new, at=OPENED_AT).id


def test_a_key_has_written_nothing_that_it_could_edit(world: World, keys: list[Actor]) -> None:
    ticket = make_ticket(world.ana)
    agents = make_reply(ticket, world.ari)
    with acting_as(world.ana):
        first = Message.objects.filter(ticket_id=ticket.id).earliest("created_at")
    for key in keys:
        for message in (agents, first):
            with pytest.raises(Forbidden), scope(key):
                edit_message(key, ticket.id, message.id, "Other words.", at=LATER)
    with acting_as(world.ari) as actor:
        assert edit_message(actor, ticket.id, agents.id, "Better words.", at=LATER).body == "Better words."


def test_a_key_that_leaves_takes_nobody_along(world: World, keys: list[Actor]) -> None:
    ticket = make_ticket(world.ana)
    with acting_as(world.ana) as actor:
        share_ticket(actor, ticket.id, member_id=world.felix.id, at=LATER)
    with acting_as(world.ari) as actor:
        watch_ticket(actor, ticket.id, at=LATER)
    for key in keys:
        with pytest.raises(Forbidden), scope(key):
            unfollow_ticket(key, ticket.id)
    with acting_as(world.ari):
        assert Follower.objects.filter(ticket_id=ticket.id).count() == 2


def test_the_same_words_with_the_forgotten_file_are_no_copy(world: World) -> None:
    words = {"subject": "The export is empty", "body": "Since this morning."}
    first = make_ticket(world.ana, **words)
    assert make_ticket(world.ana, **words, at=LATER).id == first.id
    file = stored(world, b"what it looks like")
    second = make_ticket(world.ana, **words, attachment_ids=(file,), at=LATER)
    assert second.id != first.id
    again = stored(world, b"what it looks like")
    third = make_ticket(world.ana, **words, attachment_ids=(again,), at=LATER + timedelta(minutes=1))
    with acting_as(world.ana):
        assert Attachment.objects.get(id=file).message.ticket_id == second.id  # type: ignore[union-attr]
    assert third.id == second.id


def test_a_late_copy_of_a_word_on_a_closed_ticket_finds_its_follow_up(world: World) -> None:
    ticket = make_ticket(world.ana)
    with acting_as(world.ari) as actor:
        change_status(actor, ticket.id, Status.CLOSED, at=OPENED_AT)
    first = make_reply(ticket, world.ana, "It is back.", at=LATER)
    with acting_as(world.ana):
        follow_up = first.ticket
    make_reply(follow_up, world.ari, "We look.", at=LATER + timedelta(minutes=1))
    assert make_reply(ticket, world.ana, "It is back.", at=LATER + timedelta(minutes=2)).id == first.id


def test_who_writes_notes_only_may_hang_files_on_them(world: World) -> None:
    ticket = make_ticket(world.ana)
    product = replace(actor_of(world.ari), roles=frozenset({"product"}))  # type: ignore[arg-type]
    new = save(world.acme.id, "pump.txt", io.BytesIO(b"a drawing"))
    with scope(product) as actor:
        file = store_file(actor, world.acme.id, new, at=LATER)
        note = add_note(
            actor, ticket.id, NewMessage(body="", source=Source.IN_APP, attachment_ids=(file.id,)), at=LATER
        )
    with acting_as(world.ana):
        assert not Attachment.objects.filter(id=file.id).exists()
    with acting_as(world.ari):
        assert Attachment.objects.get(id=file.id).message_id == note.id


def test_an_answer_sent_twice_is_said_once(world: World) -> None:
    ticket = make_ticket(world.ana)
    say = {"may_be_a_copy": True, "at": LATER}
    first = make_reply(ticket, world.ana, "Still so.", **say)
    assert make_reply(ticket, world.ana, "Still so.", **say).id == first.id
    file = stored(world, b"what it looks like")
    with_file = make_reply(ticket, world.ana, "Still so.", attachment_ids=(file,), **say)
    assert with_file.id != first.id
    again = stored(world, b"what it looks like")
    copy = make_reply(ticket, world.ana, "Still so.", attachment_ids=(again,), **say)
    assert copy.id == with_file.id
    other = make_reply(ticket, world.ari, "Since when?", at=LATER)
    assert other.id != make_reply(ticket, world.ana, "Still so.", **say).id != copy.id
    much_later = make_reply(ticket, world.ana, "Still so.", may_be_a_copy=True, at=LATER + timedelta(hours=1))
    with acting_as(world.ana):
        words = Message.objects.filter(ticket_id=ticket.id).values_list("body", flat=True)
        assert list(words).count("Still so.") == 4
        assert much_later.id in words.values_list("id", flat=True)
        ticket.refresh_from_db()
        assert ticket.message_count == 6


def test_nothing_is_shared_with_people_of_the_customers_own_portal(world: World) -> None:
    ticket = make_ticket(world.ana)
    for person in (world.ana, world.ari):
        with pytest.raises(Invalid) as refused, acting_as(person) as actor:
            share_ticket(actor, ticket.id, member_id=world.clara.id, at=LATER)
        assert [*refused.value.fields] == ["member"]


def test_a_subject_is_one_line_that_runs_one_way(world: World) -> None:
    ticket = make_ticket(world.ana, "Report\r\nBcc: all \u202egpj.exe\u2066")
    assert ticket.subject == "Report Bcc: all gpj.exe"
    with pytest.raises(Invalid) as refused:
        make_ticket(world.ana, "\u200b\u202e\u2066")
    assert [*refused.value.fields] == ["subject"]
