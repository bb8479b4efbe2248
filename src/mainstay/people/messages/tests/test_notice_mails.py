"""PPL-13: mails and digests of what was not read: in the person's language, once, and easy to leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings

from mainstay.core.actor import Role, system_actor
from mainstay.core.errors import Invalid, NotFound
from mainstay.core.ids import new_id
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery, Notice, StaffNotice
from mainstay.people.messages.notices import (
    Channel,
    NoticeKind,
    Recipient,
    colleagues,
    erase_notices_of,
    members,
    notify,
)
from mainstay.people.messages.notices.choosing import own_wishes, set_wishes
from mainstay.people.messages.notices.forgetting import forget_notices
from mainstay.people.messages.notices.mailing import mail_due
from mainstay.people.messages.notices.marking import mark_all_read
from mainstay.people.messages.notices.own import SECURITY
from mainstay.people.messages.notices.reading import page_of_notices, unread_count
from mainstay.people.messages.notices.stopping import DIGEST, Stop, read_stop, stop_mails
from mainstay.people.tenants.tests.make import World, acting_as, make_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON = NOW + timedelta(minutes=2)
ORDINARY = NoticeKind(
    key="test.ordinary",
    group="Tests",
    title="Something",
    sentence="{author} did {what}",
    roles=frozenset({Role.OWNER, Role.FIELD, Role.AGENT}),
    default=Channel.EMAIL,
)


@pytest.fixture
def world() -> World:
    return make_world()


def tell(
    world: World,
    people: Sequence[Recipient],
    *,
    kind: str = ORDINARY.key,
    at: datetime = NOW,
    subject_id: UUID | None = None,
    what: str = "password_changed",
) -> None:
    with scope(system_actor(world.acme.id)):
        notify(
            people,
            kind=kind,
            subject=("thing", subject_id or new_id()),
            params={"what": what, "author": "Max", "author_id": str(world.max.id)},
            tenant_id=world.acme.id,
            link="/support/things/1",
            cause=None,
            at=at,
        )


def choose(person: object, channel: Channel, *, kind: str = ORDINARY.key, rhythm: str = "daily") -> None:
    with acting_as(person) as actor:  # type: ignore[arg-type]
        set_wishes(actor, rhythm=rhythm, channels={kind: channel})


def mails() -> list[Delivery]:
    with sweep("send_mail"):
        return list(Delivery.objects.order_by("id"))


def test_an_unread_notice_is_mailed_once_after_a_moment(world: World) -> None:
    tell(world, [*members(world.ana.id), *colleagues(world.ari.id)])
    mail_due(NOW + timedelta(minutes=1), 100)
    assert mails() == []
    for _ in range(3):
        mail_due(SOON, 100)
    assert sorted(mail.email for mail in mails()) == ["ana@acme.example", "ari@mainstay.example"]
    mail = next(m for m in mails() if m.email.startswith("ana"))
    assert mail.subject == "Max did password_changed"
    assert f"{settings.MAINSTAY_URL}/support/things/1" in mail.text
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_what_was_read_meanwhile_is_not_mailed(world: World) -> None:
    tell(world, members(world.ana.id))
    with acting_as(world.ana) as actor:
        mark_all_read(actor, until=NOW, at=NOW)
    assert mail_due(SOON, 100) == 1
    assert mails() == []
    assert mail_due(SOON, 100) == 0


URGENT = NoticeKind(
    key="test.urgent",
    group="Tests",
    title="Something urgent",
    sentence="{what}",
    roles=frozenset({Role.OWNER, Role.FIELD, Role.AGENT}),
    default=Channel.EMAIL,
    allowed=frozenset({Channel.EMAIL}),
    why_always="Because.",
    is_urgent=True,
    words=SECURITY.words,
)


def test_what_is_urgent_is_mailed_at_once_in_the_persons_language(world: World) -> None:
    tell(world, members(world.felix.id), kind=URGENT.key)
    mail_due(NOW, 100)
    [mail] = mails()
    assert mail.subject == "Se cambió la contraseña"
    assert "Hola" in mail.text
    assert "List-Unsubscribe" not in mail.headers


def test_security_has_mails_of_its_own_and_cannot_be_left(world: World) -> None:
    tell(world, members(world.felix.id), kind="security.changed")
    mail_due(SOON, 100)
    assert mails() == []
    with pytest.raises(Invalid) as refused, acting_as(world.felix) as actor:
        set_wishes(actor, rhythm="daily", channels={"security.changed": "off"})
    assert list(refused.value.fields) == ["security.changed"]


def test_many_of_a_kind_are_one_mail(world: World) -> None:
    for _ in range(5):
        tell(world, members(world.ana.id))
    mail_due(SOON, 100)
    [mail] = mails()
    assert mail.subject == "Max did password_changed, and 4 more"
    assert mail.text.count("Max did") == 5


def test_the_digest_comes_once_in_the_persons_morning(world: World) -> None:
    with sweep("demo"):
        type(world.ana).objects.filter(id=world.ana.id).update(zone="America/New_York")
    choose(world.ana, Channel.DIGEST)
    ticket = new_id()
    for what in ("one", "two"):
        tell(world, members(world.ana.id), subject_id=ticket, what=what)
    tell(world, members(world.ana.id), what="other")
    eight = datetime(2026, 3, 2, 13, tzinfo=UTC)
    mail_due(eight - timedelta(seconds=1), 100)
    assert mails() == []
    late = eight + timedelta(hours=5)
    mail_due(late, 100)
    mail_due(late, 100)
    [mail] = mails()
    assert mail.subject == "3 unread notifications"
    assert mail.text.index("two") < mail.text.index("other")
    assert "List-Unsubscribe" in mail.headers
    tell(world, members(world.ana.id), at=late, what="later")
    mail_due(eight + timedelta(days=1), 100)
    assert [m.subject for m in mails()] == ["3 unread notifications", "1 unread notification"]


def test_the_digest_of_a_weekly_reader_keeps_the_hour_over_a_change_of_the_clocks(world: World) -> None:
    with sweep("demo"):
        type(world.ari).objects.filter(id=world.ari.id).update(zone="Europe/Berlin")
    choose(world.ari, Channel.DIGEST, rhythm="weekly")
    tell(world, colleagues(world.ari.id), at=datetime(2026, 3, 24, 9, tzinfo=UTC))
    monday = datetime(2026, 3, 30, 6, tzinfo=UTC)  # summer time began on Sunday
    mail_due(monday - timedelta(seconds=1), 100)
    assert mails() == []
    mail_due(monday, 100)
    assert [mail.kind for mail in mails()] == ["notices.digest"]


def test_nothing_unread_no_digest(world: World) -> None:
    choose(world.ana, Channel.DIGEST)
    tell(world, members(world.ana.id))
    with acting_as(world.ana) as actor:
        mark_all_read(actor, until=NOW, at=NOW)
    mail_due(NOW + timedelta(days=2), 100)
    assert mails() == []


def test_more_people_than_a_batch_holds(world: World) -> None:
    tell(world, [*members(world.ana.id, world.felix.id, world.clara.id)])
    while mail_due(SOON, 1):
        pass
    assert len(mails()) == 3


def test_one_click_ends_mails_of_that_kind_and_nothing_else(world: World) -> None:
    tell(world, members(world.ana.id))
    for stop in (
        Stop(world.acme.id, world.ana.id, ORDINARY.key),
        Stop(None, world.ari.id, ORDINARY.key),
    ):
        assert read_stop(stop.token) == stop
        with stop.open():
            stop_mails(stop)
    tell(world, [*members(world.ana.id), *colleagues(world.ari.id)])
    mail_due(SOON, 100)
    assert mails() == []  # also not what was waiting
    for person in (world.ana, world.ari):
        with acting_as(person) as actor:
            assert own_wishes(actor).channels[ORDINARY.key] is Channel.IN_APP
            assert unread_count(actor) >= 1


def test_one_click_on_the_digest(world: World) -> None:
    choose(world.ana, Channel.DIGEST)
    stop = Stop(world.acme.id, world.ana.id, DIGEST)
    with stop.open():
        stop_mails(stop)
    with acting_as(world.ana) as actor:
        assert own_wishes(actor).channels[ORDINARY.key] is Channel.IN_APP


@pytest.mark.parametrize("token", ["", "x", "WyJhIl0:1:x", "a" * 400])
def test_a_made_up_link_stops_nothing(token: str) -> None:
    with pytest.raises(NotFound):
        read_stop(token)


def test_the_inbox_pages_by_key_and_shows_ones_own_alone(world: World) -> None:
    for n in range(5):
        tell(world, members(world.ana.id, world.felix.id), at=NOW + timedelta(minutes=n), what=f"w{n}")
    with acting_as(world.felix) as actor:
        first = page_of_notices(actor, limit=3)
        rest = page_of_notices(actor, limit=3, cursor=first.next_cursor)
        assert [n.text[-2:] for n in [*first.rows, *rest.rows]] == ["w4", "w3", "w2", "w1", "w0"]
        assert rest.next_cursor is None
        assert unread_count(actor) == 5
        assert mark_all_read(actor, until=NOW + timedelta(minutes=3), at=SOON) == 4
        assert [n.text[-2:] for n in page_of_notices(actor, only_unread=True).rows] == ["w4"]
    with acting_as(world.ana) as actor:
        assert unread_count(actor) == 5
    with acting_as(world.gus) as actor:
        assert unread_count(actor) == 0


def test_read_ones_are_forgotten_first(world: World) -> None:
    tell(world, members(world.ana.id, world.felix.id))
    with acting_as(world.ana) as actor:
        mark_all_read(actor, until=NOW, at=NOW)
    assert forget_notices(at=NOW + timedelta(days=181), keep_days=0) == 0
    assert forget_notices(at=NOW + timedelta(days=181), keep_days=180) == 1
    assert forget_notices(at=NOW + timedelta(days=361), keep_days=180) == 1


def test_a_person_who_is_erased_leaves_nothing(world: World) -> None:
    tell(world, [*members(world.ana.id), *colleagues(world.max.id)])
    choose(world.ana, Channel.OFF)
    with scope(system_actor(world.acme.id)):
        assert erase_notices_of(Recipient(world.max.id, is_staff=True)) == 1
        assert Notice.objects.get().params["author"] == "–"
        assert erase_notices_of(Recipient(world.ana.id)) == 1
        assert not Notice.objects.exists()
        assert not StaffNotice.objects.exists()
