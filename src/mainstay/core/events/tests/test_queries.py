from __future__ import annotations

import pytest

from mainstay.core.actor import system_actor
from mainstay.core.errors import Forbidden
from mainstay.core.events.actions import record
from mainstay.core.events.models import Handled
from mainstay.core.events.queries import events_about, failed_follow_ups
from mainstay.core.events.tests.conftest import Happened
from mainstay.core.events.types import Visibility
from mainstay.core.ids import new_id
from mainstay.core.wall.scope import scope
from mainstay.people.tenants.tests.make import BEGINNING, World, acting_as, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_timeline_is_what_the_side_may_know_newest_first(world: World) -> None:
    thing, other = new_id(), new_id()
    with scope(system_actor(world.acme.id)) as actor:
        for number, (subject, visibility) in enumerate(
            [
                (thing, Visibility.ALL),
                (thing, Visibility.OPERATOR),
                (thing, Visibility.TENANT),
                (other, Visibility.ALL),
                (thing, Visibility.ALL),
            ]
        ):
            happened = Happened(thing_id=subject, number=number)
            record(actor, happened, tenant_id=world.acme.id, at=BEGINNING, visibility=visibility)

    def numbers(person: object, limit: int = 50, cursor: str | None = None) -> tuple[list[int], str | None]:
        with acting_as(person) as actor:  # type: ignore[arg-type]
            page = events_about(actor, world.acme.id, [thing], cursor=cursor, limit=limit)
            return [event.data["number"] for event in page.rows], page.next_cursor

    assert numbers(world.ari)[0] == [4, 1, 0]
    assert numbers(world.ana)[0] == [4, 2, 0]
    assert numbers(world.gus)[0] == []
    first, cursor = numbers(world.ari, limit=2)
    assert (first, numbers(world.ari, limit=2, cursor=cursor)) == ([4, 1], ([0], None))


def test_failed_follow_ups_are_shown_to_those_who_run_the_place(world: World) -> None:
    Handled.objects.create(handler="it", event_n=1, at=BEGINNING, error="ValueError: no", next_at=BEGINNING)
    Handled.objects.create(handler="it", event_n=2, at=BEGINNING)
    with acting_as(world.max) as actor:
        assert [row.event_n for row in failed_follow_ups(actor)] == [1]
    for person in (world.ana, world.ari):
        with acting_as(person) as actor, pytest.raises(Forbidden):
            failed_follow_ups(actor)
