"""The rooms of people, whose own files lie below this one."""

from mainstay.people.privacy.keepers.access import AccessKeeper
from mainstay.people.privacy.keepers.identity import IdentityKeeper
from mainstay.people.privacy.keepers.mails import MailKeeper

__all__ = ["AccessKeeper", "IdentityKeeper", "MailKeeper"]
