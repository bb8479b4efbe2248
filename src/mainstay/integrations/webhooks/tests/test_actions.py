"""Setting up endpoints, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.models import Event
from mainstay.integrations.webhooks.actions import (
    change_endpoint,
    create_endpoint,
    remove_endpoint,
    replay_delivery,
    replay_failed,
    rotate_secret,
    send_test,
    switch_endpoint,
)
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.queries import page_of_deliveries, visible_endpoint, visible_endpoints
from mainstay.integrations.webhooks.rules import MOST_ENDPOINTS
from mainstay.integrations.webhooks.tests.make import AT, PUBLIC, fresh, make_delivery, make_endpoint
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_secret_is_sealed_and_in_no_event(world: World) -> None:
    endpoint, secret = make_endpoint(world.ana)
    with acting_as(world.ana) as actor:
        rotated, second = rotate_secret(actor, endpoint.id, at=AT)
        assert (rotated.old_secret, rotated.old_secret_until) == (secret, AT + timedelta(days=1))
    with builders_scope():
        [row] = Endpoint.objects.values()
        events = list(Event.objects.filter(subject_id=endpoint.id).values())
    shown = f"{row}{events}"
    assert secret.startswith("whsec_")
    assert second != secret
    assert secret not in shown
    assert second not in shown
    assert PUBLIC not in f"{events}"
    assert [event["name"] for event in events] == ["webhook.created", "webhook.secret_rotated"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x", "http://localhost.:22/", "http://169.254.169.254/", "ftp://a.example/", "nonsense",
        "https://user:pw@hooks.example/", "http://0x7f.1/", "http://[::1]/", "https://" + "a" * 2001,
    ],
)  # fmt: skip
def test_addresses_that_lead_inside_are_refused_at_the_field(world: World, url: str) -> None:
    with acting_as(world.ana) as actor, pytest.raises(Invalid) as found:
        create_endpoint(actor, url=url if ":22" not in url else "http://127.0.0.1:22/", at=AT)
    assert set(found.value.fields) == {"url"}


def test_a_customer_cannot_reach_what_the_operator_opened_for_itself(world: World, settings) -> None:
    settings.MAINSTAY_OUTGOING_PRIVATE = ("10.1.0.0/16",)
    with acting_as(world.max) as actor:
        create_endpoint(actor, url="http://10.1.2.3:5678/hook", at=AT)
    with acting_as(world.ana) as actor, pytest.raises(Invalid):
        create_endpoint(actor, url="http://10.1.2.3:5678/hook", at=AT)


def test_only_events_of_ones_own_side_can_be_chosen(world: World) -> None:
    with acting_as(world.ana) as actor:
        for names in (["ticket.noted"], ["no.such"]):
            with pytest.raises(Invalid) as found:
                create_endpoint(actor, url=PUBLIC, event_names=names, at=AT)
            assert set(found.value.fields) == {"event_names"}
    make_endpoint(world.max, "", "ticket.noted")


def test_who_may(world: World) -> None:
    endpoint, _secret = make_endpoint(world.ana)
    for person in (world.felix, world.clara, world.ari, world.cora):
        with acting_as(person) as actor:
            with pytest.raises(Forbidden):
                create_endpoint(actor, url=PUBLIC, at=AT)
            with pytest.raises(Forbidden):
                visible_endpoints(actor)
    for stranger in (world.gus, world.max, world.eve):
        with acting_as(stranger) as actor:
            assert not visible_endpoints(actor).exists()
            assert not Endpoint.objects.exists()  # the wall, without the query's filter
            for act in (
                lambda a: visible_endpoint(a, endpoint.id),
                lambda a: change_endpoint(a, endpoint.id, description="mine", at=AT),
                lambda a: rotate_secret(a, endpoint.id, at=AT),
                lambda a: switch_endpoint(a, endpoint.id, on=False, at=AT),
                lambda a: remove_endpoint(a, endpoint.id, at=AT),
                lambda a: send_test(a, endpoint.id, at=AT),
                lambda a: replay_failed(a, endpoint.id, since=AT, at=AT),
                lambda a: page_of_deliveries(a, endpoint.id),
            ):
                with pytest.raises(NotFound):
                    act(actor)
    make_endpoint(world.max)
    with acting_as(world.ana) as actor:
        assert Endpoint.objects.count() == 1


def test_off_holds_what_waits_and_on_lets_it_go(world: World) -> None:
    endpoint, _secret = make_endpoint(world.ana)
    waiting, given_up = make_delivery(endpoint), make_delivery(endpoint, state="failed", next_at=None)
    later = AT + timedelta(hours=1)
    with acting_as(world.ana) as actor:
        switch_endpoint(actor, endpoint.id, on=False, at=AT)
        assert (fresh(waiting).state, waiting.next_at) == ("held", None)
        with pytest.raises(Conflict):
            replay_delivery(actor, endpoint.id, given_up.id, at=AT)
        switch_endpoint(actor, endpoint.id, on=True, at=later)
    assert (fresh(waiting).state, waiting.next_at) == ("queued", later)
    assert fresh(given_up).state == "failed"
    assert fresh(endpoint).listens_since == later


def test_replaying_all_that_failed_since(world: World) -> None:
    endpoint, _secret = make_endpoint(world.ana)
    old = make_delivery(endpoint, state="failed", next_at=None, attempts=9, at=AT - timedelta(days=2))
    new = make_delivery(endpoint, state="failed", next_at=None, attempts=9)
    fine = make_delivery(endpoint, state="delivered", next_at=None)
    with acting_as(world.ana) as actor:
        assert replay_failed(actor, endpoint.id, since=AT, at=AT) == 1
        again = replay_delivery(actor, endpoint.id, fine.id, at=AT)
    assert (fresh(new).state, new.attempts, new.next_at) == ("queued", 0, AT)
    assert fresh(old).state == "failed"
    assert again.id == fine.id


def test_one_test_at_a_time_and_so_many_endpoints(world: World) -> None:
    endpoint, _secret = make_endpoint(world.ana)
    with acting_as(world.ana) as actor:
        send_test(actor, endpoint.id, at=AT)
        with pytest.raises(Conflict):
            send_test(actor, endpoint.id, at=AT)
        for _ in range(MOST_ENDPOINTS - 1):
            create_endpoint(actor, url=PUBLIC, at=AT)
        with pytest.raises(Conflict):
            create_endpoint(actor, url=PUBLIC, at=AT)
        remove_endpoint(actor, endpoint.id, at=AT)
        assert not Delivery.objects.exists()
        assert Endpoint.objects.count() == MOST_ENDPOINTS - 1
