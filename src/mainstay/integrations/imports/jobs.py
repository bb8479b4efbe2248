"""The worker's part: dry runs in small transactions, writing in one, invitations a few at a time.

An import is claimed for a minute and worked on for some seconds, then the next one's turn comes. A worker that
dies leaves its claim, which ends by itself; what was committed is in the run's row, and the next goes on there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import IntegrityError
from django.utils import translation

from mainstay.core.actor import Actor, ActorKind, Origin, Role
from mainstay.core.errors import Forbidden, NotFound, Problem, TooMany
from mainstay.core.storage.files import delete_stored, open_stored
from mainstay.core.wall.scope import scope, sweep
from mainstay.integrations.imports.actions import Outdated, apply_import, check_again, stage_batch
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.notices import tell_starter
from mainstay.integrations.imports.queries import visible_run
from mainstay.integrations.imports.rules import ATTEMPTS, BATCH, CLAIM, State
from mainstay.integrations.imports.rules.reading import Record, Unreadable, decode, records
from mainstay.people.access.actions import resend_invitation
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState

SWEEP: Final = "run_imports"
_SLICE_S: Final = 5.0
"""One import's turn."""
_TIMEOUT_MS: Final = 600_000
_INVITATIONS: Final = 25
_PAUSE: Final = timedelta(minutes=10)
_AGAIN: Final = timedelta(seconds=10)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is read before the file is: no scope is open while the disk works."""

    run: ImportRun
    actor: Actor

    @property
    def id(self) -> UUID:
        return self.run.id


def run_imports(now: datetime, limit: int) -> int:
    """One import's turn. `limit` is 1: the loop asks again at once as long as there was one."""
    claimed = claim(now)
    if claimed is None:
        return 0
    work_on(claimed, now)
    return 1


def work_on(claimed: Claimed, now: datetime) -> None:
    """Whatever goes wrong is written down in the run."""
    try:
        with translation.override(claimed.actor.language):
            _WORK[State(claimed.run.state)](claimed, now)
    except (Outdated, IntegrityError):
        log.info("import %s no longer fits what is here; it is checked again", claimed.id)
        with scope(claimed.actor):
            check_again(claimed.actor, claimed.id, at=now)
    except Unreadable as problem:
        _fail(claimed.id, problem.code, problem.params, now)
    except FileNotFoundError:
        _fail(claimed.id, "is_gone", {}, now)
    except (Forbidden, NotFound):
        _fail(claimed.id, "not_allowed", {}, now)
    except Exception:
        log.exception("import %s failed at try %s", claimed.id, claimed.run.attempts)
        if claimed.run.attempts >= ATTEMPTS:
            _fail(claimed.id, "gave_up", {}, now)
        else:
            _later(claimed.id, now + _AGAIN)


def claim(now: datetime, *, only: UUID | None = None) -> Claimed | None:
    """The one that waits longest, with the starter as they are now: who left since does nothing more."""
    with sweep(SWEEP):
        due = ImportRun.objects.filter(next_at__lte=now)
        run = (
            (due.filter(id=only) if only else due)
            .order_by("next_at", "id")
            .select_for_update(skip_locked=True)
            .defer("head")
            .first()
        )
        if run is None:
            return None
        run.attempts += 1
        run.next_at = now + CLAIM
        run.save(update_fields=["attempts", "next_at"])
        actor = actor_of(run)
        if actor is None or run.attempts > ATTEMPTS:
            _set_failed(run, "not_allowed" if actor is None else "gave_up", {}, now)
            return None
        return Claimed(run, actor)


def actor_of(run: ImportRun) -> Actor | None:
    origin = Origin(door="import", request_id=str(run.id))
    if run.started_by_kind == ActorKind.MEMBER and run.tenant_id is not None:
        member = (
            Member.objects.select_related("tenant").filter(id=run.started_by, tenant_id=run.tenant_id).first()
        )
        if member is None or member.state != MemberState.ACTIVE:
            return None
        return Actor(
            ActorKind.MEMBER,
            tenant_id=member.tenant_id,
            person_id=member.id,
            roles=frozenset({Role(member.role)}),
            name=member.name,
            language=member.language or member.tenant.language,
            zone=member.zone or member.tenant.zone,
            origin=origin,
        )
    staff = Staff.objects.filter(id=run.started_by, is_active=True).first()
    if staff is None:
        return None
    return Actor(
        ActorKind.STAFF,
        person_id=staff.id,
        roles=frozenset(Role(role) for role in staff.roles),
        name=staff.name,
        language=staff.language,
        zone=staff.zone,
        origin=origin,
    )


