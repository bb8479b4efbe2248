"""The words for what a key may do."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

KEY_SCOPES: Final[dict[str, str | LazyText]] = {
    "tickets:read": _("Read tickets and their messages"),
    "tickets:write": _("Open tickets, answer, change their status"),
    "tickets:notes": _("Read and write internal notes"),
    "tickets:triage": _("Assign and classify tickets"),
    "people:read": _("Read the people"),
    "people:write": _("Invite, change and suspend people"),
    "tenants:read": _("Read customers"),
    "tenants:write": _("Create and change customers"),
    "staff:write": _("Add and change staff"),
    "plans:write": _("Install plans"),
    "inbound:read": _("Read incoming mails"),
    "inbound:write": _("Sort incoming mails"),
    "outbox:read": _("Read outgoing mails"),
    "outbox:write": _("Send mails again"),
    "sla:read": _("Read promises"),
    "sla:write": _("Change promises and calendars"),
    "webhooks:read": _("Read webhooks and their deliveries"),
    "webhooks:write": _("Set up webhooks and send again"),
    "audit:read": _("Read the audit log"),
}


def scope_choices(scopes: list[str]) -> list[tuple[str, str | LazyText]]:
    """Code and words; a scope without words stands for itself."""
    return [(scope, KEY_SCOPES.get(scope, scope)) for scope in scopes]
