import pytest

from mainstay.people.tenants.tests.make import World, make_world
from mainstay.support.sla.tests.make import install
from tests.api.cast import Things, make_things


@pytest.fixture
def world(db: None) -> World:
    install()  # the promises that customers' plans carry
    return make_world()


@pytest.fixture
def things(world: World) -> Things:
    return make_things(world)


@pytest.fixture
def committed_things(committed: None) -> Things:
    install()
    return make_things(make_world())
