"""Another process, and the same one without its database (OPS-11)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from mainstay.core.house import current
from mainstay.core.house.actions import Wish, change_settings
from mainstay.core.house.current import forget, house
from mainstay.people.tenants.tests.make import BEGINNING, acting_as, make_world
from mainstay.project.options import CHECKOUT

_CHILD = """
import sys, django
django.setup()
from mainstay.core.house.current import house
for _ in sys.stdin:
    print(house().operator_name, flush=True)
"""


@pytest.fixture
def ask(committed: None, database_address: Callable[[str], str]) -> Iterator[Callable[[], str]]:
    environment = {
        **os.environ,
        "DATABASE_URL": database_address("app"),
        "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
        "PYTHONPATH": f"{CHECKOUT / 'src'}",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def answer() -> str:
        child.stdin.write("?\n")
        child.stdin.flush()
        return child.stdout.readline().strip()

    yield answer
    child.stdin.close()
    child.wait(20)
    child.stdout.close()


def test_a_change_reaches_another_process_within_seconds(ask: Callable[[], str]) -> None:
    world = make_world()
    assert ask() == "Mainstay"
    with acting_as(world.max) as actor:
        change_settings(actor, {"operator_name": Wish("Harbour Ltd")}, at=BEGINNING)
    changed = time.monotonic()
    while ask() != "Harbour Ltd":
        assert time.monotonic() - changed < 10
    assert time.monotonic() - changed < 5


def test_what_was_undone_does_not_stay(committed: None) -> None:
    world = make_world()

    def change_and_fail() -> None:
        with acting_as(world.max) as actor:
            change_settings(actor, {"operator_name": Wish("Harbour Ltd")}, at=BEGINNING)
            assert house().operator_name == "Harbour Ltd"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    forget()
    assert house().operator_name == "Mainstay"


def test_without_the_database_the_last_copy_stands(committed: None, settings) -> None:
    """Error pages ask, too."""
    settings.MAINSTAY_HOUSE_FRESH_S = 0.0
    forget()
    assert house().operator_name == "Mainstay"
    connection.close()
    right = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        assert house().operator_name == "Mainstay"
        current._forget()
        assert house().operator_name == "Mainstay"
    finally:
        connection.settings_dict["NAME"] = right
