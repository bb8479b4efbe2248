"""Every column that can hold words: what it says about people, and what an erasure does with it.

A room's keeper answers for what is personal (`people/privacy/ports.py`); this is the table of all the rest, with the
reason. A test walks every model: a column that stands in neither fails, so a new one is a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from mainstay.people.privacy.labels import FATES
from mainstay.people.privacy.ports import keepers

# Reason → columns; `table.*` means the whole table.
NOTHING_ABOUT_PEOPLE: Final[Mapping[str, tuple[str, ...]]] = {
    "a code, state, kind or setting of the program's own": (
        "api_key.created_by_kind",
        "api_key.scopes",
        "attachment.content_type",
        "attachment.scan",
        "attachment.uploaded_by_kind",
        "attachment.visibility",
        "delivery.kind",
        "delivery.language",
        "delivery.state",
        "delivery.visibility",
        "event.actor_kind",
        "event.door",
        "event.name",
        "event.subject_kind",
        "event.visibility",
        "event_handled.handler",
        "event_position.*",
        "import_row.outcome",
        "import_run.date_order",
        "import_run.decimal",
        "import_run.delimiter",
        "import_run.encoding",
        "import_run.failure",
        "import_run.kind",
        "import_run.started_by_kind",
        "import_run.state",
        "import_run.zone",
        "inbound_mail.door",
        "inbound_mail.kind",
        "inbound_mail.marks",
        "inbound_mail.reasons",
        "inbound_mail.state",
        "invitation.invited_by_kind",
        "loop_heartbeat.loop",
        "mailbox_item.state",
        "member.role",
        "member.state",
        "message.body_format",
        "message.marks",
        "message.sender",
        "message.source",
        "message.visibility",
        "message_edit.edited_by_kind",
        "message_edit.visibility",
        "notice.channel",
        "notice.kind",
        "notice.subject_kind",
        "notice_choices.rhythm",
        "privacy_request.asked_by_kind",
        "privacy_request.counts",
        "privacy_request.error",
        "privacy_request.kind",
        "privacy_request.state",
        "privacy_request.wording",
        "procrastinate_events.*",
        "procrastinate_jobs.lock",
        "procrastinate_jobs.queue_name",
        "procrastinate_jobs.queueing_lock",
        "procrastinate_jobs.status",
        "procrastinate_jobs.task_name",
        "procrastinate_periodic_defers.*",
        "schedule.*",
        "schedule_run.key",
        "schedule_run.state",
        "sla_clock.*",
        "sla_recomputation.*",
        "staff_notice.channel",
        "staff_notice.kind",
        "staff_notice.subject_kind",
        "suppression.reason",
        "tenant_contact.purpose",
        "ticket.audience",
        "ticket.category",
        "ticket.language",
        "ticket.last_sender",
        "ticket.priority",
        "ticket.proposed_severity",
        "ticket.severity",
        "ticket.source",
        "ticket.status",
        "webhook_delivery.name",
        "webhook_delivery.state",
        "webhook_endpoint.event_names",
        "webhook_endpoint.state",
        "sso_provider.tried_fault",
        "staff_sso_provider.tried_fault",
        "domain_claim.result",
    ),
    "ids, codes and values of columns that are not personal: no event carries people's words": (
        "event.data",
        "event.request_id",
        "webhook_delivery.body",
        "ticket.external_ids",
        "imported_ticket.key",
    ),
    "about a customer as an organisation": (
        "tenant.calendar_key",
        "tenant.currency",
        "tenant.industry",
        "tenant.language",
        "tenant.limits",
        "tenant.name",
        "tenant.region",
        "tenant.segment",
        "tenant.slug",
        "tenant.subscription_status",
        "tenant.zone",
        "tenant_logo.*",
        "verified_domain.*",
        "domain_claim.domain",
        "domain_claim.token",
        "sso_provider.client_id",
        "sso_provider.client_secret",
        "sso_provider.domains",
        "sso_provider.issuer",
        "sso_provider.name",
        "webhook_endpoint.url",
        "webhook_endpoint.secret",
        "webhook_endpoint.old_secret",
        "import_run.mapping",
    ),
    "the operator's own: settings, staff, mailboxes, presets, keys; staff leave by deactivation": (
        "house_setting.*",
        "mailbox.*",
        "operator_key.*",
        "plan.*",
        "sla_calendar.*",
        "sla_holiday.*",
        "sla_matrix.*",
        "sla_policy_version.*",
        "staff.*",
        "staff_notice_choices.*",
        "staff_sso_link.*",
        "staff_sso_provider.client_id",
        "staff_sso_provider.client_secret",
        "staff_sso_provider.domains",
        "staff_sso_provider.issuer",
        "staff_sso_provider.name",
        "staff_sso_provider.tried_detail",
    ),
    "a random value, its hash, or the hash of words": (
        "api_key.key_hash",
        "api_key.prefix",
        "import_run.sha256",
        "rate_bucket.*",
        "idempotency_key.key",
        "idempotency_key.request_hash",
    ),
    "sealed with the installation's key, and forgotten after a day": ("idempotency_key.body",),
    "where it stopped, in the program's words": ("loop_heartbeat.last_error", "schedule_run.error"),
    "the framework's own lists": (
        "auth_group.*",
        "auth_permission.*",
        "django_content_type.*",
        "django_migrations.*",
    ),
    "labels that staff give: names of things": ("tenant.tags", "ticket.module", "ticket.tags"),
    "the mailbox that it came to": ("inbound_mail.mailbox",),
}

_WORDS: Final = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
)

_INTRODUCTION: Final = """# Personal data

