"""Changing what the operator may set: who, how it is written down, how it comes back (OPS-11)."""

from __future__ import annotations

import pytest
from django.test import Client

from mainstay.core.actor import Role
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.tests.make import recorded
from mainstay.core.house.actions import Wish, change_settings, reset_setting, undo_setting
from mainstay.core.house.current import house, keep
from mainstay.core.house.queries import Entry, setting_entries
from mainstay.core.house.rules import House
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import BEGINNING, World, acting_as, make_staff, make_world
from mainstay.support.sla.models import Recomputation
from mainstay.support.sla.queries.book import current_book
from mainstay.support.sla.tests.make import install

pytestmark = pytest.mark.django_db
AT = BEGINNING


@pytest.fixture
def world() -> World:
    return make_world()


def change(world: World, **wishes: str | None) -> list[str]:
    with acting_as(world.max) as actor:
        return change_settings(actor, {key: Wish(text) for key, text in wishes.items()}, at=AT)


def entry(world: World, key: str) -> Entry:
    with acting_as(world.max) as actor:
        return next(one for one in setting_entries(actor) if one.definition.key == key)


def said() -> list[tuple[str, str, str]]:
    return [(f.data["key"], f.data["old"], f.data["new"]) for f in recorded("setting.changed")]


def test_changed_shown_and_written_down(world: World) -> None:
    assert change(world, operator_name="Harbour Ltd", zone="Europe/Berlin", currency="USD") == [
        "operator_name",
        "zone",
    ]
    assert (house().operator_name, house().zone) == ("Harbour Ltd", "Europe/Berlin")
    assert said() == [("operator_name", "Mainstay", "Harbour Ltd"), ("zone", "UTC", "Europe/Berlin")]
    fact = recorded("setting.changed")[0]
    assert (fact.tenant_id, fact.actor_id, fact.visibility) == (None, world.max.id, "operator")
    assert change(world, operator_name="Harbour Ltd") == []
    assert len(said()) == 2


def test_undone_and_undone_again(world: World) -> None:
    change(world, phone="1")
    change(world, phone="2")
    with acting_as(world.max) as actor:
        assert undo_setting(actor, "phone", at=AT)
        assert house().phone == "1"
        assert undo_setting(actor, "phone", at=AT)
        assert house().phone == "2"
        with pytest.raises(NotFound):
            undo_setting(actor, "zone", at=AT)


def test_back_to_the_default(world: World) -> None:
    change(world, close_after_days="9")
    assert entry(world, "close_after_days").is_changed
    with acting_as(world.max) as actor:
        assert reset_setting(actor, "close_after_days", at=AT)
    now = entry(world, "close_after_days")
    assert (now.is_changed, now.value, now.previous, house().close_after_days) == (False, "7", "9", 7)
    assert now.stored.value is None


def test_what_equals_the_default_follows_it(world: World) -> None:
    change(world, session_days="30")
    change(world, session_days="14")
    assert entry(world, "session_days").stored.value is None


def test_all_or_none_and_each_problem_at_its_field(world: World) -> None:
    with pytest.raises(Invalid) as wrong:
        change(world, operator_name="", zone="Europe/Madrit", phone="+34 1")
    assert set(wrong.value.fields) == {"operator_name", "zone"}
    assert house() == House()
    assert said() == []
    with pytest.raises(NotFound):
        change(world, secret_key="x" * 40)


def test_what_somebody_changed_meanwhile_is_not_overwritten(world: World) -> None:
    change(world, phone="1")
    with acting_as(world.max) as actor:
        with pytest.raises(Conflict) as wrong:
            change_settings(actor, {"phone": Wish("3", seen="")}, at=AT)
        assert list(wrong.value.fields) == ["phone"]
        assert change_settings(actor, {"phone": Wish("3", seen="1")}, at=AT) == ["phone"]


def test_what_the_environment_says_holds(world: World, settings) -> None:
    change(world, zone="Asia/Tokyo")
    settings.MAINSTAY_HOUSE_FIXED = {"zone": "Europe/Madrid"}
    keep({"zone": "Asia/Tokyo"})
    assert house().zone == "Europe/Madrid"
    assert entry(world, "zone").value == "Europe/Madrid"
    assert not entry(world, "zone").can_be_undone
    with pytest.raises(Conflict) as wrong:
        change(world, zone="UTC")
    assert "environment" in str(wrong.value.fields["zone"][0])


def test_another_default_counts_until_something_is_set(world: World, settings) -> None:
    settings.MAINSTAY_HOUSE_DEFAULTS = {"operator_name": "Harbourline"}
    keep({})
    assert house().operator_name == "Harbourline"
    change(world, operator_name="Mainstay")
    assert house().operator_name == "Mainstay"
    assert said() == [("operator_name", "Harbourline", "Mainstay")]


SEES = {Role.ADMIN, Role.ENGINEER, Role.SUPPORT_MANAGER, Role.CS_MANAGER}


@pytest.mark.parametrize(
    "role", sorted(r for r in Role if r in SEES | {Role.AGENT, Role.CSM, Role.EXECUTIVE})
)
def test_who_may(world: World, role: Role) -> None:
    with sweep("demo"):
        person = make_staff("Somebody", role)
    with acting_as(person) as actor:
        if role in SEES:
            assert setting_entries(actor)
        else:
            with pytest.raises(Forbidden):
                setting_entries(actor)
        if role is Role.ADMIN:
            assert change_settings(actor, {"phone": Wish("1")}, at=AT) == ["phone"]
            return
        for act in (
            lambda: change_settings(actor, {"phone": Wish("1")}, at=AT),
            lambda: reset_setting(actor, "phone", at=AT),
            lambda: undo_setting(actor, "phone", at=AT),
        ):
            with pytest.raises(Forbidden):
                act()


def test_no_customer_may(world: World) -> None:
    with acting_as(world.ana) as actor:
        with pytest.raises(Forbidden):
            setting_entries(actor)
        with pytest.raises(Forbidden):
            change_settings(actor, {"phone": Wish("1")}, at=AT)


def test_open_promises_follow_the_houses_zone(world: World) -> None:
    install()
    with sweep("demo"):
        before = current_book().hours("8x5")
        Recomputation.objects.all().delete()
    assert before.zone == "UTC"
    change(world, zone="Asia/Tokyo", phone="1")
    with sweep("demo"):
        assert current_book().hours("8x5").zone == "Asia/Tokyo"
        assert Recomputation.objects.filter(reason="calendar", tenant=None).count() == 1


def test_visitors_see_it_in_the_languages_offered(world: World, client: Client) -> None:
    change(world, operator_name="Puerto SL", languages="es", privacy_url="https://puerto.example/privacidad")
    page = client.get("/sign-in", headers={"Accept-Language": "en"}).content.decode()
    assert 'lang="es"' in page
    assert "Puerto SL" in page
    change(world, languages="en,es")
    assert (
        'lang="es"' in client.get("/sign-in", headers={"Accept-Language": "es-MX,en;q=0.5"}).content.decode()
    )
    assert 'lang="en"' in client.get("/sign-in", headers={"Accept-Language": "fr"}).content.decode()


def test_a_request_asks_nothing_more(
    world: World, client: Client, django_assert_num_queries, settings
) -> None:
    client.get("/sign-in")
    with django_assert_num_queries(0):
        for _ in range(100):
            house()
    with sweep("demo"), django_assert_num_queries(1):
        settings.MAINSTAY_HOUSE_FRESH_S = 0.0
        keep({})
        house()
