"""Customers as the staff sees them: the list, one with its facts and people, and what may be changed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor, Role
from mainstay.core.events.queries import EventFilter, page_of_events
from mainstay.core.events.rules import SEE_AUDIT
from mainstay.people.access.actions import invite_member
from mainstay.people.access.doors import staff_page
from mainstay.people.access.queries import keys_of
from mainstay.people.access.rules import SEE_KEYS
from mainstay.people.staff.looking import note_look
from mainstay.people.staff.queries import active_staff, staff_names
from mainstay.people.tenants.actions import (
    NewTenant,
    assign_csm,
    change_plan,
    change_tenant,
    create_tenant,
    remove_domain,
    verify_domain,
)
from mainstay.people.tenants.labels import CONTACT_PURPOSES, SEGMENTS, SUBSCRIPTION_STATUSES
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.queries import (
    MemberFilter,
    TenantFilter,
    contacts_of,
    domains_of,
    page_of_members,
    page_of_tenants,
    people_counts,
    plans,
    visible_tenant,
)
from mainstay.people.tenants.rules import MANAGE_PEOPLE, MANAGE_TENANTS, SEE_TENANTS
from mainstay.shell.forms import told_at
from mainstay.surfaces.desk.forms_admin import (
    CsmForm,
    CustomerForm,
    DomainForm,
    NewCustomerForm,
    PlanForm,
    plan_choices,
    plan_name,
)
from mainstay.surfaces.portal.audit import AuditRow, audit_rows
from mainstay.surfaces.portal.forms import InviteForm
from mainstay.surfaces.portal.pages.keys import key_rows
from mainstay.surfaces.portal.pages.people import grantable, known, people_rows

_STATUS_MEANINGS = {"active": "good", "trialing": "notice", "past_due": "warning", "cancelled": "neutral"}
_CSM_ROLES = frozenset({Role.CSM, Role.CS_MANAGER})


@require_http_methods(["GET", "HEAD"])
@staff_page
def customers(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_TENANTS)
    offered = plans()
    csms = list(active_staff(actor, roles=_CSM_ROLES).order_by("name"))
    wanted = TenantFilter(
        text=request.GET.get("q", "")[:200].strip(),
        plan=known(request.GET.get("plan", ""), {plan.key: plan for plan in offered}),
        status=known(request.GET.get("status", ""), dict(SUBSCRIPTION_STATUSES)),
        csm_id=next((csm.id for csm in csms if str(csm.id) == request.GET.get("csm")), None),
    )
    page = page_of_tenants(actor, wanted, cursor=request.GET.get("after"))
    counts = people_counts(actor, [tenant.id for tenant in page.rows])
    names = staff_names(actor, [tenant.csm_id for tenant in page.rows if tenant.csm_id])
    rows = [
        {
            "tenant": tenant,
            "plan": plan_name(tenant.plan),
            "people": counts.get(tenant.id, 0),
            "csm": names.get(tenant.csm_id, "") if tenant.csm_id else "",
            "status": SUBSCRIPTION_STATUSES[tenant.subscription_status],
            "meaning": _STATUS_MEANINGS[tenant.subscription_status],
        }
        for tenant in page.rows
    ]
    context = {
        "rows": rows,
        "next_cursor": page.next_cursor,
        "plans": plan_choices(offered),
        "statuses": list(SUBSCRIPTION_STATUSES.items()),
        "csms": [(str(csm.id), csm.name) for csm in csms],
        "may_add": actor.may(MANAGE_TENANTS),
        "is_filtered": wanted != TenantFilter(),
    }
    return render(request, "desk/customers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new_customer(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_TENANTS)
    start = {"language": actor.language, "zone": actor.zone}
    form = NewCustomerForm(request.POST or None, plans=plans(), initial=start)
    if form.is_valid():
        at = clock.now()
        with told_at(form):
            tenant, owner = create_tenant(actor, NewTenant(**form.cleaned_data), at=at)
            invite_member(actor, tenant.id, email=owner.email, role=owner.role, at=at)
        if form.is_valid():
            messages.success(request, _("The customer is made; the owner's invitation is on its way."))
            return redirect("desk_customer", tenant_id=tenant.id)
    return render(request, "desk/new_customer.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
@staff_page
def customer(request: HttpRequest, actor: Actor, tenant_id: UUID) -> HttpResponse:
    tenant = visible_tenant(actor, tenant_id)
    note_look(actor, tenant.id, at=clock.now())
    return customer_page(request, actor, tenant)


def customer_page(
    request: HttpRequest, actor: Actor, tenant: Tenant, failed: dict[str, Form] | None = None
) -> HttpResponse:
    """With the form that could not be accepted in its place."""
    at = clock.now()
    members = page_of_members(actor, tenant.id, MemberFilter(), cursor=request.GET.get("after"), limit=25)
    csms = list(active_staff(actor, roles=_CSM_ROLES).order_by("name"))
    may_change = actor.may(MANAGE_TENANTS)
    context = {
        "tenant": tenant,
        "plan": plan_name(tenant.plan),
        "status": SUBSCRIPTION_STATUSES[tenant.subscription_status],
        "status_meaning": _STATUS_MEANINGS[tenant.subscription_status],
        "segment": SEGMENTS[tenant.segment],
        "csm": staff_names(actor, [tenant.csm_id]).get(tenant.csm_id, "") if tenant.csm_id else "",
        "people": people_rows(actor, tenant.id, list(members.rows)),
        "next_cursor": members.next_cursor,
        "contacts": [(CONTACT_PURPOSES[c.purpose], c.member) for c in contacts_of(actor, tenant.id)],
        "domains": domains_of(actor, tenant.id),
        "keys": key_rows(keys_of(actor, tenant.id), at) if actor.may(SEE_KEYS) else None,
        "recent": _recent(actor, tenant.id),
        "may_change": may_change,
        "may_invite": actor.may(MANAGE_PEOPLE),
        "plan_form": PlanForm(plans=plans(), initial={"plan": tenant.plan.key}) if may_change else None,
        "csm_form": CsmForm(team=csms, initial={"csm": tenant.csm_id}) if may_change else None,
        "domain_form": DomainForm() if may_change else None,
        "invite_form": InviteForm(roles=grantable(actor), initial={"role": "field"}),
        "now": at,
        **(failed or {}),
    }
    return render(request, "desk/customer.html", context, status=422 if failed else 200)


def _recent(actor: Actor, tenant_id: UUID) -> list[AuditRow] | None:
    """The latest events about the customer, for who reads the audit log."""
    if not actor.may(SEE_AUDIT):
        return None
    page = page_of_events(actor, EventFilter(tenant_id=tenant_id), limit=8)
    return audit_rows(actor, list(page.rows))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def edit_customer(request: HttpRequest, actor: Actor, tenant_id: UUID) -> HttpResponse:
    actor.require(MANAGE_TENANTS)
    tenant = visible_tenant(actor, tenant_id)
    names = list(CustomerForm.base_fields)
    form = CustomerForm(request.POST or None, initial={name: getattr(tenant, name) for name in names})
    if form.is_valid():
        with told_at(form):
            change_tenant(actor, tenant.id, form.cleaned_data, at=clock.now())
        if form.is_valid():
            messages.success(request, _("The details are saved."))
            return redirect("desk_customer", tenant_id=tenant.id)
    context = {"form": form, "tenant": tenant}
    return render(request, "desk/edit_customer.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page
def set_plan(request: HttpRequest, actor: Actor, tenant_id: UUID) -> HttpResponse:
    form = PlanForm(request.POST, plans=plans())
    return _apply(
        request,
        actor,
        tenant_id,
        ("plan_form", form),
        lambda: change_plan(actor, tenant_id, form.cleaned_data["plan"], at=clock.now()),
        said=_("The plan is changed."),
    )


@require_POST
@staff_page
def set_csm(request: HttpRequest, actor: Actor, tenant_id: UUID) -> HttpResponse:
    form = CsmForm(request.POST, team=active_staff(actor, roles=_CSM_ROLES))
    return _apply(
        request,
        actor,
        tenant_id,
        ("csm_form", form),
        lambda: assign_csm(actor, tenant_id, form.cleaned_data["csm"], at=clock.now()),
        said=_("The customer success manager is changed."),
    )


@require_POST
@staff_page
def add_domain(request: HttpRequest, actor: Actor, tenant_id: UUID) -> HttpResponse:
    form = DomainForm(request.POST)
    return _apply(
        request,
        actor,
        tenant_id,
        ("domain_form", form),
        lambda: verify_domain(actor, tenant_id, form.cleaned_data["domain"], at=clock.now()),
        said=_("The mail domain is added."),
    )


@require_POST
@staff_page
def invite_person(request: HttpRequest, actor: Actor, tenant_id: UUID) -> HttpResponse:
    form = InviteForm(request.POST, roles=grantable(actor))
    return _apply(
        request,
        actor,
        tenant_id,
        ("invite_form", form),
        lambda: invite_member(actor, tenant_id, at=clock.now(), **form.cleaned_data),
        said=_("The invitation is on its way."),
    )


def _apply(
    request: HttpRequest,
    actor: Actor,
    tenant_id: UUID,
    named: tuple[str, Form],
    act: Callable[[], object],
    *,
    said: str,
) -> HttpResponse:
    """One of the small forms of a customer's page: done, or the page again with the form and its errors."""
    name, form = named
    tenant = visible_tenant(actor, tenant_id)
    if form.is_valid():
        with told_at(form):
            act()
    if not form.is_valid():
        return customer_page(request, actor, tenant, {name: form})
    messages.success(request, said)
    return redirect("desk_customer", tenant_id=tenant.id)


@require_POST
@staff_page
def drop_domain(request: HttpRequest, actor: Actor, tenant_id: UUID, domain_id: UUID) -> HttpResponse:
    remove_domain(actor, tenant_id, domain_id, at=clock.now())
    messages.success(request, _("The mail domain is removed."))
    return redirect("desk_customer", tenant_id=tenant_id)
