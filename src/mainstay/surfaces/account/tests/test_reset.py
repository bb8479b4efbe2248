"""Demanding second factors and resetting those of others (PPL-7, PPL-11): by whom, of whom, and who hears of it."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from mainstay.core.actor import Role
from mainstay.core.errors import Conflict, Forbidden, NotFound
from mainstay.core.events.models import Event
from mainstay.core.secrets import is_current
from mainstay.core.wall.scope import sweep
from mainstay.people.access.factors.changes import demand_factor, reset_factors
from mainstay.people.access.factors.resealing import reseal_factors
from mainstay.people.access.tests.factors import kept_passkey, kinds_of, with_app
from mainstay.people.messages.models import Delivery, Notice
from mainstay.people.messages.notices.security import tell_security
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.tests.make import (
    BEGINNING,
    World,
    acting_as,
    make_member,
    make_user,
    make_world,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_an_owner_resets_a_members(world: World) -> None:
    with_app(world.felix)
    theirs, client = sign_in(Client(), world.felix), sign_in(Client(), world.ana)
    page = f"/support/people/{world.felix.id}"
    assert "Be sure that it is the person who asks" in client.get(page).content.decode()
    assert client.post(page, {"do": "reset_factors"}).status_code == 302
    assert kinds_of(world.felix) == set()
    assert theirs.get("/support").status_code == 302, "signed out everywhere"
    with sweep("send_mail"):
        mail = Delivery.objects.get(kind="access.factors_reset")
        event = Event.objects.get(name="access.factors_reset")
    assert mail.email == world.felix.email
    assert (event.tenant_id, event.actor_id, event.subject_id) == (
        world.acme.id,
        world.ana.id,
        world.felix.id,
    )
    assert "reset the second factors" in client.get("/support/audit").content.decode()
    assert "Be sure that" not in client.get(page).content.decode(), "nothing is left to reset"


def test_the_operator_resets_staffs_and_members(world: World) -> None:
    client = sign_in(Client(), world.max)
    for person, page in (
        (world.ari, f"/desk/staff/{world.ari.id}"),
        (world.gus, f"/desk/customers/people/{world.gus.id}"),
    ):
        with_app(person)
        assert "Be sure that" in client.get(page).content.decode()
        assert client.post(page, {"do": "reset_factors"}).status_code == 302
        assert kinds_of(person) == set()
    assert "reset the second factors" in client.get("/desk/audit").content.decode()


@pytest.mark.parametrize(
    ("who", "whose"),
    [("felix", "ana"), ("clara", "felix"), ("ari", "felix"), ("cora", "eve"), ("eve", "ari")],
)
def test_others_may_not(world: World, who: str, whose: str) -> None:
    people = {**world.members, **world.staff}
    with_app(people[whose])
    with pytest.raises(Forbidden), acting_as(people[who]) as actor:
        reset_factors(actor, people[whose].id, at=BEGINNING)
    assert kinds_of(people[whose]) == {"totp", "recovery_codes"}


def test_not_ones_own_nor_another_customers_nor_staffs(world: World) -> None:
    for person in (world.ana, world.gus, world.ari):
        kept_passkey(person)
    with acting_as(world.ana) as actor:
        with pytest.raises(Conflict):
            reset_factors(actor, world.ana.id, at=BEGINNING)
        for person in (world.gus, world.ari):
            with pytest.raises(NotFound):
                reset_factors(actor, person.id, at=BEGINNING)
    assert all(kinds_of(person) == {"webauthn"} for person in (world.ana, world.gus, world.ari))


def test_an_administrator_does_not_unseat_an_owner(world: World) -> None:
    with sweep("demo"):
        admin = make_member(world.acme, "Adam", Role.TENANT_ADMIN)
    make_user(admin)
    kept_passkey(world.ana)
    with pytest.raises(Forbidden), acting_as(admin) as actor:
        reset_factors(actor, world.ana.id, at=BEGINNING)


def test_factors_that_guard_another_organisation_too_are_the_operators_to_reset(world: World) -> None:
    with sweep("demo"):
        elsewhere = make_member(world.globex, "Félix", Role.FIELD, email=world.felix.email)
    make_user(elsewhere)
    kept_passkey(world.felix)
    with pytest.raises(Conflict), acting_as(world.ana) as actor:
        reset_factors(actor, world.felix.id, at=BEGINNING)
    assert kinds_of(world.felix) == {"webauthn"}
    with acting_as(world.max) as actor:
        assert reset_factors(actor, world.felix.id, at=BEGINNING) == 1


def test_demanding_is_the_managers(world: World) -> None:
    for person in (world.felix, world.clara, world.ari):
        with pytest.raises(Forbidden), acting_as(person) as actor:
            demand_factor(actor, world.acme.id, is_demanded=True, at=BEGINNING)
    with pytest.raises(NotFound), acting_as(world.gus) as actor:
        demand_factor(actor, world.acme.id, is_demanded=True, at=BEGINNING)
    client = sign_in(Client(), world.ana)
    assert "0 of 3 people" in client.get("/support/people/second-factor").content.decode()
    client.post("/support/people/second-factor", {"demand": "yes"})
    with sweep("follow_events"):
        assert Tenant.objects.get(id=world.acme.id).requires_second_factor
        assert not Tenant.objects.get(id=world.globex.id).requires_second_factor
        assert Event.objects.get(name="access.factor_demanded").tenant_id == world.acme.id
    assert client.get("/support")["Location"].startswith("/account/security")


def test_the_inbox_hears_of_it(world: World) -> None:
    from mainstay.core.events.actions import fact_of

    with_app(world.felix)
    with acting_as(world.ana) as actor:
        reset_factors(actor, world.felix.id, at=BEGINNING)
    with sweep("follow_events"):
        tell_security([fact_of(event) for event in Event.objects.filter(name="access.factors_reset")])
        notice = Notice.objects.get()
    assert (notice.member_id, notice.params, notice.next_at) == (
        world.felix.id,
        {"what": "factors_reset"},
        None,
    )


def test_the_command_line_helps_the_last_administrator(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with_app(world.max)
    theirs = sign_in(Client(), world.max)
    call_command("reset_factors", "MAX@mainstay.example")
    assert "1 second factors" in capsys.readouterr().out
    assert kinds_of(world.max) == set()
    assert theirs.get("/desk").status_code == 302
    with sweep("follow_events"):
        event = Event.objects.get(name="access.factors_reset")
    assert (event.actor_kind, event.door, event.tenant_id) == ("system", "command", None)
    with pytest.raises(CommandError):
        call_command("reset_factors", "nobody@nowhere.example")


def test_secrets_move_to_the_present_key(world: World, settings) -> None:
    from allauth.mfa.models import Authenticator

    before = settings.SECRET_KEY
    with_app(world.ana)
    settings.SECRET_KEY = "another key for tests and for nothing else"
    settings.MAINSTAY_OLD_SECRET_KEYS = (before,)
    assert reseal_factors() == (2, [])
    assert reseal_factors() == (0, [])
    rows = {row.type: row.data for row in Authenticator.objects.all()}
    assert is_current(rows["totp"]["secret"])
    assert is_current(rows["recovery_codes"]["seed"])
