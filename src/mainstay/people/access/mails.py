"""Mails about accounts: links, invitations. They go to people, not to a customer, so no scope is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mainstay.core.actor import PORTAL_ROLES, Actor, ActorKind
from mainstay.core.events.types import Fact
from mainstay.core.house.current import house
from mainstay.people.access.accounts import invitation_token
from mainstay.people.access.events import MemberInvited
from mainstay.people.access.models import Invitation
from mainstay.people.access.rules import INVITATION_LIFE
from mainstay.people.tenants.branding import read_branding


@dataclass(frozen=True, slots=True)
class AccountMail:
    """Carries a secret link, so whoever delivers it keeps its text no longer than needed."""

    kind: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    tenant_id: UUID | None = None
    """Set where it is sent from within a customer's scope."""
    cause: int | None = None
    """The event that it answers."""
    sender: str = ""
    """In whose name it goes out; empty: the operator's."""


Post = Callable[[AccountMail], None]


def no_post(mail: AccountMail) -> None:
    raise RuntimeError("nobody was named to deliver mail: see project/wiring.py")


_post: Post = no_post


def plug_post(deliver: Post) -> None:
    """Who delivers: a room above this one, named once by the project."""
    global _post
    _post = deliver


def post(mail: AccountMail) -> None:
    _post(mail)


def page_address(name: str, token: str) -> str:
    return settings.MAINSTAY_URL.rstrip("/") + reverse(name, args=[token])


def sign_in_mail(to: str, url: str, *, minutes: int, language: str) -> AccountMail:
    with translation.override(language):
        return composed_mail(
            "access.sign_in_link",
            to,
            _("Sign in to %(operator)s") % _names(),
            [_("Here is the link that you asked for. Open it and confirm to sign in.")],
            button=_("Sign in"),
            url=url,
            after=[
                ngettext(
                    "It works once, within %(count)d minute.",
                    "It works once, within %(count)d minutes.",
                    minutes,
                )
                % {"count": minutes},
                _("If you did not ask for it, you need do nothing: without the link nobody can sign in."),
            ],
        )


def password_mail(to: str, url: str, *, minutes: int, language: str) -> AccountMail:
    with translation.override(language):
        return composed_mail(
            "access.password_link",
            to,
            _("Choose a new password for %(operator)s") % _names(),
            [_("Somebody, probably you, asked for a new password.")],
            button=_("Choose a password"),
            url=url,
            after=[
                ngettext(
                    "It works once, within %(count)d minute.",
                    "It works once, within %(count)d minutes.",
                    minutes,
                )
                % {"count": minutes},
                _("If it was not you, you need do nothing: your password stays as it is."),
            ],
        )


def welcome_mail(to: str, url: str, *, days: int, language: str) -> AccountMail:
    with translation.override(language):
        return composed_mail(
            "access.welcome",
            to,
            _("Welcome to the desk of %(operator)s") % _names(),
            [_("You were added to the team. Choose a password to begin.")],
            button=_("Choose a password"),
            url=url,
            after=[
                ngettext(
                    "The link works once, within %(count)d day.",
                    "The link works once, within %(count)d days.",
                    days,
                )
                % {"count": days}
            ],
        )


def portal_invitation_mail(
    to: str, url: str, *, brand: str, contact: str, days: int, language: str
) -> AccountMail:
    """To the people of a customer's own portal: in the customer's name alone."""
    with translation.override(language):
        mail = composed_mail(
            "access.invitation",
            to,
            _("%(brand)s invites you to its support portal") % {"brand": brand},
            [
                _("%(brand)s has invited you.") % {"brand": brand},
                _("There you can ask for help, see what happens with it, and answer."),
            ],
            button=_("Accept the invitation"),
            url=url,
            after=[
                ngettext(
                    "The link works for %(count)d day.", "The link works for %(count)d days.", days
                )
                % {"count": days},
                _("If you do not know why you got this, you need do nothing."),
                *([contact] if contact else []),
            ],
            signed=brand,
        )  # fmt: skip
    return replace(mail, sender=brand)


def invitation_mail(
    to: str, url: str, *, customer: str, inviter: str, days: int, language: str
) -> AccountMail:
    with translation.override(language):
        words = {"inviter": inviter or house().operator_name, "customer": customer, **_names()}
        return composed_mail(
            "access.invitation",
            to,
            _("%(customer)s invites you to the support portal of %(operator)s") % words,
            [
                _("%(inviter)s has invited you to join %(customer)s.") % words,
                _("There you can ask for help, see what happens with it, and answer."),
            ],
            button=_("Accept the invitation"),
            url=url,
            after=[
                ngettext(
                    "The link works for %(count)d day.", "The link works for %(count)d days.", days
                )
                % {"count": days},
                _("If you do not know why you got this, you need do nothing."),
            ],
        )  # fmt: skip


def _names() -> dict[str, str]:
    return {"operator": house().operator_name}


def composed_mail(
    kind: str,
    to: str,
    subject: str,
    before: list[str],
    *,
    button: str,
    url: str,
    after: list[str],
    signed: str = "",
) -> AccountMail:
    signed = signed or house().operator_name
    language = translation.get_language() or house().language
    # A customer's or person's name may hold line ends, which a header must not.
    subject = " ".join(subject.split())
    words: dict[str, Any] = {
        "subject": subject,
        "before": before,
        "button": button,
        "url": url,
        "after": after,
        "language": language,
        "signed": signed,
    }
    text = "\n\n".join([*before, f"{button}:\n{url}", *after, f"-- \n{signed}"])
    return AccountMail(kind, to, subject, text + "\n", render_to_string("access/mail.html", words), language)


def mail_invitation(actor: Actor, happening: MemberInvited, fact: Fact) -> None:
    """Reacts to `member.invited`, in its transaction."""
    invitation = Invitation.objects.select_related("member", "tenant").get(
        tenant=fact.tenant_id, id=happening.invitation_id
    )
    member, tenant = invitation.member, invitation.tenant
    url = page_address("invitation", invitation_token(invitation.id))
    language = member.language or tenant.language or house().language
    if member.role in PORTAL_ROLES:
        branding = read_branding(tenant.branding)
        mail = portal_invitation_mail(
            member.email,
            url,
            brand=branding.support_name or tenant.name,
            contact=" · ".join(filter(None, (branding.support_email, branding.support_phone))),
            days=INVITATION_LIFE.days,
            language=language,
        )
        post(replace(mail, tenant_id=tenant.id, cause=fact.n))
        return
    mail = invitation_mail(
        member.email,
        url,
        customer=tenant.name,
        # Staff invite in the operator's name; a person's own name is for their colleagues.
        inviter=actor.name if actor.kind is ActorKind.MEMBER else "",
        days=INVITATION_LIFE.days,
        language=language,
    )
    post(replace(mail, tenant_id=tenant.id, cause=fact.n))
