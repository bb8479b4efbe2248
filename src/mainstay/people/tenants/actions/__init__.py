"""State changes of customers and their people, one file per behaviour."""

from mainstay.people.tenants.actions.branding import change_branding
from mainstay.people.tenants.actions.bulk import (
    MemberLine,
    TenantLine,
    members_by_address,
    put_members,
    put_tenants,
    tenants_by_slug,
)
from mainstay.people.tenants.actions.contacts import meet_contact
from mainstay.people.tenants.actions.customer import (
    NewTenant,
    assign_csm,
    change_plan,
    change_tenant,
    create_tenant,
    name_contact,
    remove_contact,
    remove_domain,
    verify_domain,
)
from mainstay.people.tenants.actions.people import (
    add_member,
    change_profile,
    change_role,
    join_member,
    locked_member,
    mark_invited,
    restore_member,
    strike_member,
    suspend_member,
)
from mainstay.people.tenants.actions.plans import PLAN_PRESETS, install_plans

__all__ = [
    "PLAN_PRESETS",
    "MemberLine",
    "NewTenant",
    "TenantLine",
    "add_member",
    "assign_csm",
    "change_branding",
    "change_plan",
    "change_profile",
    "change_role",
    "change_tenant",
    "create_tenant",
    "install_plans",
    "join_member",
    "locked_member",
    "mark_invited",
    "meet_contact",
    "members_by_address",
    "name_contact",
    "put_members",
    "put_tenants",
    "remove_contact",
    "remove_domain",
    "restore_member",
    "strike_member",
    "suspend_member",
    "tenants_by_slug",
    "verify_domain",
]
