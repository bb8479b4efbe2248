"""A new member of the staff gets an account, a seat and a link."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from mainstay.core import clock
from mainstay.core.wall.scope import sweep
from mainstay.people.access.jobs import welcome_staff
from mainstay.people.access.models import Membership
from mainstay.people.messages.models import Delivery
from mainstay.people.staff.actions import add_staff, deactivate_staff
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.tests.make import World, acting_as, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def added(world: World) -> Staff:
    with acting_as(world.max) as boss:
        return add_staff(boss, email="Nia@mainstay.example", name="Nia", roles=["agent"], at=clock.now())


def test_the_job_comes_with_the_change(world: World) -> None:
    nia = added(world)
    job = ProcrastinateJob.objects.get(task_name="access.welcome_staff")
    assert job.args == {"staff_id": str(nia.id)}


def test_the_link_opens_the_desk(client: Client, world: World) -> None:
    nia = added(world)
    for _ in range(2):  # a job may run twice
        welcome_staff.func(staff_id=str(nia.id))
    assert Membership.objects.filter(staff=nia).count() == 1
    with sweep("send_mail"):
        mail = Delivery.objects.filter(kind="access.welcome").latest("created_at")
        assert (mail.email, mail.tenant_id, mail.is_secret) == ("nia@mainstay.example", None, True)
    path = re.search(r"https?://[^/]+(/password/set/\S+)", mail.text)[1]
    assert client.post(path, {"password": "four quiet words here"})["Location"] == "/desk"
    assert client.get("/desk/profile").status_code == 200


def test_gone_before_the_job_ran(world: World) -> None:
    nia = added(world)
    with acting_as(world.max) as boss:
        deactivate_staff(boss, nia.id, at=clock.now())
    welcome_staff.func(staff_id=str(nia.id))
    with sweep("send_mail"):
        assert not Delivery.objects.filter(kind="access.welcome").exists()
