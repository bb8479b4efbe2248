"""The worker's part: an archive is made outside any transaction; an erasure goes keeper by keeper, each in
transactions of its own, and goes on where it was when it was interrupted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from mainstay.core import clock
from mainstay.core.actor import ActorKind
from mainstay.core.events.actions import record
from mainstay.core.jobs import RowJob, row_job
from mainstay.core.storage.files import delete_stored, open_stored, save
from mainstay.core.wall.scope import sweep
from mainstay.people.privacy.archive import archive_of
from mainstay.people.privacy.events import MemberErased
from mainstay.people.privacy.files import without_person
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.notices import tell_asker
from mainstay.people.privacy.ports import Keeper, Look, Part, Person, keepers
from mainstay.people.privacy.rules import KEPT_FOR, RequestKind, RequestState, Wording
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member

log = logging.getLogger(__name__)
SWEEP = "privacy"
_LARGEST = 20 * 1024**3
_ATTEMPTS = 8


@row_job("privacy.carry_out", PrivacyRequest, attempts=_ATTEMPTS)
def carry_out(job: RowJob) -> None:
    with job.scope():
        request = _begin(job)
    if request is None:
        return
    person = _person(request)
    try:
        if request.kind == RequestKind.EXPORT:
            _export(job, request, person)
        else:
            _erase(job, request, person)
    except Exception as error:
        with job.scope():
            _row(job).exclude(state=RequestState.DONE).update(
                state=RequestState.FAILED, error=type(error).__name__
            )
        raise  # the job is tried again, and the request with it


def _person(request: PrivacyRequest) -> Person:
    by_operator = request.asked_by_kind in (ActorKind.STAFF, ActorKind.OPERATOR_KEY)
    with sweep(SWEEP):
        member = Member.objects.get(id=request.member_id, tenant_id=request.tenant_id)
        others = Member.objects.filter(email=request.email).exclude(id=request.member_id)
        is_shared = others.exists() or Staff.objects.filter(email=request.email).exists()
    has_joined = member.joined_at is not None
    return Person(
        request.tenant_id,
        request.member_id,
        request.email,
        request.name,
        by_operator=by_operator,
        is_proven=not is_shared and (by_operator or has_joined),
    )


def _row(job: RowJob) -> QuerySet[PrivacyRequest]:
    return PrivacyRequest.objects.filter(id=job.row_id, tenant_id=job.tenant_id)


def _begin(job: RowJob) -> PrivacyRequest | None:
    _row(job).exclude(state=RequestState.DONE).update(state=RequestState.RUNNING, error="")
    return _row(job).filter(state=RequestState.RUNNING).first()


def _export(job: RowJob, request: PrivacyRequest, person: Person) -> None:
    at = clock.now()
    with archive_of(_parts(person), opened=open_stored, at=at) as archive:
        stored = save(person.tenant_id, "personal-data.zip", archive, limit=_LARGEST)
    with job.scope() as actor:
        member = Member.objects.select_for_update(no_key=True).get(
            id=person.member_id, tenant_id=person.tenant_id
        )
        is_erased = member.erased_at is not None  # meanwhile
        request.state, request.done_at = RequestState.DONE, at
        request.email = request.name = ""
        if not is_erased:
            request.storage_key, request.size = stored.storage_key, stored.size
            request.expires_at = at + KEPT_FOR
        request.save()
        if not is_erased:
            tell_asker(actor, request, at=at)
    if is_erased:
        delete_stored(stored.storage_key)


def _parts(person: Person) -> Iterator[Part]:
    for keeper in keepers():
        with sweep(SWEEP):
            found = list(keeper.collect(person))
        yield from found


def _erase(job: RowJob, request: PrivacyRequest, person: Person) -> None:
    at = clock.now()
    for keeper in keepers():
        count = _erase_at(keeper, person, Wording(request.wording), at)
        request.counts[keeper.name] = request.counts.get(keeper.name, 0) + count
        with job.scope():
            _row(job).update(counts=request.counts)
    with job.scope() as actor:
        is_first = (
            _row(job)
            .exclude(state=RequestState.DONE)
            .update(state=RequestState.DONE, done_at=at, email="", name="", error="")
        )
        if is_first:
            event = MemberErased(member_id=person.member_id, request_id=request.id)
            record(actor, event, tenant_id=person.tenant_id, at=at)
            tell_asker(actor, request, at=at)


def _erase_at(keeper: Keeper, person: Person, wording: Wording, at: datetime) -> int:
    count, after = 0, ""
    while True:
        with sweep(SWEEP):
            erased = keeper.erase(person, wording, at, after)
        for key in erased.storage_keys:
            delete_stored(key)  # what is missed by a crash here is an orphan, and swept
        count += erased.rows + sum(_look_into(keeper, person, look) for look in erased.look_into)
        after = erased.go_on_after
        if not after:
            return count


def _look_into(keeper: Keeper, person: Person, look: Look) -> int:
    is_found, instead = without_person(person.tenant_id, look, person)
    if not is_found:
        return 0
    with sweep(SWEEP):
        is_swapped = keeper.swap(person, look, instead)
    if is_swapped:
        delete_stored(look.storage_key)
    elif instead:
        delete_stored(instead.storage_key)
    return int(is_swapped)


def forget_exports(*, at: datetime) -> int:
    """Those whose time is over: the row stays and tells that there was one."""
    with sweep("retention"):
        past = PrivacyRequest.objects.filter(expires_at__lte=at).select_for_update(skip_locked=True)
        keys = list(past.values_list("storage_key", flat=True))
        PrivacyRequest.objects.filter(expires_at__lte=at, storage_key__in=keys).update(
            storage_key="", size=0, expires_at=None
        )
    for key in filter(None, keys):
        delete_stored(key)
    return len(keys)
