"""Mails that depend on whether an address is known: made by the worker, so that a request's time tells nothing."""

from __future__ import annotations

from procrastinate.contrib.django import app

from mainstay.core import clock
from mainstay.core.actor import Actor, Origin
from mainstay.core.events.types import Fact
from mainstay.core.house.current import house
from mainstay.core.wall.scope import sweep
from mainstay.people.access import mails
from mainstay.people.access.accounts import (
    find_user,
    make_link,
    make_user,
    seat_staff,
    seats_of_user,
)
from mainstay.people.access.attempts import may_tell_of_lockout
from mainstay.people.access.events import LockedOut
from mainstay.people.access.providers.jobs import check_domain
from mainstay.people.access.rules import LINK_LIFE, WELCOME_LIFE, LinkPurpose
from mainstay.people.access.telling import mail_change, record_everywhere
from mainstay.people.staff.events import StaffAdded
from mainstay.people.staff.models import Staff

__all__ = ["check_domain", "mail_link", "welcome_soon", "welcome_staff"]


@app.task(name="access.mail_link", retry=5)  # type: ignore[untyped-decorator]
def mail_link(*, purpose: str, email: str, next_path: str = "", language: str = "") -> None:
    """A link to sign in or to set a password, to whoever has a seat here; else nothing happens."""
    at = clock.now()
    user = find_user(email)
    if user is None or not user.is_active:
        return
    seats = seats_of_user(user)
    if not seats:
        return
    wanted = LinkPurpose(purpose)
    token = make_link(user, wanted, at=at, next_path=next_path)
    page, write = _PAGES[wanted]
    minutes = int(LINK_LIFE[wanted].total_seconds() // 60)
    spoken = user.language or seats[0].language or language or house().language
    mails.post(write(user.email, mails.page_address(page, token), minutes=minutes, language=spoken))


@app.task(name="access.tell_lockout", retry=5)  # type: ignore[untyped-decorator]
def tell_lockout(*, email: str, what: str, ip: str | None = None) -> None:
    """To the audit log and to the person, if there is one: attempts at their account are being refused."""
    user = find_user(email)
    if user is None or not user.is_active:
        return
    origin = Origin(door="web", ip=ip)
    record_everywhere(
        user, lambda person_id: LockedOut(person_id=person_id, what=what), origin, at=clock.now()
    )
    mail_change(user, "locked_out")


def tell_lockout_soon(email: str, what: str, ip: str | None) -> None:
    """Seldom, and the same for known and unknown addresses."""
    if may_tell_of_lockout(email, at=clock.now()):
        tell_lockout.defer(email=email, what=what, ip=ip)


@app.task(name="access.welcome_staff", retry=5)  # type: ignore[untyped-decorator]
def welcome_staff(*, staff_id: str) -> None:
    """An account, a seat and a mail with a link for a new member of the staff; a repetition sends a new link."""
    at = clock.now()
    with sweep("welcome_staff"):
        staff = Staff.objects.get(id=staff_id)
    if not staff.is_active:
        return
    user = make_user(staff.email, at=at)
    seat_staff(user, staff_id=staff.id, at=at)
    if user.has_usable_password() and user.last_login is not None:
        return  # knows the way in already
    token = make_link(user, LinkPurpose.PASSWORD, at=at, life=WELCOME_LIFE)
    url = mails.page_address("password_set", token)
    mails.post(mails.welcome_mail(user.email, url, days=WELCOME_LIFE.days, language=staff.language))


def welcome_soon(actor: Actor, happening: StaffAdded, _fact: Fact) -> None:
    """Reacts to `staff.added`: the job exists if and only if the change commits."""
    if actor.is_system:
        return  # set-up, command line and demonstration show the way in themselves
    welcome_staff.defer(staff_id=str(happening.staff_id))


_PAGES = {
    LinkPurpose.SIGN_IN: ("sign_in_link", mails.sign_in_mail),
    LinkPurpose.PASSWORD: ("password_set", mails.password_mail),
}
