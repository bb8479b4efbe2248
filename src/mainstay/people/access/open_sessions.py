"""The sessions of a person: kept beside the framework's own rows, so that they can be listed and ended one by one.

Plumbing: outside any scope, or in one within `as_door()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from mainstay.core.house.current import house
from mainstay.core.ids import new_id
from mainstay.people.access.models import Membership, OpenSession, User

SESSION_ENDED: Final = "mainstay_session_ended"
"""Channel on which the live stream hears of sessions that ended; a stream of that session then ends at once."""
SEAT_KEY: Final = "membership"
"""Of the framework's session: which seat it sits on."""
GRAIN: Final = timedelta(minutes=1)
_AGENT_LIMIT: Final = 400


def mark_of_session(session_key: str) -> str:
    """Tells sessions apart without being one."""
    return sha256(session_key.encode()).hexdigest()[:32]


def longest_life(*, is_staff: bool) -> timedelta:
    return timedelta(days=house().staff_session_days if is_staff else house().session_days)


def is_over(began_at: datetime | None, seen_at: datetime | None, now: datetime, *, is_staff: bool) -> bool:
    """Used by nobody for too long, or just too old. A session that was never seen begins now."""
    if began_at is None or seen_at is None:
        return False
    idle = timedelta(hours=house().session_idle_hours)
    return now - seen_at > idle or now - began_at > longest_life(is_staff=is_staff)


def note_session(request: HttpRequest, user: User, *, method: str, ip: str | None, now: datetime) -> None:
    """At sign-in, when the session has got its key."""
    OpenSession.objects.update_or_create(
        session_key=request.session.session_key or "",
        defaults={
            "user_id": user.pk,
            "method": method,
            "agent": agent_of(request),
            "ip": ip,
            "began_at": now,
            "seen_at": now,
        },
    )


def see_session(request: HttpRequest, *, seen_at: datetime | None, ip: str | None, now: datetime) -> None:
    """At most once a minute. A session without a row (begun before there were any) gets one, unless it was ended
    while this request was under way."""
    if seen_at is not None:
        if now - seen_at >= GRAIN:
            OpenSession.objects.filter(session_key=request.session.session_key).update(seen_at=now, ip=ip)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_session (id, user_id, session_key, method, agent, ip, began_at, seen_at) "
            "SELECT %(id)s, %(user)s, session_key, '', %(agent)s, %(ip)s, %(now)s, %(now)s FROM django_session "
            "WHERE session_key = %(key)s ON CONFLICT (session_key) DO NOTHING",
            {
                "id": new_id(),
                "user": request.user.pk,
                "key": request.session.session_key,
                "agent": agent_of(request),
                "ip": ip,
                "now": now,
            },
        )


def agent_of(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:_AGENT_LIMIT].replace("\x00", "")


def rotate_key(request: HttpRequest) -> None:
    """A new key for the same session, as at each change of what it may do."""
    with _under_a_new_key(request):
        request.session.cycle_key()


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """This one session outlives the change of its user's password."""
    with _under_a_new_key(request):
        update_session_auth_hash(request, user)


@contextmanager
def _under_a_new_key(request: HttpRequest) -> Iterator[None]:
    """A session that was ended while this request was under way stays ended: a new key would bring back all of it.
    The row's lock is what `end_sessions` waits for, or is waited for."""
    before = request.session.session_key
    with transaction.atomic():
        OpenSession.objects.select_for_update().filter(session_key=before).first()
        if not Session.objects.filter(session_key=before).exists():
            raise SessionInterrupted("the session was ended meanwhile")
        yield
        OpenSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def close_session(request: HttpRequest) -> None:
    """Of this request; whoever it was is nobody afterwards."""
    key = request.session.session_key
    logout(request)
    request.seats = []  # type: ignore[attr-defined]
    if key:
        OpenSession.objects.filter(session_key=key).delete()
        _tell_streams([key])


def open_sessions(user_id: UUID, now: datetime) -> QuerySet[OpenSession]:
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    idle = timedelta(hours=house().session_idle_hours)
    found = OpenSession.objects.filter(user_id=user_id, session_key__in=alive, seen_at__gt=now - idle)
    return found.order_by("-seen_at", "-id")


@transaction.atomic
def end_sessions(user_id: UUID, *, keep: str | None = None, only: Iterable[UUID] | None = None) -> int:
    """Ends the person's sessions, at once and with their live streams: all, all but the one of the key `keep`, or
    `only` those rows."""
    found = OpenSession.objects.filter(user_id=user_id)
    if only is not None:
        found = found.filter(id__in=list(only))
    # Locked: a request that just gives one of them a new key is waited for.
    keys = [key for key in found.select_for_update().values_list("session_key", flat=True) if key != keep]
    Session.objects.filter(session_key__in=keys).delete()
    OpenSession.objects.filter(session_key__in=keys).delete()
    _tell_streams(keys)
    return len(keys)


def sessions_on(membership: Membership) -> QuerySet[OpenSession]:
    """Those that sit on this seat; of a person without another one, all."""
    mine = OpenSession.objects.filter(user_id=membership.user_id)
    if not Membership.objects.filter(user_id=membership.user_id).exclude(id=membership.id).exists():
        return mine
    found = Session.objects.filter(session_key__in=list(mine.values_list("session_key", flat=True)))
    sitting = [s.session_key for s in found if s.get_decoded().get(SEAT_KEY) == str(membership.id)]
    return mine.filter(session_key__in=sitting)


def end_sessions_on(membership: Membership) -> int:
    """A person with another seat stays signed in there."""
    return end_sessions(membership.user_id, only=sessions_on(membership).values_list("id", flat=True))


def _tell_streams(keys: list[str]) -> None:
    """Heard when the transaction commits."""
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify(%s, mark) FROM unnest(%s::text[]) mark",
                [SESSION_ENDED, [mark_of_session(key) for key in keys]],
            )


def forget_sessions(*, at: datetime) -> int:
    """Those whose time is over, and the framework's rows with them."""
    Session.objects.filter(expire_date__lt=at).delete()
    unused = OpenSession.objects.filter(seen_at__lt=at - timedelta(hours=house().session_idle_hours))
    Session.objects.filter(session_key__in=unused.values("session_key")).delete()
    count, _kinds = OpenSession.objects.exclude(
        session_key__in=Session.objects.values("session_key")
    ).delete()
    return count
