"""What happens to somebody's way in is told twice: to the audit log, in the tenant of the seat it concerns, and to the
person by mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core.actor import Origin, system_actor
from mainstay.core.events.actions import record
from mainstay.core.events.types import Happening
from mainstay.core.house.current import house
from mainstay.core.wall.scope import as_door, operator_scope, scope
from mainstay.people.access.accounts import seats_of_user
from mainstay.people.access.agents import device_words
from mainstay.people.access.mails import composed_mail, post
from mainstay.people.access.models import User
from mainstay.people.access.queries import Seat

# What happened → subject, sentence.
_CHANGES: Final[dict[str, tuple[str | LazyText, str | LazyText]]] = {
    "totp_added": (
        gettext_lazy("An authenticator app was set up"),
        gettext_lazy("From now on signing in asks for a code of your authenticator app."),
    ),
    "totp_removed": (
        gettext_lazy("Your authenticator app was removed"),
        gettext_lazy("Signing in no longer asks for its codes."),
    ),
    "webauthn_added": (
        gettext_lazy("A passkey was added"),
        gettext_lazy("It can be used to sign in to your account."),
    ),
    "webauthn_removed": (
        gettext_lazy("A passkey was removed"),
        gettext_lazy("It can no longer be used to sign in to your account."),
    ),
    "codes_renewed": (
        gettext_lazy("You have new recovery codes"),
        gettext_lazy("The old ones no longer work."),
    ),
    "password_changed": (
        gettext_lazy("Your password was changed"),
        gettext_lazy("All other sessions have ended."),
    ),
    "provider_linked": (
        gettext_lazy("An account elsewhere was linked"),
        gettext_lazy("Whoever signs in to that account comes in here as you, at your organisation."),
    ),
    "factors_reset": (
        gettext_lazy("Your second factors were reset"),
        gettext_lazy(
            "An administrator removed your authenticator app, your passkeys and your recovery codes. All your "
            "sessions have ended. You can set them up again when you have signed in."
        ),
    ),
    "locked_out": (
        gettext_lazy("Somebody tries to sign in to your account"),
        gettext_lazy(
            "There were many attempts that failed, so new ones are refused for a while. From a browser you have used "
            "before you can still sign in, and by a link sent to this address."
        ),
    ),
}


def record_at(seat: Seat, happening: Happening, origin: Origin, *, at: datetime) -> None:
    """As a deed of the person on that seat. Opens the scope."""
    with seat.open(origin) as actor:
        record(actor, happening, tenant_id=seat.tenant_id, at=at)


def record_everywhere(
    user: User, happening: Callable[[UUID], Happening], origin: Origin, *, at: datetime
) -> None:
    """On each seat of the user, as nobody's deed: who did it is not known. Opens the scopes."""
    for seat in seats_of_user(user):
        actor = system_actor(seat.tenant_id, origin=origin)
        with scope(actor) if seat.tenant_id else operator_scope(actor):
            record(actor, happening(seat.person_id), tenant_id=seat.tenant_id, at=at)


def mail_change(user: User, what: str) -> None:
    """Plumbing: outside any scope, or it steps out for a moment."""
    subject, sentence = _CHANGES[what]
    _mail(user, what, subject, lambda: [str(sentence)])


def mail_new_device(user: User, *, agent: str, ip: str | None, at: datetime) -> None:
    def lines() -> list[str]:
        with timezone.override(_zone(user)):
            when = date_format(timezone.localtime(at), "DATETIME_FORMAT")
        words = {"device": device_words(agent), "ip": ip or "–", "when": when}
        return [_("%(device)s, from the network address %(ip)s, %(when)s.") % words]

    _mail(user, "new_device", gettext_lazy("A sign-in from a new device"), lines)


def _mail(user: User, what: str, subject: str | LazyText, lines: Callable[[], list[str]]) -> None:
    with as_door():
        seats = seats_of_user(user)
        spoken = user.language or next((seat.language for seat in seats), "") or house().language
        with translation.override(spoken):
            post(
                composed_mail(
                    f"access.{what}",
                    user.email,
                    str(subject),
                    lines(),
                    button=_("Look at your sign-in settings"),
                    url=settings.MAINSTAY_URL.rstrip("/") + reverse("account_security"),
                    after=[
                        _(
                            "If this was you, you need do nothing. If not, change your password, end the sessions you "
                            "do not know, and tell an administrator of your organisation."
                        )
                    ],
                )
            )


def _zone(user: User) -> str:
    return next((seat.zone for seat in seats_of_user(user)), "") or house().zone
