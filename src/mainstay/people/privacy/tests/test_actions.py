"""Who may ask for whose data, and what is so from the moment an erasure is asked for (PPL-11)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.models import Event
from mainstay.core.storage.files import open_stored
from mainstay.core.wall.scope import sweep
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.tests.make import checked
from mainstay.people.access.actions import invite_member, resend_invitation
from mainstay.people.messages.models import Notice
from mainstay.people.privacy.actions import ask_erasure, ask_export
from mainstay.people.privacy.jobs import carry_out, forget_exports
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.queries import visible_request
from mainstay.people.privacy.rules import KEPT_FOR, Wording, erased_address
from mainstay.people.tenants.actions import (
    change_profile,
    change_role,
    meet_contact,
    restore_member,
    suspend_member,
)
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import MemberFilter, page_of_members, visible_member
from mainstay.people.tenants.tests.make import (
    BEGINNING,
    Person,
    World,
    acting_as,
    builders_scope,
    make_member,
    make_user,
    make_world,
    sign_in,
)
from mainstay.support.channels.tests.make import raw_mail, receive
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db
NOW = BEGINNING + timedelta(days=60)
FELIX = "felix@acme.example"


@pytest.fixture
def world() -> World:
    return make_world()


def erase(by: Person, whom: Member, wording: str = Wording.KEPT, *, typed: str = "") -> PrivacyRequest:
    with acting_as(by) as actor:
        return ask_erasure(actor, whom.id, wording=wording, confirmation=typed or whom.email, at=NOW)


def work(request: PrivacyRequest) -> None:
    carry_out.task.func(row_id=str(request.id))


def fresh(member: Member) -> Member:
    with builders_scope():
        return Member.objects.get(id=member.id)


def event_names() -> list[str]:
    with sweep("demo"):
        return list(Event.objects.order_by("n").values_list("name", flat=True))


def test_from_the_first_moment(world: World, client: Client) -> None:
    sign_in(client, world.felix)
    assert client.get("/support").status_code == 200
    request = erase(world.ana, world.felix)
    assert client.get("/support").status_code == 302
    assert event_names() == ["member.suspended", "privacy.erasure_asked"]
    assert erase(world.ana, world.felix).id == request.id, "asked twice, it is the one that is under way"
    with acting_as(world.ana) as ana:
        rows = page_of_members(ana, world.acme.id, MemberFilter()).rows
        assert world.felix.id not in [member.id for member in rows]
        for act in (
            lambda: restore_member(ana, world.felix.id, at=NOW),
            lambda: suspend_member(ana, world.felix.id, at=NOW),
            lambda: change_role(ana, world.felix.id, Role.PM, at=NOW),
            lambda: resend_invitation(ana, world.felix.id, at=NOW),
            lambda: change_profile(ana, world.felix.id, {"name": "X"}, at=NOW),
            lambda: ask_export(ana, world.felix.id, at=NOW),
            lambda: invite_member(ana, world.acme.id, email=FELIX, role=Role.PM, at=NOW),
        ):
            with pytest.raises(Conflict):
                act()


def test_an_import_meanwhile_says_so(world: World) -> None:
    erase(world.ana, world.felix)
    run = checked(world.ana, Kind.PEOPLE, f"email,name,role\n{FELIX},Back,field\n")
    assert (run.wrong_count, run.changed_count) == (1, 0)


def test_afterwards_the_address_is_a_strangers(world: World) -> None:
    ticket = make_ticket(world.felix)
    work(erase(world.ana, world.felix))
    gone = fresh(world.felix)
    assert (gone.email, gone.name, gone.state) == (erased_address(gone.id), "Erased person", "suspended")
    assert receive(raw_mail(f"Félix <{FELIX}>", subject=f"Re: #{ticket.number}")).state == "triage"
    assert receive(raw_mail(gone.email, subject="I am back", body="Really.")).state == "triage"
    with acting_as(world.ana) as ana:
        with pytest.raises(Invalid):
            invite_member(ana, world.acme.id, email=gone.email, role=Role.PM, at=NOW)
        invite_member(ana, world.acme.id, email=FELIX, role=Role.PM, at=NOW)
        new = Member.objects.get(email=FELIX)
    assert new.id != world.felix.id
    run = checked(world.ana, Kind.PEOPLE, f"email,name,role\n{gone.email},Back,field\n")
    assert (run.wrong_count, run.changed_count) == (1, 0), "nor imported onto"
    with acting_as(world.ana) as ana, pytest.raises(Conflict):
        ask_erasure(ana, gone.id, wording=Wording.KEPT, confirmation=gone.email, at=NOW)


@pytest.mark.parametrize("language", ["en", "es"])
def test_named_in_the_customers_language(world: World, language: str) -> None:
    with builders_scope():
        type(world.acme).objects.filter(id=world.acme.id).update(language=language)
    work(erase(world.ana, world.felix))
    assert fresh(world.felix).name == {"en": "Erased person", "es": "Persona borrada"}[language]


def test_owners(world: World) -> None:
    with builders_scope():
        ada = make_member(world.acme, "Ada", Role.TENANT_ADMIN)
        second = make_member(world.acme, "Otto", Role.OWNER)
    with pytest.raises(Forbidden):
        erase(ada, world.ana)
    with pytest.raises(Conflict, match="Somebody else"):
        erase(world.ana, world.ana)
    work(erase(world.ana, second))
    with pytest.raises(Conflict, match="last owner"):
        erase(world.max, world.ana)
    assert fresh(world.ana).erased_at is None


@pytest.mark.parametrize(("who", "error"), [
    ("felix", Forbidden), ("clara", Forbidden), ("gus", NotFound), ("ari", Forbidden), ("cora", Forbidden),
])  # fmt: skip
def test_who_may_not(world: World, who: str, error: type[Exception]) -> None:
    by = {**world.members, **world.staff}[who]
    with pytest.raises(error):
        erase(by, world.ana)
    with pytest.raises(error), acting_as(by) as actor:
        ask_export(actor, world.ana.id, at=NOW)
    assert event_names() == []


@pytest.mark.parametrize(("typed", "wording", "field"), [
    ("felix@acme.exampl", "kept", "confirmation"), (FELIX, "perhaps", "wording"), (FELIX, "", "wording"),
])  # fmt: skip
def test_what_has_to_be_typed(world: World, typed: str, wording: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        erase(world.ana, world.felix, wording, typed=typed)
    assert set(refused.value.fields) == {field}
    assert fresh(world.felix).erased_at is None
    erase(world.ana, world.felix, typed=" FELIX@Acme.example ")


def exported(by: Person, whom: Member) -> tuple[PrivacyRequest, zipfile.ZipFile]:
    with acting_as(by) as actor:
        request = ask_export(actor, whom.id, at=NOW)
        assert ask_export(actor, whom.id, at=NOW).id == request.id
    work(request)
    with acting_as(by) as actor:
        request = visible_request(actor, request.id)
    return request, zipfile.ZipFile(io.BytesIO(b"".join(open_stored(request.storage_key))))


def test_an_export_holds_the_persons_own_and_nobody_elses(world: World) -> None:
    mine, others = make_ticket(world.felix, "Mine"), make_ticket(world.ana, "Hers alone")
    make_reply(mine, world.ari, "We look into it.")
    request, archive = exported(world.felix, world.felix)
    told = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    assert told["profile.json"][0]["email"] == FELIX
    assert [row["number"] for row in told["tickets.json"]] == [mine.number]
    assert "We look into it." in [row["body"] for row in told["messages_to_me.json"]]
    assert "Hers alone" not in json.dumps(told)
    assert str(others.number) not in json.dumps(told["messages_by_me.json"])
    assert (request.state, request.email, request.expires_at is not None) == ("done", "", True)
    with builders_scope():
        [notice] = Notice.objects.filter(kind="privacy.done")
    assert (notice.member_id, notice.link) == (world.felix.id, reverse("account_privacy"))


def test_the_other_sides_export_is_not_ones_own(world: World) -> None:
    with acting_as(world.felix) as felix:
        ask_export(felix, world.felix.id, at=NOW)
    with acting_as(world.max) as staff, pytest.raises(Conflict, match="under way"):
        ask_export(staff, world.felix.id, at=NOW)


def test_nobody_is_met_who_is_being_erased(world: World) -> None:
    erase(world.ana, world.felix)
    with acting_as(world.ari) as staff, pytest.raises(Conflict):
        meet_contact(staff, world.acme.id, email=FELIX, at=NOW)


def test_an_export_is_fetched_for_a_week_by_who_may(world: World) -> None:
    request, _archive = exported(world.ana, world.felix)
    path = reverse("support_privacy_download", args=[request.id])
    for who, status in (("ana", 200), ("gus", 404), ("clara", 404)):
        answer = sign_in(Client(), world.members[who]).post(path)
        answer.getvalue()  # to its end, which closes the file
        assert answer.status_code == status, who
    assert event_names()[-1] == "privacy.export_fetched"
    assert sign_in(Client(), world.ana).get(path).status_code == 405
    with acting_as(world.gus) as gus, pytest.raises(NotFound):
        visible_request(gus, request.id)
    assert forget_exports(at=clock.now()) == 0
    assert forget_exports(at=clock.now() + KEPT_FOR + timedelta(seconds=5)) == 1
    with pytest.raises(FileNotFoundError):
        open_stored(request.storage_key)
    assert sign_in(Client(), world.ana).post(path).status_code == 404


def test_the_pages(world: World, client: Client) -> None:
    sign_in(client, world.ana)
    personal = reverse("support_personal", args=[world.felix.id])
    assert personal in client.get(reverse("support_person", args=[world.felix.id])).content.decode()
    wrong = client.post(personal, {"do": "erase", "wording": "kept", "confirmation": "x@y.example"})
    assert wrong.status_code == 422
    assert "Type the person" in wrong.content.decode()
    right = client.post(personal, {"do": "erase", "wording": "erased", "confirmation": FELIX})
    assert right.status_code == 302
    with builders_scope():
        request = PrivacyRequest.objects.get()
    work(request)
    for path in (personal, reverse("support_privacy"), reverse("support_person", args=[world.felix.id])):
        page = client.get(path)
        assert page.status_code == 200
        assert "Erased person" in page.content.decode()
    desk = sign_in(Client(), world.max)
    for path in (reverse("desk_privacy"), reverse("desk_personal", args=[world.felix.id])):
        assert "Erased person" in desk.get(path).content.decode()
    assert sign_in(Client(), world.ari).get(reverse("desk_privacy")).status_code == 403
    assert sign_in(Client(), world.clara).get(reverse("support_privacy")).status_code == 403


def test_ones_own_page(world: World, client: Client) -> None:
    sign_in(client, world.clara)
    assert "Download my data" in client.get("/account/privacy").content.decode()
    assert client.post("/account/privacy").status_code == 302
    with builders_scope():
        request = PrivacyRequest.objects.get()
    assert "Download my data" not in client.get("/account/privacy").content.decode(), "one at a time"
    work(request)
    own = reverse("account_privacy_download", args=[request.id])
    assert own in client.get("/account/privacy").content.decode()
    answer = client.post(own)
    assert answer["Content-Type"] == "application/zip"
    assert answer.getvalue()[:2] == b"PK"
    assert sign_in(Client(), world.max).get("/account/privacy").status_code == 404


def test_an_export_under_way_when_the_person_is_erased_gives_nothing(world: World) -> None:
    with acting_as(world.felix) as felix:
        export = ask_export(felix, world.felix.id, at=NOW)
    erase(world.ana, world.felix)
    work(export)
    with acting_as(world.ana) as ana:
        assert visible_request(ana, export.id).storage_key == ""
        assert visible_member(ana, world.felix.id).erased_at == NOW


def test_a_user_with_one_seat_goes_with_it(world: World) -> None:
    user = make_user(world.felix)
    work(erase(world.ana, world.felix))
    assert not type(user).objects.filter(id=user.id).exists()
