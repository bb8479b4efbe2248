"""A worker whose follow-ups the test can count: each `test.happened` is answered by one `test.followed`, and by
a job that adds another. Run as a process of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import django

django.setup()

from mainstay.core.clock import now  # noqa: E402
from mainstay.core.events.actions import record  # noqa: E402
from mainstay.core.events.tests.conftest import Followed, Happened  # noqa: E402
from mainstay.core.events.types import Fact  # noqa: E402
from mainstay.core.events.wiring import because_of, later, plug  # noqa: E402
from mainstay.core.jobs import EventJob, event_job  # noqa: E402

SLOW_JOB_S = 1.0


@event_job("test.answer")
def answer(job: EventJob) -> None:
    time.sleep(SLOW_JOB_S * (job.fact.data["number"] < 0))
    with job.scope() as actor:
        record(actor, Followed(thing_id=job.fact.subject_id), tenant_id=job.fact.tenant_id, at=now())


def follow(facts: Sequence[Fact]) -> None:
    for fact in facts:
        record(because_of(fact), Followed(thing_id=fact.subject_id), tenant_id=fact.tenant_id, at=fact.at)


def ask(facts: Sequence[Fact]) -> None:
    for fact in facts:
        if fact.data["number"] % 10 == 0:
            answer.defer(fact)


# What happened before the first worker came is theirs, too.
plug(
    {},
    [
        later("follow", follow, Happened, from_beginning=True),
        later("ask", ask, Happened, from_beginning=True),
    ],
)

if __name__ == "__main__":
    from mainstay.project import worker

    sys.exit(worker.main())