What is kept about one person, and what becomes of it when that person is erased. This file is written by `./run
manage privacy_reference`; a test fails while a column that can hold words stands in none of its tables.

**Export**: whoever manages people asks for it on the person's page (*Personal data*), everybody for their own at
*My data*. The worker puts a ZIP file together: one JSON file for each kind of thing, files and mails as they came.
It can be fetched for seven days; that it was asked for and fetched stands in the audit log.

**Erasure**: asked for on the person's page by an owner or administrator of the customer, or by the staff's
managers; the person's address is typed to confirm. The last owner cannot be erased, nobody erases themself, and
only an owner (or the staff) erases an owner. Sign-in, sessions and live streams end at once. The worker then goes
through the rooms in short transactions; interrupted, it goes on; failed, it is tried again and can be asked for
again. Afterwards:

- The member stays as “Erased person” at an address that cannot exist, so that tickets, messages, clocks and events
  keep their numbers, times and order. It is in no list, cannot be restored, invited, imported onto or signed in
  to.
- The address is a stranger's: a mail from it is met like any unknown sender's, and it can be invited as a new
  person.
- Address and full name are taken out of whatever anybody wrote at that customer, however they are spaced, cased or
  encoded; `[…]` stands in their place. A name of one word with fewer than five letters is not looked for in texts.
- With the wording erased, their own messages, subjects, notes and files go as well, and in the same tickets every
  run of five words that others quoted from them.
- Text files that name the person are rewritten; other files that name them go if they are the person's own, and
  stay if somebody else sent them. An imported file that names them goes whole.
- Mails as they came in go for every ticket in which they wrote, and wherever they name the person. A mail of
  somebody else's that still waits for a decision in triage stays until it is decided.
- A seat of the same person at another customer keeps everything of its own, and so does the account that signs in
  to both.
- Backups keep what they hold until they are replaced; after a restore, erasures since then are asked for again.

What stays with a reason: network addresses in the audit log (to answer for misuse; they go with the events' age,
`MAINSTAY_KEEP_EVENTS_DAYS`), and that there was a request, by whom and when.

## What is personal

| column | what an erasure does |
|---|---|
"""


def text_columns() -> set[str]:
    """`table.column` of everything that can hold words or a network address."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        if ".tests." in model.__module__:
            continue
        for field in model._meta.local_concrete_fields:
            inner: Any = field.base_field if isinstance(field, ArrayField) else field
            if isinstance(inner, _WORDS):
                found.add(f"{model._meta.db_table}.{field.column}")
    return found


def held_to_be_nothing(columns: set[str]) -> dict[str, list[str]]:
    """Column → the reasons given for it."""
    reasons: dict[str, list[str]] = {}
    for reason, patterns in NOTHING_ABOUT_PEOPLE.items():
        for pattern in patterns:
            table, _dot, name = pattern.partition(".")
            for column in [c for c in columns if c.startswith(f"{table}.")] if name == "*" else [pattern]:
                reasons.setdefault(column, []).append(reason)
    return reasons


def privacy_page() -> str:
    kept = {column: fate for keeper in keepers() for column, fate in keeper.columns.items()}
    personal = "".join(f"| `{column}` | {FATES[fate]} |\n" for column, fate in sorted(kept.items()))
    rest = "".join(
        f"| {reason} | {', '.join(f'`{column}`' for column in sorted(columns))} |\n"
        for reason, columns in NOTHING_ABOUT_PEOPLE.items()
    )
    head = "\n## What holds nothing about a person\n\n| why | columns |\n|---|---|\n"
    return f"{_INTRODUCTION}{personal}{head}{rest}"
