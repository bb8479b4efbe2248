"""State changes of access, one file per behaviour."""

from mainstay.people.access.actions.invitations import (
    accept_invitation,
    invite_member,
    resend_invitation,
    revoke_invitation,
)
from mainstay.people.access.actions.keys import (
    create_api_key,
    create_operator_key,
    revoke_api_key,
    revoke_operator_key,
)
from mainstay.people.access.actions.own import change_own_language, change_own_profile, end_own_sessions

__all__ = [
    "accept_invitation",
    "change_own_language",
    "change_own_profile",
    "create_api_key",
    "create_operator_key",
    "end_own_sessions",
    "invite_member",
    "resend_invitation",
    "revoke_api_key",
    "revoke_invitation",
    "revoke_operator_key",
]
