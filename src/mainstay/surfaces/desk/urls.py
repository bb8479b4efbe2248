from __future__ import annotations

from django.urls import URLPattern, path

from mainstay.surfaces.desk.pages import changes, customers, keys, person, queue, team, ticket

_CUSTOMER = "desk/customers/<uuid:tenant_id>"
_TICKET = "desk/tickets/<int:number>"
urlpatterns: list[URLPattern] = [
    path("desk", queue.queue, name="desk_queue"),
    path("desk/take", queue.take, name="desk_take"),
    path("desk/find", queue.find, name="desk_find"),
    path(_TICKET, ticket.show, name="desk_ticket"),
    path(f"{_TICKET}/thread", ticket.thread, name="desk_thread"),
    path(f"{_TICKET}/timeline", ticket.further_timeline, name="desk_timeline"),
    path(f"{_TICKET}/write", ticket.write, name="desk_write"),
    path(f"{_TICKET}/status", changes.status, name="desk_status"),
    path(f"{_TICKET}/severity", changes.severity, name="desk_severity"),
    path(f"{_TICKET}/assignee", changes.assignee, name="desk_assignee"),
    path(f"{_TICKET}/classify", changes.classify, name="desk_classify"),
    path(f"{_TICKET}/share", changes.share, name="desk_share"),
    path(f"{_TICKET}/unshare", changes.unshare, name="desk_unshare"),
    path(f"{_TICKET}/follow", changes.follow, name="desk_follow"),
    path("desk/customers", customers.customers, name="desk_customers"),
    path("desk/customers/new", customers.new_customer, name="desk_new_customer"),
    path(_CUSTOMER, customers.customer, name="desk_customer"),
    path(f"{_CUSTOMER}/edit", customers.edit_customer, name="desk_edit_customer"),
    path(f"{_CUSTOMER}/plan", customers.set_plan, name="desk_set_plan"),
    path(f"{_CUSTOMER}/csm", customers.set_csm, name="desk_set_csm"),
    path(f"{_CUSTOMER}/domains", customers.add_domain, name="desk_add_domain"),
    path(f"{_CUSTOMER}/domains/<uuid:domain_id>/remove", customers.drop_domain, name="desk_drop_domain"),
    path(f"{_CUSTOMER}/invite", customers.invite_person, name="desk_invite"),
    path("desk/people/<uuid:member_id>", person.person, name="desk_person"),
    path("desk/people/<uuid:member_id>/contact", person.contact, name="desk_contact"),
    path("desk/staff", team.staff, name="desk_staff"),
    path("desk/staff/new", team.new_staff, name="desk_new_staff"),
    path("desk/staff/<uuid:staff_id>", team.colleague, name="desk_colleague"),
    path("desk/profile", team.profile, name="desk_profile"),
    path("desk/keys", keys.keys, name="desk_keys"),
    path("desk/keys/new", keys.new_key, name="desk_new_key"),
    path("desk/keys/<uuid:key_id>/revoke", keys.revoke, name="desk_revoke_key"),
]
