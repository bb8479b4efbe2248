"""Users, their links and seats: plumbing, done by the doors role outside any scope.

Nothing here says whether an address is known. What depends on that happens in a job, so that a request takes
the same time and says the same words either way.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password as check_password_rules
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Conflict, Invalid
from mainstay.people.access.models import Membership, SignInLink, User
from mainstay.people.access.open_sessions import end_sessions
from mainstay.people.access.queries import Seat, hash_token, seats_of
from mainstay.people.access.rules import (
    LINK_LIFE,
    TOKEN_BYTES,
    TOKEN_LENGTH,
    LinkPurpose,
    LinkState,
    link_state,
)
from mainstay.people.tenants.rules import clean_email


@dataclass(frozen=True, slots=True)
class FoundLink:
    state: LinkState
    user: User | None = None
    next_path: str = ""


def find_user(email: str) -> User | None:
    return User.objects.filter(email=clean_email(email)).first()


def make_user(email: str, *, at: datetime, password: str | None = None, language: str = "") -> User:
    """The user of this address, made if there is none. A known user's password is left alone."""
    known = find_user(email)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, created_at=at, language=language)
    except IntegrityError:  # somebody else was faster
        found = find_user(email)
        if found is None:
            raise
        return found


def seat_member(user: User, *, tenant_id: UUID, member_id: UUID, at: datetime) -> Membership:
    return _seat_user(user, at, tenant_id=tenant_id, member_id=member_id)


def seat_staff(user: User, *, staff_id: UUID, at: datetime) -> Membership:
    return _seat_user(user, at, staff_id=staff_id)


def _seat_user(user: User, at: datetime, **side: UUID) -> Membership:
    """Idempotent. A seat that another user holds stays theirs."""
    person = {name: value for name, value in side.items() if name != "tenant_id"}
    try:
        with transaction.atomic():
            membership, _made = Membership.objects.get_or_create(
                **person, defaults={**side, "user": user, "created_at": at}
            )
    except IntegrityError:
        membership = Membership.objects.get(**person)
    if membership.user_id != user.id:
        raise Conflict(_("Somebody else has accepted this invitation."))
    return membership


def make_link(
    user: User,
    purpose: LinkPurpose,
    *,
    at: datetime,
    next_path: str = "",
    life: timedelta | None = None,
) -> str:
    """The token, of which only a hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    SignInLink.objects.create(
        user=user,
        purpose=purpose,
        token_hash=hash_token(token),
        next_path=next_path,
        created_at=at,
        expires_at=at + (life or LINK_LIFE[purpose]),
    )
    return token


def look_at_link(token: str, purpose: LinkPurpose, *, at: datetime) -> FoundLink:
    """What the page of a link says before anybody confirms: nothing is used up by looking."""
    link = (
        SignInLink.objects.select_related("user")
        .filter(token_hash=hash_token(token), purpose=purpose)
        .first()
    )
    if link is None or not link.user.is_active:
        return FoundLink(LinkState.SHORTENED if len(token) < TOKEN_LENGTH else LinkState.UNKNOWN)
    state = link_state(expires_at=link.expires_at, used_at=link.used_at, now=at)
    return FoundLink(state, link.user, link.next_path)


def use_link(token: str, purpose: LinkPurpose, *, at: datetime) -> FoundLink:
    """Uses the link up; of two that try at the same moment one finds it used."""
    taken = SignInLink.objects.filter(
        token_hash=hash_token(token),
        purpose=purpose,
        used_at__isnull=True,
        expires_at__gt=at,
        user__is_active=True,
    ).update(used_at=at)
    found = look_at_link(token, purpose, at=at)
    return FoundLink(LinkState.OPEN, found.user, found.next_path) if taken else found


def check_new_password(password: str, user: User | None = None, *, field: str = "password") -> None:
    try:
        check_password_rules(password, user)
    except ValidationError as wrong:
        raise Invalid(fields={field: wrong.messages}) from wrong


def set_password(user: User, password: str, *, at: datetime, keep_session: str | None = None) -> None:
    """Ends every session of the user but the one to keep (they carry a hash of the password) and every open link."""
    check_new_password(password, user)
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        SignInLink.objects.filter(user=user, used_at__isnull=True).update(used_at=at)
        end_sessions(user.id, keep=keep_session)


def seats_of_user(user: User) -> list[Seat]:
    return seats_of(user.id)


def invitation_token(invitation_id: UUID) -> str:
    """An invitation's secret, made again whenever its mail is written; the row keeps a hash of it."""
    return _signed("invitation", str(invitation_id))


def setup_token() -> str:
    """Opens the page that makes the first administrator, as long as there is none."""
    return _signed("first-admin", "")


def _signed(purpose: str, value: str) -> str:
    return salted_hmac(f"mainstay.{purpose}", value, algorithm="sha256").hexdigest()
