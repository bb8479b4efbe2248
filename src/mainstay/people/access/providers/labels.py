"""Why a sign-in through a provider came to nothing: for who wanted to sign in, and what to do about it."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.people.access.providers.rules import Fault

Words = str | LazyText
_NOT_TRUSTED: Final = _(
    "The provider's answer could not be trusted. Try once more; if it happens again, tell your administrator."
)
_LATER: Final = _(
    "Try again in a moment. If your organisation allows it, sign in by a password or a link meanwhile."
)
_ASK: Final = _("Ask an administrator of your organisation.")

FAULT_WORDS: Final[dict[str, Words]] = {
    Fault.UNREACHABLE: _("the provider cannot be reached"),
    Fault.SLOW: _("the provider takes too long to answer"),
    Fault.FORBIDDEN_ADDRESS: _("the provider's address may not be connected to"),
    Fault.BUSY: _("too many people wait for the provider"),
    Fault.NOT_OPENID: _("the address does not answer as an OpenID Connect provider does"),
    Fault.OTHER_ISSUER: _("the provider names itself otherwise than was set up"),
    Fault.INSECURE: _("the provider wants to be talked to without encryption"),
    Fault.NO_FLOW: _("this sign-in has expired or was used already"),
    Fault.MIXED_UP: _("the answer came from another provider than was asked"),
    Fault.DENIED: _("the sign-in was cancelled at the provider"),
    Fault.PROVIDER_ERROR: _("the provider reported an error"),
    Fault.CODE_REFUSED: _("the provider did not accept the client's identifier, secret or code"),
    Fault.MALFORMED: _("the provider's answer cannot be read"),
    Fault.BAD_ALGORITHM: _("the answer is signed in a way that is not accepted"),
    Fault.UNKNOWN_KEY: _("the answer is signed with an unknown key"),
    Fault.BAD_SIGNATURE: _("the signature of the answer is wrong"),
    Fault.OTHER_AUDIENCE: _("the answer was meant for another application"),
    Fault.OTHER_NONCE: _("the answer belongs to another sign-in"),
    Fault.EXPIRED: _("the answer has expired"),
    Fault.TOO_EARLY: _("the provider's clock is ahead"),
    Fault.NO_SUBJECT: _("the answer names nobody"),
    Fault.OTHER_SUBJECT: _("the provider's answers are about two different people"),
    Fault.DISABLED: _("single sign-on is switched off"),
    Fault.NO_EMAIL: _("the provider gave no e-mail address"),
    Fault.UNVERIFIED_EMAIL: _("the provider has not verified the e-mail address"),
    Fault.OTHER_DOMAIN: _("the address is not of a verified domain"),
    Fault.NOT_KNOWN: _("nobody here has this address"),
    Fault.SUSPENDED: _("the access is suspended"),
    Fault.OWNER: _("an owner makes the link from their own account"),
    Fault.LINKED_OTHERWISE: _("the person is linked to another account at the provider"),
    Fault.SUBJECT_TAKEN: _("the account at the provider is linked to another person"),
    Fault.INVITATION_GONE: _("the invitation is no longer valid"),
}

FAULT_ADVICE: Final[dict[str, Words]] = {
    **dict.fromkeys(Fault, _NOT_TRUSTED),
    Fault.UNREACHABLE: _LATER,
    Fault.SLOW: _LATER,
    Fault.BUSY: _LATER,
    Fault.FORBIDDEN_ADDRESS: _ASK,
    Fault.NOT_OPENID: _ASK,
    Fault.OTHER_ISSUER: _ASK,
    Fault.INSECURE: _ASK,
    Fault.CODE_REFUSED: _("Start again. If it happens twice, an administrator has to look at the set-up."),
    Fault.NO_FLOW: _("Start again from the sign-in page, in one window."),
    Fault.DENIED: _("Start again if that was a mistake."),
    Fault.PROVIDER_ERROR: _(
        "Start again. If it happens twice, an administrator has to look at the provider."
    ),
    Fault.DISABLED: _("Sign in by a password or a link."),
    Fault.NO_EMAIL: _(
        "Accept an invitation through the provider, or link it from your account: then no address is needed."
    ),
    Fault.UNVERIFIED_EMAIL: _(
        "Accept an invitation through the provider, or link it from your account: then no verified address is needed."
    ),
    Fault.OTHER_DOMAIN: _ASK,
    Fault.NOT_KNOWN: _("Ask an administrator of your organisation to invite you."),
    Fault.SUSPENDED: _ASK,
    Fault.OWNER: _(
        "Sign in by your password or a link, and link the provider under Account, Single sign-on."
    ),
    Fault.LINKED_OTHERWISE: _(
        "Sign in with the account you used before, or remove that link from your account."
    ),
    Fault.SUBJECT_TAKEN: _("Choose another account at the provider."),
    Fault.INVITATION_GONE: _("Ask the person who invited you for a new one."),
}

LINKED_BY: Final[dict[str, Words]] = {
    "email": _("by a verified address"),
    "invitation": _("by an invitation"),
    "self": _("from the own account"),
    "created": _("as a new member"),
}

CLAIM_RESULTS: Final[dict[str, Words]] = {
    "not_found": _("The record is not there yet. New records can take up to an hour to be seen everywhere."),
    "other_text": _("There is a record of that name, with another text."),
    "slow": _("The name servers of the domain did not answer in time. Try again."),
    "failed": _("The name servers of the domain answered with an error."),
    "taken": _("Another customer has this domain. If it is yours, write to support."),
    "refused": _("This domain cannot be verified."),
}
