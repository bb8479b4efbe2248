"""PPL-13: which channel, and when the digest comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.actor import Role
from mainstay.people.messages.notices import NoticeKind, notice_kinds
from mainstay.people.messages.rules import (
    ANY_CHANNEL,
    Channel,
    Rhythm,
    capped,
    channel_for,
    mail_moment,
    next_digest,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
allowed_sets = st.frozensets(st.sampled_from(Channel), min_size=1)


@given(
    allowed_sets.flatmap(lambda a: st.tuples(st.just(a), st.sampled_from(sorted(a)))), st.text() | st.none()
)
def test_the_channel_is_always_one_that_is_allowed(
    given_: tuple[frozenset[Channel], Channel], chosen: str | None
) -> None:
    allowed, default = given_
    found = channel_for(allowed, default, chosen)
    assert found in allowed
    assert found == (chosen if chosen in allowed else default)


@given(allowed_sets, st.sampled_from(Channel))
def test_what_cannot_be_off_is_never_off(allowed: frozenset[Channel], chosen: Channel) -> None:
    allowed = allowed - {Channel.OFF} or frozenset({Channel.EMAIL})
    assert channel_for(allowed, min(allowed), chosen) is not Channel.OFF


@given(moments, st.sampled_from(ZONES), st.sampled_from(Rhythm))
def test_the_digest_is_the_next_eight_o_clock_of_the_person(at: datetime, zone: str, rhythm: Rhythm) -> None:
    moment = next_digest(at, zone, rhythm)
    local = moment.astimezone(ZoneInfo(zone))
    assert moment > at
    assert moment - at <= timedelta(days=7 if rhythm is Rhythm.WEEKLY else 1, hours=26)
    if zone != "Pacific/Apia":  # which once left out a whole day
        assert (local.hour, local.minute) == (8, 0)
        assert rhythm is Rhythm.DAILY or local.weekday() == 0
        assert next_digest(moment - timedelta(microseconds=1), zone, rhythm) == moment


@pytest.mark.parametrize(
    ("after", "zone", "expected"),
    [
        # The clocks go forward and back in the night before.
        ("2026-03-28T07:00:00+00:00", "Europe/Berlin", "2026-03-29T06:00:00+00:00"),
        ("2026-10-24T06:00:00+00:00", "Europe/Berlin", "2026-10-25T07:00:00+00:00"),
        ("2026-03-07T13:00:00+00:00", "America/New_York", "2026-03-08T12:00:00+00:00"),
        ("2026-11-01T11:00:00+00:00", "America/New_York", "2026-11-01T13:00:00+00:00"),
        ("2026-06-01T02:30:00+00:00", "Asia/Kolkata", "2026-06-02T02:30:00+00:00"),
        ("2026-06-01T07:59:59+00:00", "Nowhere/Atlantis", "2026-06-01T08:00:00+00:00"),
    ],
)
def test_digests_over_changes_of_the_clock(after: str, zone: str, expected: str) -> None:
    assert next_digest(datetime.fromisoformat(after), zone, "daily") == datetime.fromisoformat(expected)


def test_who_is_mailed_when() -> None:
    at, later = datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(minutes=2)
    when = {
        channel: mail_moment(channel, at, delay=later, zone="UTC", rhythm="daily") for channel in ANY_CHANNEL
    }
    assert when == {
        Channel.OFF: None,
        Channel.IN_APP: None,
        Channel.EMAIL: at + later,
        Channel.DIGEST: datetime(2026, 3, 3, 8, tzinfo=UTC),
    }
    assert mail_moment(Channel.EMAIL, at, delay=later, zone="UTC", rhythm="daily", mails_itself=True) is None


def test_every_kind_says_why_it_cannot_be_off() -> None:
    kinds = notice_kinds()
    assert "security.changed" in kinds
    for kind in kinds.values():
        assert kind.may_be_off or str(kind.why_always), kind.key
        assert kind.sides, kind.key


def test_a_kind_that_contradicts_itself_is_refused() -> None:
    words = {"group": "g", "title": "t", "sentence": "s", "roles": frozenset({Role.AGENT})}
    with pytest.raises(ValueError, match="default"):
        NoticeKind(key="x.wrong_default", default=Channel.OFF, allowed=frozenset({Channel.EMAIL}), **words)
    with pytest.raises(ValueError, match="why"):
        NoticeKind(key="x.no_reason", default=Channel.EMAIL, allowed=frozenset({Channel.EMAIL}), **words)
    with pytest.raises(ValueError, match="twice"):
        NoticeKind(key="security.changed", **words)


def test_counts_end_at_ninety_nine() -> None:
    assert [capped(n) for n in (0, 99, 100)] == ["0", "99", "99+"]
