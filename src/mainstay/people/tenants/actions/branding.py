"""How a customer shows itself to the people of its own portal."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Invalid, Text
from mainstay.core.events.actions import record
from mainstay.core.storage.files import NewFile
from mainstay.core.storage.rules import ScanVerdict
from mainstay.core.text.headers import clean_line
from mainstay.people.tenants.actions.customer import locked_tenant
from mainstay.people.tenants.branding import (
    LOGO_LIMIT,
    LOGO_TYPES,
    NAME_LIMIT,
    Branding,
    is_colour,
    is_email,
    is_phone,
)
from mainstay.people.tenants.events import TenantDetailsChanged
from mainstay.people.tenants.models import Tenant, TenantLogo
from mainstay.people.tenants.rules import MANAGE_BRANDING


def change_branding(
    actor: Actor,
    new: Branding,
    *,
    logo: NewFile | None = None,
    drop_logo: bool = False,
    at: datetime,
) -> Tenant:
    """A new logo takes the place of the old one; without either word the old one stays."""
    actor.require(MANAGE_BRANDING)
    new = replace(
        new,
        support_name=clean_line(new.support_name, NAME_LIMIT + 1),
        support_email=new.support_email.strip(),
        support_phone=new.support_phone.strip(),
        colour=new.colour.strip().lower(),
    )
    _refuse(new, logo)
    tenant = locked_tenant(actor, actor.home)
    kept = {key: value for key, value in asdict(new).items() if value}
    is_changed = tenant.branding != kept
    if is_changed:
        tenant.branding = kept
        tenant.save(update_fields=["branding"])
    if logo is not None or drop_logo:
        is_changed |= _set_logo(tenant, logo, at)
    if is_changed:
        event = TenantDetailsChanged(tenant_id=tenant.id, changed=("branding",))
        record(actor, event, tenant_id=tenant.id, at=at)
    return tenant


def _set_logo(tenant: Tenant, logo: NewFile | None, at: datetime) -> bool:
    gone, _kinds = TenantLogo.objects.filter(tenant_id=tenant.id).delete()
    if logo is not None:
        TenantLogo.objects.create(
            tenant_id=tenant.id,
            content_type=logo.content_type,
            size=logo.size,
            sha256=logo.sha256,
            storage_key=logo.storage_key,
            created_at=at,
        )
    return bool(gone or logo)


def _refuse(new: Branding, logo: NewFile | None) -> None:
    faults: dict[str, list[Text]] = {}
    if len(new.support_name) > NAME_LIMIT:
        faults["support_name"] = [_("At most %(limit)d characters.") % {"limit": NAME_LIMIT}]
    if new.support_email and not is_email(new.support_email):
        faults["support_email"] = [_("This is not an e-mail address.")]
    if new.support_phone and not is_phone(new.support_phone):
        faults["support_phone"] = [_("Only digits, spaces and + ( ) . / - make a telephone number.")]
    if new.colour and not is_colour(new.colour):
        faults["colour"] = [_("A colour is # and six digits or letters from a to f, such as #0a5c8f.")]
    if logo is not None and (logo.content_type not in LOGO_TYPES or logo.scan == ScanVerdict.INFECTED):
        faults["logo"] = [_("Only PNG, JPEG, WebP and GIF pictures can be shown.")]
    elif logo is not None and logo.size > LOGO_LIMIT:
        faults["logo"] = [_("A logo may have at most %(limit)d KB.") % {"limit": LOGO_LIMIT // 1024}]
    if faults:
        raise Invalid(fields=faults)
