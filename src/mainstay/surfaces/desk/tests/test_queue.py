"""The agents' queue: what it shows, what it costs, who may see it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.core.clock import now
from mainstay.people.tenants.tests.make import World, make_world, sign_in
from mainstay.support.tickets.tests.make import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    return sign_in(client, world.ari)


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Without the test's own savepoints and the giving back of the role, which a real request does not do."""
    return [
        q["sql"]
        for q in captured.captured_queries
        if not re.match(r"(RELEASE )?SAVEPOINT|SET LOCAL ROLE \w+_app", q["sql"])
    ]


def test_rows_with_everything_about_them_in_eight_statements(desk: Client, world: World) -> None:
    at = now()
    for count in range(30):
        make_ticket(world.ana if count % 2 else world.gus, at=at - timedelta(minutes=count))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = desk.get("/desk")
    assert answer.status_code == 200
    assert answer.content.count(b'id="open-') == 30
    assert len(statements(captured)) <= 8, "\n".join(statements(captured))
