"""An installation's first administrator: by a printed link, or from the command line."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client

from mainstay.core.wall.scope import sweep
from mainstay.people.access.first_admin import setup_address
from mainstay.people.staff.models import Staff

pytestmark = pytest.mark.django_db
FORM = {"name": "Max", "email": "max@mainstay.example", "password": "four quiet words here"}


def test_the_printed_link_works_until_there_is_one(client: Client) -> None:
    address = setup_address()
    assert address is not None
    path = re.sub(r"https?://[^/]+", "", address)
    assert client.get("/set-up/" + "0" * 64).status_code == 404
    assert client.post(path, {**FORM, "password": "short"}).status_code == 422
    with sweep("demo"):
        assert not Staff.objects.exists()
    answer = client.post(path, FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/desk")
    assert client.get("/desk/staff").status_code == 200
    assert setup_address() is None
    assert Client().get(path).status_code == 404
    assert Client().post(path, {**FORM, "email": "evil@mainstay.example"}).status_code == 404


def test_a_password_like_the_address_makes_nobody(client: Client) -> None:
    """Else there were an administrator without a way in, and the printed link closed."""
    path = re.sub(r"https?://[^/]+", "", setup_address() or "")
    answer = client.post(
        path, {**FORM, "email": "maximilian.huber@x.example", "password": "maximilian.huber"}
    )
    assert answer.status_code == 422
    with sweep("demo"):
        assert not Staff.objects.exists()
    assert client.post(path, FORM)["Location"] == "/desk"


def test_from_the_command_line(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_admin", email="Max@Mainstay.example", name="Max")
    path = re.search(r"/password/set/\S+", capsys.readouterr().out)[0]
    assert client.post(path, {"password": "four quiet words here"})["Location"] == "/desk"
    call_command("create_admin", email="max@mainstay.example")
    with sweep("demo"):
        assert Staff.objects.get().roles == ["admin"]
