"""A session that was ended stays ended, also for a request of it that was under way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier

import pytest
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from mainstay.people.access.models import Membership, OpenSession
from mainstay.people.access.open_sessions import end_sessions, rotate_key
from mainstay.people.tenants.tests.make import PASSWORD, World, make_user, make_world, sign_in


@pytest.fixture
def world(committed: None) -> World:
    made = make_world()
    make_user(made.ana, password=PASSWORD)
    return made


def under_way(client: Client) -> HttpRequest:
    """A request that has read its session and not answered yet."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(client.session.session_key)
    assert request.session["membership"]
    return request


def test_a_new_key_brings_no_ended_session_back(world: World) -> None:
    request = under_way(sign_in(Client(), world.ana))
    end_sessions(Membership.objects.get(member_id=world.ana.id).user_id)
    with pytest.raises(SessionInterrupted):
        rotate_key(request)
    assert not Session.objects.exists()
    assert not OpenSession.objects.exists()


def test_switching_seats_while_the_sessions_are_ended(world: World) -> None:
    """Whoever of the two is first: nothing is left."""
    user_id = Membership.objects.get(member_id=world.ana.id).user_id
    for _turn in range(10):
        requests = [under_way(sign_in(Client(), world.ana)) for _ in range(3)]
        ready = Barrier(len(requests) + 1)

        def rotate(request: HttpRequest, ready: Barrier = ready) -> None:
            try:
                ready.wait(10)
                rotate_key(request)
            except SessionInterrupted:
                pass
            finally:
                connection.close()

        with ThreadPoolExecutor(len(requests)) as threads:
            done = [threads.submit(rotate, request) for request in requests]
            ready.wait(10)
            end_sessions(user_id)
            for one in done:
                one.result()
        assert not Session.objects.exists()