def _check(claimed: Claimed, now: datetime) -> None:
    """Batches until the turn is over or the file is."""
    chunks = open_stored(claimed.run.storage_key)
    try:
        _stage_turn(claimed, records(decode(chunks, claimed.run.encoding), claimed.run.delimiter), now)
    finally:
        chunks.close()  # type: ignore[attr-defined]


def _stage_turn(claimed: Claimed, found: Iterator[Record], now: datetime) -> None:
    until, position = time.monotonic() + _SLICE_S, claimed.run.position
    rest = (record for record in found if record.number > position)
    batch = list(islice(rest, BATCH))
    while True:
        following = list(islice(rest, BATCH))
        with scope(claimed.actor, timeout_ms=_TIMEOUT_MS):
            done = stage_batch(claimed.actor, claimed.id, position, batch, is_last=not following, at=now)
            if done and not following:
                tell_starter(visible_run(claimed.actor, claimed.id), at=now)
        if not done or not following or time.monotonic() > until:
            return
        position, batch = batch[-1].number, following


def _apply(claimed: Claimed, now: datetime) -> None:
    with scope(claimed.actor, timeout_ms=_TIMEOUT_MS):
        run = apply_import(claimed.actor, claimed.id, at=now)
        if run is not None:
            tell_starter(run, at=now)


def _invite(claimed: Claimed, now: datetime) -> None:
    """To the new people of an import that asks for it; each in a transaction with the note that it is done."""
    with scope(claimed.actor):
        waiting = list(
            ImportRow.objects.filter(run_id=claimed.id, target_id__isnull=False)
            .order_by("position")
            .values_list("id", "target_id")[:_INVITATIONS]
        )
    for row_id, member_id in waiting:
        assert member_id is not None
        try:
            with scope(claimed.actor):
                invited = _invite_one(claimed.actor, row_id, member_id, now)
                run = visible_run(claimed.actor, claimed.id, lock=True)
                run.invited_count += invited
                run.attempts = 0
                run.save(update_fields=["invited_count", "attempts"])
        except TooMany:
            _later(claimed.id, now + _PAUSE)
            return
        except Problem as problem:  # suspended, joined or removed meanwhile: one less to invite
            log.info("import %s: nobody to invite in row %s: %s", claimed.id, row_id, problem.code)
            with scope(claimed.actor):
                ImportRow.objects.filter(id=row_id).update(target_id=None)
    _later(claimed.id, now if waiting else None)


def _invite_one(actor: Actor, row_id: int, member_id: UUID, now: datetime) -> int:
    row = ImportRow.objects.select_for_update().filter(id=row_id, target_id__isnull=False).first()
    if row is None:
        return 0
    resend_invitation(actor, member_id, at=now)
    row.target_id = None
    row.save(update_fields=["target_id"])
    return 1


_WORK: Final = {State.CHECKING: _check, State.APPLYING: _apply, State.APPLIED: _invite}


def _later(run_id: UUID, at: datetime | None) -> None:
    with sweep(SWEEP):
        ImportRun.objects.filter(id=run_id, next_at__isnull=False).update(next_at=at)


def _fail(run_id: UUID, code: str, params: dict[str, str | int], now: datetime) -> None:
    with sweep(SWEEP):
        run = ImportRun.objects.select_for_update().get(id=run_id)
        _set_failed(run, code, params, now)
        if run.state == State.FAILED:
            tell_starter(run, at=now)


def _set_failed(run: ImportRun, code: str, params: dict[str, str | int], now: datetime) -> None:
    if run.state == State.APPLIED:  # everything is in; the invitations that are left are not sent
        run.next_at = None
    else:
        run.state, run.failure, run.failure_params, run.next_at = State.FAILED, code, params, None
    run.save(update_fields=["state", "failure", "failure_params", "next_at"])


def forget_imports(*, at: datetime, keep_days: int) -> int:
    """Rows and files past their time: they hold people's addresses and words. The counts stay. 0 days: for ever."""
    if not keep_days:
        return 0
    before = at - timedelta(days=keep_days)
    with sweep("retention"):
        old = list(
            ImportRun.objects.filter(created_at__lt=before, next_at__isnull=True)
            .exclude(storage_key="")
            .values_list("id", "storage_key")[:50]
        )
        ids = [run_id for run_id, _key in old]
        ImportRow.objects.filter(run_id__in=ids).delete()
        ImportRun.objects.filter(id__in=ids, state__in=[State.UPLOADED, State.CHECKED, State.FAILED]).update(
            state=State.CANCELLED
        )
        ImportRun.objects.filter(id__in=ids).update(storage_key="", head=b"")
    for _run_id, key in old:
        delete_stored(key)
    return len(old)
