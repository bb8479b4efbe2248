"""Taking mail in: from raw bytes to a ticket, a message, or a place where a person looks at it.

One mail, one transaction, bound to the one customer it is for. A mail that fails is tried again, then
quarantined; it never holds up the next one, and its bytes stay as they came.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet

from mainstay.core.actor import Actor, ActorKind, Origin, Role, system_actor
from mainstay.core.text.headers import clean_line
from mainstay.core.text.plain import snippet
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.actions import suppress
from mainstay.people.staff.models import Staff
from mainstay.support.channels.actions.bounce import note_bounces
from mainstay.support.channels.actions.deliver import Read, deliver
from mainstay.support.channels.actions.plan import Plan, plan_mail
from mainstay.support.channels.mime.addresses import without_detail
from mainstay.support.channels.mime.dedupe import dedupe_key
from mainstay.support.channels.mime.mail import Attachment as MailFile
from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.rules import MailState, next_attempt
from mainstay.support.tickets.actions import (
    NewFile,
)

log = logging.getLogger(__name__)
Save = Callable[[UUID, str, bytes], NewFile]
"""(tenant, file name, content) → the file, durable in storage. Called before the transaction."""


def take_in_due(save: Save, now: datetime, limit: int = 20) -> int:
    """Returns how many mails were looked at."""
    ids = _claim(now, limit)
    for mail_id in ids:
        try:
            take_in(mail_id, save, now)
        except Exception as failure:
            log.exception("mail %s could not be taken in", mail_id)
            _put_off(mail_id, failure, now)
    return len(ids)


_GAVE_UP: Final = "gave up: the process ended each time while taking it in"


def _claim(now: datetime, limit: int) -> list[UUID]:
    """Attempts are counted before the work, so that a mail which kills the process runs out of them too."""
    with sweep("take_in_mail"):
        rows = list(
            InboundMail.objects.select_for_update(skip_locked=True)
            .filter(next_at__lte=now)
            .order_by("next_at", "id")[:limit]
        )
        claimed, alike = [], defaultdict(list)
        for row in rows:
            alike[row.attempts].append(row.id)
            if next_attempt(row.attempts, now) is None:
                given_up = {"state": MailState.QUARANTINED, "error": row.error or _GAVE_UP}
                InboundMail.objects.filter(id=row.id).update(**given_up)
            else:
                claimed.append(row.id)
        for attempts, ids in alike.items():
            again = next_attempt(attempts, now)
            InboundMail.objects.filter(id__in=ids).update(attempts=attempts + 1, next_at=again)
    return claimed


def _put_off(mail_id: UUID, failure: Exception, now: datetime) -> None:
    with sweep("take_in_mail"):
        row = InboundMail.objects.select_for_update().get(id=mail_id)
        if row.state != MailState.RECEIVED:
            return
        row.error = f"{type(failure).__name__}: {failure}"[:2000]
        row.next_at = next_attempt(row.attempts, now)
        if row.next_at is None:
            row.state = MailState.QUARANTINED
        row.save(update_fields=["error", "next_at", "state"])


def take_in(mail_id: UUID, save: Save, now: datetime) -> None:
    with sweep("take_in_mail"):
        row = InboundMail.objects.get(id=mail_id)
        raw = bytes(RawMail.objects.get(id=mail_id).content)
        mail = parse_mail(raw, trusted_servers=settings.MAINSTAY_MAIL_VERDICTS_FROM)
        read = Read(row, raw, mail)
        key = dedupe_key(without_detail(row.mailbox), mail, raw, row.received_at)
        plan = None if _is_duplicate(read, key) else plan_mail(mail, row, now=now)
    _describe(read, plan, key)
    try:
        if plan is None or plan.tenant_id is None:
            with sweep("take_in_mail"):
                _keep_without_customer(read, plan, now)
        else:
            _deliver(read, plan, plan.tenant_id, save, now)
    except IntegrityError as clash:
        # Two copies of one mail at the same moment: the key is taken by now.
        if "uq_inbound_dedupe" not in str(clash):
            raise
        with sweep("take_in_mail"):
            _keep_without_customer(read, None, now)


def _deliver(read: Read, plan: Plan, tenant_id: UUID, save: Save, now: datetime) -> None:
    files = _save_files(tenant_id, read.mail.attachments, save)
    actor = _actor(plan)
    with scope(actor):
        if _still_ours(read.row):
            _finish(read.row, plan.state, ticket_id=deliver(actor, read, plan, files, now))


def _actor(plan: Plan) -> Actor:
    origin = Origin(door="mail")
    if plan.staff_id is None:
        return system_actor(plan.tenant_id, name="mail", origin=origin)
    with sweep("take_in_mail"):
        staff = Staff.objects.get(id=plan.staff_id)
    return Actor(
        ActorKind.STAFF,
        person_id=staff.id,
        roles=frozenset(Role(role) for role in staff.roles),
        name=staff.name,
        language=staff.language,
        zone=staff.zone,
        origin=origin,
    )


def _still_ours(row: InboundMail) -> bool:
    """Locks the row; false when somebody else has taken the mail in meanwhile."""
    return _locked(row).exists()


def _locked(row: InboundMail) -> QuerySet[InboundMail]:
    return InboundMail.objects.select_for_update().filter(id=row.id, state=MailState.RECEIVED)


def _is_duplicate(read: Read, key: str) -> bool:
    twins = (
        InboundMail.objects.filter(dedupe_key=key).exclude(id=read.row.id).exclude(state=MailState.DUPLICATE)
    )
    return twins.exists()


def _describe(read: Read, plan: Plan | None, key: str) -> None:
    """What the mail says of itself, onto the row (saved with the outcome)."""
    row, mail = read.row, read.mail
    row.dedupe_key = key
    row.message_id = (mail.message_id or "")[:998]
    row.from_email = clean_line(mail.from_.email.lower() if mail.from_ else "", 320)
    row.from_name = clean_line(mail.from_.name if mail.from_ else mail.from_text, 200)
    row.subject = clean_line(mail.subject, 998)
    row.snippet = snippet(mail.text, 280)
    row.sent_at = mail.date
    row.marks = [mark[:60] for mark in mail.defects][:50]
    row.authentication = {"dmarc": mail.auth.dmarc, "spf": mail.auth.spf, "dkim": mail.auth.dkim}
    row.kind = plan.kind if plan else ""
    row.reasons = [reason[:200] for reason in plan.reasons][:20] if plan else []
    row.claimed_number = plan.claimed_number if plan else None


_DESCRIBED = (
    "dedupe_key",
    "message_id",
    "from_email",
    "from_name",
    "subject",
    "snippet",
    "sent_at",
    "marks",
    "authentication",
    "kind",
    "reasons",
    "claimed_number",
)


def _finish(row: InboundMail, state: MailState, **more: Any) -> bool:
    """False when somebody else has taken it in meanwhile."""
    changes = {name: getattr(row, name) for name in _DESCRIBED}
    finished = InboundMail.objects.filter(id=row.id, state=MailState.RECEIVED).update(
        **changes | {"state": state, "next_at": None, "error": ""} | more
    )
    return bool(finished)


def _keep_without_customer(read: Read, plan: Plan | None, now: datetime) -> None:
    if plan is None:
        _finish(read.row, MailState.DUPLICATE)
        return
    if _finish(read.row, plan.state) and plan.state is MailState.BOUNCE:
        for bounce in note_bounces(read.mail, read.row, at=now):
            if bounce.is_address_gone:
                suppress(bounce.recipient, reason="bounced", detail=bounce.diagnostic, at=now)


def _save_files(tenant_id: UUID, files: Sequence[MailFile], save: Save) -> list[tuple[NewFile, MailFile]]:
    return [(save(tenant_id, file.filename, file.content), file) for file in files]
