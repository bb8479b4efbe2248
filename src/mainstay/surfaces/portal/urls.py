from __future__ import annotations

from django.urls import path

from mainstay.surfaces.portal.pages import (
    ask,
    audit,
    branding,
    imports,
    keys,
    people,
    privacy,
    profile,
    promises,
    queue,
    second_factor,
    sharing,
    single_sign_on,
    ticket,
    tickets,
)

_PROVIDER = "support/single-sign-on/<uuid:provider_id>"
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
    path(f"{_TICKET}/handle", queue.handle, name="support_handle"),
    path(f"{_TICKET}/escalate", queue.escalate, name="support_escalate"),
    path("support/queue", queue.queue, name="support_queue"),
    path("support/branding", branding.branding, name="support_branding"),
    path("support/branding/logo", branding.logo, name="support_logo"),
    path("support/brand.css", branding.styles, name="support_brand_styles"),
    path("support/people", people.people, name="support_people"),
    path("support/people/second-factor", second_factor.second_factor, name="support_second_factor"),
    path("support/people/invite", people.invite, name="support_invite"),
    path("support/people/imports", imports.imports, name="support_imports"),
    path("support/people/imports/new", imports.new_import, name="support_new_import"),
    path("support/people/imports/template.csv", imports.import_template, name="support_import_template"),
    path("support/people/imports/<uuid:run_id>", imports.one_import, name="support_import"),
    path(
        "support/people/imports/<uuid:run_id>/progress",
        imports.import_progress,
        name="support_import_progress",
    ),
    path(
        "support/people/imports/<uuid:run_id>/errors.csv", imports.import_errors, name="support_import_errors"
    ),
    path("support/people/<uuid:member_id>", people.person, name="support_person"),
    path("support/people/<uuid:member_id>/personal-data", privacy.personal, name="support_personal"),
    path("support/privacy", privacy.privacy, name="support_privacy"),
    path(
        "support/privacy/<uuid:request_id>/download",
        privacy.privacy_download,
        name="support_privacy_download",
    ),
    path("support/keys", keys.keys, name="support_keys"),
    path("support/keys/new", keys.new_key, name="support_new_key"),
    path("support/keys/<uuid:key_id>/revoke", keys.revoke, name="support_revoke_key"),
    path("support/audit", audit.audit, name="support_audit"),
    path("support/audit.csv", audit.audit_file, {"file_format": "csv"}, name="support_audit_csv"),
    path("support/audit.jsonl", audit.audit_file, {"file_format": "jsonl"}, name="support_audit_jsonl"),
    path("support/single-sign-on", single_sign_on.overview, name="support_sso"),
    path("support/single-sign-on/new", single_sign_on.new_provider, name="support_new_provider"),
    path(_PROVIDER, single_sign_on.provider, name="support_provider"),
    path(f"{_PROVIDER}/people/<uuid:member_id>/unlink", single_sign_on.unlink, name="support_unlink"),
    path("support/domains", single_sign_on.add_claim, name="support_claim_domain"),
    path("support/domains/<uuid:claim_id>", single_sign_on.claim, name="support_claim"),
    path("support/domains/<uuid:claim_id>/forget", single_sign_on.forget_claim, name="support_forget_claim"),
    path("support/profile", profile.profile, name="support_profile"),
]
