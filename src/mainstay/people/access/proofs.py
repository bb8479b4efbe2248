"""What a session's person has proven, and which seats that opens.

A password, a link by mail or a passkey proves the account: every seat is open, except where single sign-on is
required. A provider proves one seat and nothing else: neither other seats of the same person, nor the account
(password, second factors, other sessions). An administrator of one customer's provider can make it say whatever
they like, also that somebody is a person who sits at another customer as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from mainstay.core.actor import Role
from mainstay.people.access.queries import Seat

SSO: Final = "sso"
"""The method by which a provider's sign-in is told from those that prove the account."""
_KEY: Final = "proof"
_RECORDS: Final = "account_authentication_methods"  # the sign-in library's
BREAK_GLASS: Final = frozenset({Role.OWNER, Role.ADMIN})
"""They come in by the account also where single sign-on is required: a provider can break, or be set up wrong."""


@dataclass(frozen=True, slots=True)
class Proof:
    account: bool = False
    seats: dict[str, str] = field(default_factory=dict)
    """Membership → the provider that proved it."""

    def opens(self, seat: Seat) -> bool:
        return self._is_by_provider(seat) or (self.account and not needs_provider(seat))

    def opened(self, seats: Iterable[Seat]) -> list[Seat]:
        """Those that it opens. What a provider asks for besides is the provider's affair: a seat that it proved is
        not barred for want of a second factor of ours, which could only be set up by proving the account."""
        return [
            replace(seat, must_have_factor=False) if self._is_by_provider(seat) else seat
            for seat in seats
            if self.opens(seat)
        ]

    def _is_by_provider(self, seat: Seat) -> bool:
        by = self.seats.get(str(seat.membership_id))
        return by is not None and by in {str(provider_id) for provider_id in seat.provider_ids}


ACCOUNT: Final = Proof(account=True)


def needs_provider(seat: Seat) -> bool:
    return seat.sso_required and seat.roles.isdisjoint(BREAK_GLASS)


def proof_of_session(request: HttpRequest) -> Proof:
    return _read(request.session, str(request.user.pk)) if request.user.is_authenticated else Proof()


def is_account_proven(request: HttpRequest) -> bool:
    """For pages about the account itself: without it, they ask to sign in by password or link first."""
    return proof_of_session(request).account


def note_proof(
    request: HttpRequest, user_id: UUID, *, membership_id: str = "", provider_id: str = ""
) -> None:
    """Once a sign-in is complete: what it proved is added to what this person had proven in this session."""
    before = _read(request.session, str(user_id)) if _KEY in request.session else Proof()
    seats = {**before.seats, **({membership_id: provider_id} if provider_id else {})}
    request.session[_KEY] = {
        "user": str(user_id),
        "account": before.account or not provider_id,
        "seats": seats,
    }


def _read(session: SessionBase, user_id: str) -> Proof:
    kept: dict[str, Any] | None = session.get(_KEY)
    if kept is None:
        # Begun by a release that knew no providers; or, to be safe, begun by one and not noted.
        records = session.get(_RECORDS) or []
        return Proof(account=not any(record.get("method") == SSO for record in records))
    if kept.get("user") != user_id:
        return Proof()
    return Proof(account=bool(kept["account"]), seats=dict(kept["seats"]))
