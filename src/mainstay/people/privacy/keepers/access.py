"""How the person came in. What also serves a seat elsewhere stays with that seat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection

from mainstay.core.storage.files import NewFile
from mainstay.core.wall.scope import as_door
from mainstay.people.access.models import ApiKey, Invitation, Membership, OpenSession, SignInLink, User
from mainstay.people.access.open_sessions import end_sessions_on, sessions_on
from mainstay.people.access.providers.models import Provider, ProviderLink
from mainstay.people.privacy.ports import Erased, Look, Part, Person, Rows
from mainstay.people.privacy.rules import Fate, Wording
from mainstay.people.privacy.walking import Search


class AccessKeeper:
    name = "access"
    columns: Mapping[str, Fate] = {
        "access_user.email": Fate.ROW_REMOVED,
        "access_user.password": Fate.ROW_REMOVED,
        "access_user.language": Fate.ROW_REMOVED,
        "access_session.session_key": Fate.ROW_REMOVED,
        "access_session.method": Fate.ROW_REMOVED,
        "access_session.agent": Fate.ROW_REMOVED,
        "access_session.ip": Fate.ROW_REMOVED,
        "access_sign_in_link.purpose": Fate.ROW_REMOVED,
        "access_sign_in_link.token_hash": Fate.ROW_REMOVED,
        "access_sign_in_link.next_path": Fate.ROW_REMOVED,
        "account_emailaddress.email": Fate.ROW_REMOVED,
        "mfa_authenticator.type": Fate.ROW_REMOVED,
        "mfa_authenticator.data": Fate.ROW_REMOVED,
        "django_session.session_key": Fate.ROW_REMOVED,
        "django_session.session_data": Fate.ROW_REMOVED,
        "account_emailconfirmation.key": Fate.ROW_REMOVED,
        "invitation.token_hash": Fate.ROW_REMOVED,
        "api_key.name": Fate.REPLACED,
        "sso_provider.tried_detail": Fate.REPLACED,
        "procrastinate_jobs.args": Fate.ROW_REMOVED,
        "sso_link.subject": Fate.ROW_REMOVED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        links = ProviderLink.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
        yield Rows("single_sign_on", list(links.values("provider__name", "subject")))
        with as_door():
            user, seat = _user_of(person), _seat_of(person)
            sessions = sessions_on(seat) if seat else OpenSession.objects.none()
            yield Rows("sessions", list(sessions.values("began_at", "seen_at", "method", "agent", "ip")))
            factors = Authenticator.objects.filter(user_id=user) if user else Authenticator.objects.none()
            yield Rows("second_factors", list(factors.values("type", "created_at", "last_used_at")))

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        here = {"tenant_id": person.tenant_id, "member_id": person.member_id}
        gone = Invitation.objects.filter(**here).delete()[0] + ProviderLink.objects.filter(**here).delete()[0]
        search = Search(person)
        gone += search.clean(ApiKey.objects.filter(tenant_id=person.tenant_id), ("name",))
        gone += search.clean(Provider.objects.filter(tenant_id=person.tenant_id), ("tried_detail",))
        with as_door():
            return Erased(gone + _forget_user(person) + _forget_jobs(person))

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        return False


def _forget_user(person: Person) -> int:
    """As the doors role. Who sits elsewhere as well keeps what belongs to the account: address, password, factors,
    and the sessions that sit on the other seat."""
    seat = Membership.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id).first()
    if seat is None:
        return 0
    user, gone = seat.user_id, end_sessions_on(seat) + 1
    seat.delete()
    if Membership.objects.filter(user_id=user).exists():
        return gone
    for table in (SignInLink, EmailAddress, Authenticator):
        gone += table.objects.filter(user_id=user).delete()[0]
    return gone + User.objects.filter(id=user).delete()[0]


def _forget_jobs(person: Person) -> int:
    """Jobs that are over and were about the address; those under way find nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing') "
            "AND strpos(lower(args::text), %s) > 0",
            [person.email],
        )
        return int(cursor.rowcount)


def _seat_of(person: Person) -> Membership | None:
    return Membership.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id).first()


def _user_of(person: Person) -> UUID | None:
    seats = Membership.objects.filter(tenant_id=person.tenant_id, member_id=person.member_id)
    return seats.values_list("user_id", flat=True).first()
