from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, event

_FACTORS = {
    "totp": _("authenticator app"),
    "webauthn": _("passkey"),
    "recovery_codes": _("recovery code"),
}
_METHODS = {
    **_FACTORS,
    "password": _("password"),
    "link": _("link by mail"),
    "password_reset": _("new password by mail"),
    "sso": _("single sign-on"),
}


@event(
    "access.signed_in",
    subject="person",
    sentence=_("{actor} signed in: {method}"),
    words={"method": _METHODS, "second_factor": _FACTORS},
)
@dataclass(frozen=True)
class SignedIn(Happening):
    person_id: UUID
    method: str
    second_factor: str
    is_new_device: bool


@event("access.signed_out", subject="person", sentence=_("{actor} signed out"))
@dataclass(frozen=True)
class SignedOut(Happening):
    person_id: UUID


@event("access.factor_failed", subject="person", sentence=_("A second factor was wrong at sign-in"))
@dataclass(frozen=True)
class FactorFailed(Happening):
    """Whoever tried it had the password or a link."""

    person_id: UUID


@event(
    "access.locked_out",
    subject="person",
    sentence=_("Too many attempts to sign in: {what}"),
    words={"what": {"password": _("password"), "factor": _("second factor")}},
)
@dataclass(frozen=True)
class LockedOut(Happening):
    person_id: UUID
    what: str


@event(
    "access.factor_added",
    subject="person",
    sentence=_("{actor} set up a second factor: {factor}"),
    words={"factor": _FACTORS},
)
@dataclass(frozen=True)
class FactorAdded(Happening):
    person_id: UUID
    factor: str


@event(
    "access.factor_removed",
    subject="person",
    sentence=_("{actor} removed a second factor: {factor}"),
    words={"factor": _FACTORS},
)
@dataclass(frozen=True)
class FactorRemoved(Happening):
    person_id: UUID
    factor: str


@event("access.factors_reset", subject="person", sentence=_("{actor} reset the second factors of a person"))
@dataclass(frozen=True)
class FactorsReset(Happening):
    person_id: UUID
    count: int


@event("access.codes_renewed", subject="person", sentence=_("{actor} made new recovery codes"))
@dataclass(frozen=True)
class CodesRenewed(Happening):
    person_id: UUID


@event("access.password_changed", subject="person", sentence=_("{actor} chose a new password"))
@dataclass(frozen=True)
class PasswordChanged(Happening):
    person_id: UUID


@event("access.sessions_ended", subject="person", sentence=_("{actor} ended sessions: {count}"))
@dataclass(frozen=True)
class SessionsEnded(Happening):
    person_id: UUID
    count: int


@event(
    "access.factor_demanded",
    subject="tenant",
    sentence=_("{actor} demands a second factor of everybody: {is_demanded}"),
)
@dataclass(frozen=True)
class FactorDemanded(Happening):
    tenant_id: UUID
    is_demanded: bool


@event("member.invited", subject="member", sentence=_("{actor} sent an invitation"))
@dataclass(frozen=True)
class MemberInvited(Happening):
    member_id: UUID
    invitation_id: UUID


@event("invitation.revoked", subject="member", sentence=_("{actor} took an invitation back"))
@dataclass(frozen=True)
class InvitationRevoked(Happening):
    member_id: UUID
    invitation_id: UUID


@event("key.created", subject="key", sentence=_("{actor} created an API key"))
@dataclass(frozen=True)
class KeyCreated(Happening):
    key_id: UUID
    scopes: tuple[str, ...]


@event("key.revoked", subject="key", sentence=_("{actor} revoked an API key"))
@dataclass(frozen=True)
class KeyRevoked(Happening):
    key_id: UUID
