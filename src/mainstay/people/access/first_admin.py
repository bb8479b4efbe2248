"""The first administrator of an installation: there is nobody yet who could add one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from mainstay.core.actor import Role
from mainstay.core.errors import Conflict
from mainstay.core.wall.scope import sweep
from mainstay.people.access.accounts import make_link, make_user, seat_staff, setup_token
from mainstay.people.access.mails import page_address
from mainstay.people.access.models import User
from mainstay.people.access.queries import has_admin
from mainstay.people.access.rules import LinkPurpose
from mainstay.people.staff.actions import add_staff, change_staff_roles, reactivate_staff
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.rules import clean_email


def make_first_admin(*, email: str, name: str, at: datetime) -> User:
    """Refuses when there is one already, also when two ask at the same moment."""
    with sweep("first_admin") as actor:
        staff = add_staff(actor, email=email, name=name, roles=[Role.ADMIN], at=at)
        if Staff.objects.filter(is_active=True, roles__contains=[Role.ADMIN]).exclude(id=staff.id).exists():
            raise Conflict
    user = make_user(email, at=at)
    seat_staff(user, staff_id=staff.id, at=at)
    return user


def ensure_admin(*, email: str, name: str, at: datetime) -> User:
    """For the command line, whose user administers the machine: whoever has this address is an active
    administrator afterwards."""
    with sweep("first_admin") as actor:
        staff = Staff.objects.filter(email=clean_email(email)).first()
        if staff is None:
            staff = add_staff(actor, email=email, name=name, roles=[Role.ADMIN], at=at)
        else:
            reactivate_staff(actor, staff.id, at=at)
            change_staff_roles(actor, staff.id, {*staff.roles, Role.ADMIN}, at=at)
    user = make_user(email, at=at)
    seat_staff(user, staff_id=staff.id, at=at)
    return user


def password_link(user: User, *, at: datetime, life: timedelta | None = None) -> str:
    return page_address("password_set", make_link(user, LinkPurpose.PASSWORD, at=at, life=life))


def setup_address() -> str | None:
    """What to print at the start of an installation that nobody administers yet."""
    if has_admin():
        return None
    return settings.MAINSTAY_URL.rstrip("/") + reverse("first_admin", args=[setup_token()])
