from __future__ import annotations

from django.urls import path

from mainstay.surfaces.portal.pages import (
    ask,
    audit,
    keys,
    people,
    profile,
    promises,
    sharing,
    ticket,
    tickets,
)

_TICKET = "support/tickets/<int:number>"
urlpatterns = [
    path("support", tickets.tickets, name="support_tickets"),
    path("support/new", ask.ask, name="support_new"),
    path("support/new/expected", ask.expected, name="support_expected"),
    path("support/sla", promises.promises, name="support_sla"),
    path(_TICKET, ticket.ticket, name="support_ticket"),
    path(f"{_TICKET}/news", ticket.news, name="support_news"),
    path(f"{_TICKET}/solved", ticket.solved, name="support_solved"),
    path(f"{_TICKET}/not-solved", ticket.not_solved, name="support_not_solved"),
    path(f"{_TICKET}/share", sharing.share, name="support_share"),
    path(f"{_TICKET}/leave", ticket.leave, name="support_leave"),
    path("support/people", people.people, name="support_people"),
    path("support/people/invite", people.invite, name="support_invite"),
    path("support/people/<uuid:member_id>", people.person, name="support_person"),
    path("support/keys", keys.keys, name="support_keys"),
    path("support/keys/new", keys.new_key, name="support_new_key"),
    path("support/keys/<uuid:key_id>/revoke", keys.revoke, name="support_revoke_key"),
    path("support/audit", audit.audit, name="support_audit"),
    path("support/audit.csv", audit.audit_csv, name="support_audit_csv"),
    path("support/profile", profile.profile, name="support_profile"),
]
