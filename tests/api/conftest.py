import pytest

from mainstay.people.tenants.tests.make import World, make_world
from mainstay.support.sla.tests.make import install
from tests.api.cast import Things, make_things


@pytest.fixture
def promises(db: None) -> None:
    """Ask for it before the world: the promises that its plans carry."""
    install()


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def things(world: World) -> Things:
    return make_things(world)


@pytest.fixture
def committed_things(committed: None) -> Things:
    return make_things(make_world())
