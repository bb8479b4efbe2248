"""Looking domains up: network, hence the worker's."""

from __future__ import annotations

from mainstay.core import clock
from mainstay.core.jobs import RowJob, row_job
from mainstay.people.access.providers.domains import look_up, settle_claim
from mainstay.people.access.providers.models import DomainClaim


@row_job("access.check_domain", DomainClaim, attempts=3)
def check_domain(job: RowJob) -> None:
    with job.scope():
        claim = DomainClaim.objects.filter(id=job.row_id).first()
    if claim is None:
        return
    result = look_up(claim.domain, claim.token)
    with job.scope() as actor:
        settle_claim(actor, claim.id, result, at=clock.now())
