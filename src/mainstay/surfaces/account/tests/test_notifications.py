"""PPL-13: one's inbox and preferences, for both sides, in the reader's language; nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.core.actor import system_actor
from mainstay.core.clock import now
from mainstay.core.events.tests.make import recorded
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Notice, NoticeChoices, StaffNotice, StaffNoticeChoices
from mainstay.people.messages.notices import Recipient, colleagues, members, notify
from mainstay.people.messages.notices.stopping import DIGEST, Stop
from mainstay.people.tenants.tests.make import World, make_world, sign_in
from mainstay.support.channels.actions.answer import mail_replies
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db
INBOX = "/account/notifications"
CHOICES = f"{INBOX}/preferences"


@pytest.fixture
def world() -> World:
    return make_world()


def client_of(person: object) -> Client:
    return sign_in(Client(), person)  # type: ignore[arg-type]


def answered(world: World) -> Ticket:
    """Félix asked, Ari answered."""
    ticket = make_ticket(world.felix, "La bomba")
    make_reply(ticket, world.ari)
    facts = recorded("ticket.replied")
    with scope(system_actor(world.acme.id)):
        mail_replies(facts)
    return ticket


def tell(world: World, people: list[Recipient], *, count: int = 1, link: str = "/account/security") -> None:
    with scope(system_actor(world.acme.id)):
        for n in range(count):
            notify(
                people,
                kind="security.changed",
                subject=None,
                params={"what": "new_device"},
                tenant_id=world.acme.id,
                link=link,
                cause=None,
                at=now() - timedelta(hours=1, seconds=n),
            )


def text(client: Client, path: str = INBOX) -> str:
    return client.get(path).content.decode()


def unread(world: World) -> int:
    with sweep("send_notices"):
        return Notice.objects.filter(read_at=None).count() + StaffNotice.objects.filter(read_at=None).count()


def test_an_answer_stands_in_the_readers_inbox_in_their_language(world: World) -> None:
    ticket = answered(world)
    felix = client_of(world.felix)
    shown = text(felix)
    assert f"Ari respondió en el #{ticket.number}: La bomba" in shown
    assert "(1 sin leer)" in shown
    for outsider in (world.ana, world.clara, world.gus, world.max):
        assert "La bomba" not in text(client_of(outsider))


def test_opening_the_ticket_reads_its_notices(world: World) -> None:
    ticket = answered(world)
    felix = client_of(world.felix)
    shown = text(felix, f"/support/tickets/{ticket.number}")
    assert unread(world) == 0
    assert "sin leer" not in shown  # the bell of this very page knows


def test_opening_a_notice_goes_on_to_what_it_is_about(world: World) -> None:
    tell(world, members(world.ana.id))
    with sweep("send_notices"):
        notice = Notice.objects.get()
    answer = client_of(world.ana).get(f"{INBOX}/{notice.id}")
    assert (answer.status_code, answer["Location"]) == (302, "/account/security")
    assert unread(world) == 0


@pytest.mark.parametrize("link", ["//evil.example", "https://evil.example", "", "/\\evil.example"])
def test_a_link_that_leads_elsewhere_is_not_followed(world: World, link: str) -> None:
    tell(world, colleagues(world.ari.id), link=link)
    with sweep("send_notices"):
        notice = StaffNotice.objects.get()
    assert client_of(world.ari).get(f"{INBOX}/{notice.id}")["Location"] == INBOX


def test_read_unread_all_and_back(world: World) -> None:
    tell(world, [*members(world.ana.id, world.felix.id)], count=3)
    ana = client_of(world.ana)
    with sweep("send_notices"):
        first = Notice.objects.filter(member=world.ana).order_by("-created_at")[0]
    ana.post(f"{INBOX}/{first.id}/mark")
    assert unread(world) == 5
    ana.post(f"{INBOX}/{first.id}/mark", {"as": "unread"})
    assert unread(world) == 6
    until = (first.created_at - timedelta(milliseconds=1)).isoformat()
    answer = ana.post(f"{INBOX}/read", {"until": until})
    assert unread(world) == 4  # what came after the page was shown stays, and Félix's
    shown = text(ana, answer["Location"])
    read_at = shown.split('name="read_at" value="')[1].split('"')[0]
    ana.post(f"{INBOX}/undo", {"read_at": read_at})
    assert unread(world) == 6
    assert ana.post(f"{INBOX}/undo", {"read_at": "yesterday"}).status_code == 422
    away = ana.post(f"{INBOX}/{first.id}/mark", {"back": "https://evil.example"})
    assert away["Location"] == INBOX


@pytest.mark.parametrize("path", ["", "/mark"])
def test_anothers_notice_is_not_there(world: World, path: str) -> None:
    tell(world, members(world.ana.id))
    with sweep("send_notices"):
        notice = Notice.objects.get()
    for outsider in (world.felix, world.gus, world.max):
        client = client_of(outsider)
        send = client.post if path else client.get
        assert send(f"{INBOX}/{notice.id}{path}").status_code == 404
    assert unread(world) == 1


def test_the_list_pages_and_costs_the_same_for_few_and_many(world: World) -> None:
    ana = client_of(world.ana)
    costs = []
    for count in (2, 70):
        tell(world, members(world.ana.id), count=count)
        text(ana)
        with CaptureQueriesContext(connection) as captured:
            shown = text(ana)
        costs.append(len(captured))
    assert costs[0] == costs[1]
    assert costs[0] <= 14
    assert shown.count("notice-row") == 30
    assert "(72 unread)" in shown
    cursor = shown.split("after=")[1].split('"')[0]
    assert text(ana, f"{INBOX}?after={cursor}").count("notice-row") == 30
    tell(world, members(world.ana.id), count=50)
    assert "(99+ unread)" in text(ana)


def test_the_bell_alone(world: World) -> None:
    tell(world, colleagues(world.ari.id), count=2)
    shown = text(client_of(world.ari), f"{INBOX}/bell")
    assert "2 unread" in shown
    assert "<html" not in shown


def test_preferences_show_what_one_can_get_and_why_some_stays(world: World) -> None:
    clara, ana, ari = (text(client_of(person), CHOICES) for person in (world.clara, world.ana, world.ari))
    assert "ticket.own_queue" in ana
    assert "ticket.own_queue" not in clara
    assert "ticket.shared" not in clara
    assert "sla.breached" in ari
    for page in (clara, ana):
        assert "sla." not in page
        assert "ticket.mention" not in page
    for page in (clara, ana, ari):
        assert 'name="security.changed" value="off" disabled' in page
        assert "Cannot be off." in page


def test_preferences_are_kept_and_wrong_ones_refused(world: World) -> None:
    ana, ari = client_of(world.ana), client_of(world.ari)
    assert ana.post(CHOICES, {"ticket.answered": "digest", "rhythm": "weekly"}).status_code == 302
    assert ari.post(CHOICES, {"ticket.mention": "off", "unknown.kind": "off"}).status_code == 302
    with sweep("send_notices"):
        mine = NoticeChoices.objects.get()
        assert (mine.member_id, mine.choices, mine.rhythm) == (
            world.ana.id,
            {"ticket.answered": "digest"},
            "weekly",
        )
        assert StaffNoticeChoices.objects.get().choices == {"ticket.mention": "off"}
    for wrong in (
        {"sla.breached": "off"},
        {"security.changed": "in_app"},
        {"ticket.mention": "pigeon"},
        {"rhythm": "hourly"},
    ):
        assert ari.post(CHOICES, wrong).status_code == 422
    with sweep("send_notices"):
        assert StaffNoticeChoices.objects.get().choices == {"ticket.mention": "off"}


def test_one_click_from_a_mail_program(world: World) -> None:
    """No session, no token against forged forms: as RFC 8058 wants it."""
    stranger = Client(enforce_csrf_checks=True)
    url = Stop(world.acme.id, world.ana.id, "ticket.answered").url
    path = url[url.index("/notifications/") :]
    assert "An answer on a ticket of mine" in text(stranger, path)
    with sweep("send_notices"):
        assert not NoticeChoices.objects.exists()  # looking changes nothing
    assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with sweep("send_notices"):
        assert NoticeChoices.objects.get().choices == {"ticket.answered": "in_app"}
    assert stranger.post(path[:-3] + "abc").status_code == 404
    digest = Stop(None, world.ari.id, DIGEST).url
    assert stranger.post(digest[digest.index("/notifications/") :]).status_code == 200


def test_nothing_yet(world: World) -> None:
    assert "Nothing yet" in text(client_of(world.ana))
    assert "All read" in text(client_of(world.ana), f"{INBOX}?show=unread")
    assert client_of(world.ana).get(f"{INBOX}?after=nonsense").status_code == 422
