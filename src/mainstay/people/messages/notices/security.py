"""What changed about somebody's way in, in their inbox. The mail leaves at once and by itself: access/telling.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mainstay.core.events.types import Fact
from mainstay.people.access.events import (
    CodesRenewed,
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    LockedOut,
    PasswordChanged,
    SignedIn,
)
from mainstay.people.messages.notices.own import SECURITY
from mainstay.people.messages.notices.telling import News, Recipient, notify_many

ABOUT: Final = (
    CodesRenewed,
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    LockedOut,
    PasswordChanged,
    SignedIn,
)
_WHAT: Final = {
    CodesRenewed.name: "recovery_codes_made",
    FactorsReset.name: "factors_reset",
    LockedOut.name: "locked_out",
    PasswordChanged.name: "password_changed",
    f"{FactorAdded.name}:totp": "second_factor_added",
    f"{FactorAdded.name}:webauthn": "passkey_added",
    f"{FactorRemoved.name}:totp": "second_factor_removed",
    f"{FactorRemoved.name}:webauthn": "passkey_removed",
    f"{SignedIn.name}:new": "new_device",
}


def tell_security(facts: Sequence[Fact]) -> None:
    """Later: to the person it is about."""
    notify_many(
        News(
            people=[Recipient(fact.subject_id, is_staff=fact.tenant_id is None)],
            kind=SECURITY.key,
            subject=None,
            params={"what": what},
            tenant_id=fact.tenant_id,
            link="/account/security",
            cause=fact.n,
            at=fact.at,
        )
        for fact in facts
        if (what := _what(fact))
    )


def _what(fact: Fact) -> str:
    detail = str(fact.data.get("factor", "")) or ("new" if fact.data.get("is_new_device") else "")
    return _WHAT.get(f"{fact.name}:{detail}" if detail else fact.name, "")
