"""Settings, schedules and the state of the system on the desk (OPS-8, OPS-11, OPS-12)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.house.current import house, keep
from mainstay.core.loops.models import Heartbeat
from mainstay.core.schedules import running
from mainstay.core.schedules.models import ScheduleRun, ScheduleState
from mainstay.core.schedules.rules import timing
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import World, make_world, sign_in
from mainstay.project.loops import loops
from mainstay.surfaces.desk.pages.schedules import timing_words

pytestmark = pytest.mark.django_db
PAGES = (
    "/desk/settings",
    "/desk/settings/schedules",
    "/desk/settings/schedules/retention",
    "/desk/settings/system",
)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def max_(client: Client, world: World) -> Client:
    return sign_in(client, world.max)


def save(client: Client, group: str, seen: dict[str, str], **new: str):
    form = {
        "group": group,
        "do": "save",
        **{f"seen_{key}": text for key, text in seen.items()},
        **seen,
        **new,
    }
    return client.post("/desk/settings", form)


def run_of(key: str) -> ScheduleRun:
    with sweep("demo"):
        return ScheduleRun.objects.filter(key=key).latest("created_at")


@pytest.mark.parametrize("path", PAGES)
def test_who_sees_the_pages(client: Client, world: World, path: str) -> None:
    assert sign_in(client, world.max).get(path).status_code == 200
    assert sign_in(Client(), world.eve).get(path).status_code == 200
    assert sign_in(Client(), world.ari).get(path).status_code == 403
    assert sign_in(Client(), world.cora).get(path).status_code == 403
    assert sign_in(Client(), world.ana).get(path).status_code == 404


def test_who_looks_only_cannot_type(client: Client, world: World) -> None:
    sign_in(client, world.eve)
    page = client.get("/desk/settings").content.decode()
    assert 'value="save"' not in page
    assert re.search(r'name="operator_name"[^>]*disabled', page)
    assert save(client, "company", {"phone": ""}, phone="1").status_code == 403
    assert client.post("/desk/settings", {"do": "reset:phone"}).status_code == 403
    assert client.post("/desk/settings/schedules/retention/run").status_code == 403


def test_saving_undoing_resetting(max_: Client) -> None:
    seen = {"operator_name": "Mainstay", "postal_address": ""}
    answer = save(max_, "company", seen, operator_name="Ñandú SL", postal_address="Calle 1\r\nMadrid")
    assert (answer.status_code, answer["Location"]) == (302, "/desk/settings#company")
    assert (house().operator_name, house().postal_address) == ("Ñandú SL", "Calle 1\nMadrid")
    page = max_.get("/desk/settings").content.decode()
    assert "2 settings are changed." in page
    assert "As shipped: Mainstay" in page
    assert "· Ñandú SL</title>" in page
    assert max_.post("/desk/settings", {"do": "undo:operator_name"}).status_code == 302
    assert house().operator_name == "Mainstay"
    assert max_.post("/desk/settings", {"do": "undo:operator_name"}).status_code == 302
    assert max_.post("/desk/settings", {"do": "reset:operator_name"}).status_code == 302
    assert house().operator_name == "Mainstay"
    assert max_.post("/desk/settings", {"do": "reset:secret_key"}).status_code == 400
    assert max_.post("/desk/settings", {"do": "undo:zone"}).status_code == 404
    audit = max_.get("/desk/audit").content.decode()
    assert "Name of your organisation" in audit


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(max_: Client) -> None:
    answer = save(max_, "region", {"zone": "UTC", "currency": "USD"}, zone="Europe/Berlin", currency="euro")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“euro” is no currency; an example is EUR." in page
    assert '<option value="Europe/Berlin" selected>' in page
    assert 'href="#setting-currency"' in page
    assert house().zone == "UTC"


def test_two_administrators_at_once(max_: Client) -> None:
    assert save(max_, "company", {"phone": ""}, phone="1").status_code == 302
    answer = save(max_, "company", {"phone": ""}, phone="2")
    assert answer.status_code == 422
    assert "in the meantime" in answer.content.decode()
    # Another field of the same form does not carry the old value along.
    assert (
        save(max_, "company", {"phone": "", "product_name": "our product"}, product_name="X").status_code
        == 302
    )
    assert house().phone == "1"


def test_found_by_any_word_also_without_accents(max_: Client, world: World) -> None:
    assert "setting-zone" in max_.get("/desk/settings?q=time+zone").content.decode()
    assert "setting-zone" not in max_.get("/desk/settings?q=postal").content.decode()
    assert "setting-keep_events_days" in max_.get("/desk/settings?q=MAINSTAY_KEEP").content.decode()
    assert "No setting fits" in max_.get("/desk/settings?q=database+password").content.decode()


def test_what_the_environment_fixes_is_shown_and_said(max_: Client, settings) -> None:
    settings.MAINSTAY_HOUSE_FIXED = {"zone": "Europe/Madrid"}
    keep({})
    page = max_.get("/desk/settings").content.decode()
    assert "Fixed by the environment" in page
    assert "MAINSTAY_ZONE" in page
    assert re.search(r'<select name="zone"[^>]*disabled', page)
    answer = save(max_, "region", {"zone": "Europe/Madrid"}, zone="UTC")
    assert answer.status_code == 302
    assert house().zone == "Europe/Madrid"


def test_the_foot_of_public_pages(max_: Client, client: Client) -> None:
    seen = {"privacy_url": "", "imprint_url": ""}
    save(max_, "links", seen, privacy_url="https://a.example/p", imprint_url="")
    save(max_, "company", {"phone": "", "postal_address": "", "accent": ""}, phone="+34 1", accent="forest")
    page = Client().get("/sign-in").content.decode()
    assert 'data-accent="forest"' in page
    keep({"privacy_url": "https://a.example/p", "phone": "+34 1"})
    portal = sign_in(Client(), make_portal_person()).get("/support").content.decode()
    assert 'href="https://a.example/p"' in portal
    assert "+34 1" in portal
    assert "Legal notice" not in portal


def make_portal_person():
    from mainstay.people.tenants.models import Member

    with sweep("demo"):
        return Member.objects.get(name="Ana")


def test_a_schedule_moved_run_and_looked_at(max_: Client) -> None:
    page = "/desk/settings/schedules/retention"
    assert "No worker has run yet" in max_.get(page).content.decode()
    assert max_.post(f"{page}/run").status_code == 409
    running.queue_due(clock.now(), 20)
    form = {"rhythm": "weekly", "at": "04:30", "weekday": "1", "zone": "Europe/Madrid", "is_enabled": "on"}
    assert max_.post(page, form).status_code == 302
    shown = max_.get("/desk/settings/schedules").content.decode()
    assert "Tuesday, 04:30" in shown or "Tuesday, 4:30" in shown
    assert max_.post(f"{page}/run").status_code == 302
    assert max_.post(f"{page}/run").status_code == 302
    with sweep("demo"):
        assert ScheduleRun.objects.filter(key="retention").count() == 1
    shown = max_.get(page).content.decode()
    assert "Waits for the worker" in shown
    assert "every 2s" in shown
    run = run_of("retention")
    assert running.begin(run.id, at=run.created_at)
    running.fail(run.id, RuntimeError("disk on fire"), at=run.created_at)
    assert "disk on fire" in max_.get(page).content.decode()
    assert running.begin(run.id, at=run.created_at + timedelta(hours=1))
    running.succeed(run.id, 12, at=run.created_at + timedelta(hours=1, seconds=90))
    shown = max_.get(page).content.decode()
    assert "every 2s" not in shown
    assert ">Max<" in shown


def test_a_schedule_switched_off(max_: Client) -> None:
    running.queue_due(clock.now(), 20)
    page = "/desk/settings/schedules/sweep_files"
    assert max_.post(page, {"rhythm": "daily", "at": "03:40", "zone": "UTC"}).status_code == 302
    with sweep("demo"):
        state = ScheduleState.objects.get(key="sweep_files")
    assert (state.is_enabled, state.next_at, state.timing) == (False, None, "")
    assert "Switched off" in max_.get("/desk/settings/schedules").content.decode()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"rhythm": "daily", "at": ""}, "This is needed here."),
        ({"rhythm": "monthly", "at": "03:00", "day": "32"}, "less than or equal to 31"),
        ({"rhythm": "every", "minutes": "1"}, "greater than or equal to 5"),
        ({"rhythm": "daily", "at": "03:00", "zone": "Mars/Base"}, "Mars/Base"),
        ({"rhythm": "yearly", "at": "03:00"}, "yearly"),
    ],
)
def test_nonsense_for_a_schedule(max_: Client, form: dict[str, str], said: str) -> None:
    running.queue_due(clock.now(), 20)
    answer = max_.post("/desk/settings/schedules/retention", {"zone": "UTC", "is_enabled": "on", **form})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert max_.post("/desk/settings/schedules/unknown", form).status_code == 404


def test_times_in_words() -> None:
    assert [
        timing_words(timing(text)) for text in ("every 60", "every 120", "every 45", "monthly 31 05:00")
    ] == [
        "Every hour",
        "Every 2 hours",
        "Every 45 minutes",
        "Day 31 of the month, 05:00",
    ]


def test_the_system_names_what_is_degraded_and_no_secret(max_: Client, settings) -> None:
    page = max_.get("/desk/settings/system").content.decode()
    assert "Work in the background stands still" in page
    assert "no worker is running" in page
    for loop in loops():
        Heartbeat.objects.create(loop=loop.name, last_ran_at=clock.now())
    Heartbeat.objects.create(loop="jobs", last_ran_at=clock.now())
    page = max_.get("/desk/settings/system").content.decode()
    assert "Everything works." in page
    assert "MAINSTAY_SECRET_KEY" in page
    assert settings.SECRET_KEY not in page
    assert str(settings.DATABASES["default"]["PASSWORD"]) not in page
    assert str(settings.MAINSTAY_STORAGE_URL) not in page


@pytest.mark.parametrize("path", PAGES)
def test_queries_are_few(max_: Client, path: str, django_assert_max_num_queries) -> None:
    running.queue_due(clock.now(), 20)
    with django_assert_max_num_queries(24):
        assert max_.get(path).status_code == 200
