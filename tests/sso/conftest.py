from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mainstay.people.tenants.tests.make import PASSWORD, World, make_user, make_world
from tests.sso.provider import LocalProvider, serving


@pytest.fixture
def world(db: None, settings: Any) -> World:
    settings.MAINSTAY_SSO_PRIVATE = ("127.0.0.1",)
    made = make_world()
    for person in (made.ana, made.felix, made.gus, made.ari, made.max):
        make_user(person, password=PASSWORD)
    return made


@pytest.fixture
def one() -> Iterator[LocalProvider]:
    """Acme's, mostly."""
    with serving(LocalProvider()) as provider:
        yield provider


@pytest.fixture
def other() -> Iterator[LocalProvider]:
    """Somebody else's."""
    with serving(LocalProvider(client_id="mainstay-too")) as provider:
        yield provider
