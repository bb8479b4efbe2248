"""Kinds of the rooms of people."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import MEMBER_ROLES, STAFF_ROLES, Role
from mainstay.people.messages.notices.kinds import NoticeKind
from mainstay.people.messages.rules import MAIL_ONLY, NEVER_OFF, Channel
from mainstay.people.tenants.labels import CONTACT_PURPOSES
from mainstay.people.tenants.labels import MEMBER_ROLES as ROLE_WORDS

SECURITY: Final = NoticeKind(
    key="security.changed",
    group=_("Account"),
    title=_("Security of my account"),
    sentence=_("{what}"),
    roles=STAFF_ROLES | (MEMBER_ROLES - {Role.CONTACT}),
    default=Channel.EMAIL,
    allowed=MAIL_ONLY,
    why_always=_("So that you hear of it when somebody else uses your account."),
    mails_itself=True,
    icon="shield",
    words={
        "what": {
            "password_changed": _("Your password was changed"),
            "email_changed": _("Your e-mail address was changed"),
            "second_factor_added": _("A second factor was set up for your account"),
            "second_factor_removed": _("A second factor was removed from your account"),
            "passkey_added": _("A passkey was added to your account"),
            "passkey_removed": _("A passkey was removed from your account"),
            "recovery_codes_made": _("New recovery codes were made for your account"),
            "recovery_code_used": _("A recovery code was used to sign in to your account"),
            "new_device": _("Somebody signed in to your account on a new device"),
            "factors_reset": _("Your second factors were reset"),
            "locked_out": _("Too many attempts to sign in to your account failed"),
            "provider_linked": _("Your account was connected to single sign-on"),
        }
    },
)
UNREACHABLE: Final = NoticeKind(
    key="customer.unreachable",
    group=_("Customers"),
    title=_("Nobody at a customer could be told something"),
    sentence=_("Nobody at {customer} could be told: no one stands for “{purpose}”"),
    roles=frozenset({Role.ADMIN, Role.CS_MANAGER, Role.CSM}),
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_("What a customer must be told would otherwise reach nobody."),
    icon="circle-alert",
    words={"purpose": {**CONTACT_PURPOSES, **ROLE_WORDS, "admins": _("Administrators")}},
)
