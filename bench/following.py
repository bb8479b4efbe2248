"""Events a second that one follower hands to three later handlers, each of which writes. `DATABASE_URL` and a
migrated database with the cast of nobody: it makes its own tenants, and leaves them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
django.setup()

from django.db import connection  # noqa: E402

from mainstay.core import clock  # noqa: E402
from mainstay.core.actor import Role, system_actor  # noqa: E402
from mainstay.core.events.actions import record  # noqa: E402
from mainstay.core.events.dispatch import follow_all  # noqa: E402
from mainstay.core.events.types import Fact, Happening, event  # noqa: E402
from mainstay.core.events.wiring import later, plug  # noqa: E402
from mainstay.core.ids import new_id  # noqa: E402
from mainstay.core.wall.scope import scope, sweep  # noqa: E402
from mainstay.people.tenants.tests.make import make_member, make_plans, make_tenant  # noqa: E402


@event("bench.happened", subject="thing", sentence="it happened")
@dataclass(frozen=True)
class Happened(Happening):
    thing_id: UUID


def touch(facts: Sequence[Fact]) -> None:
    """What a follow-up typically does: one write for the batch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE member SET title = %s WHERE tenant_id = %s", [str(facts[-1].n), facts[0].tenant_id]
        )


def main(tenants: int, events: int) -> None:
    plug({}, [later(name, touch, Happened) for name in ("one", "two", "three")])
    follow_all(clock.now())
    with sweep("bench"):
        plan = make_plans()["free"]
        ids = []
        for _ in range(tenants):
            tenant = make_tenant("Bench", plan=plan, slug=f"bench-{new_id()}")
            make_member(tenant, "Ann", Role.OWNER)
            ids.append(tenant.id)
    for i in range(events):
        actor = system_actor(ids[i * 7919 % tenants])
        with scope(actor):
            record(actor, Happened(thing_id=new_id()), tenant_id=actor.tenant_id, at=clock.now())
    began, used = time.perf_counter(), time.process_time()
    follow_all(clock.now())
    took, cpu = time.perf_counter() - began, time.process_time() - used
    sys.stdout.write(
        f"{events} events of {tenants} tenants, 3 handlers: {events / took:,.0f}/s ({cpu / took:.0%} of a core)\n"
    )


if __name__ == "__main__":
    for tenants in (1000, 20):
        main(tenants, 3000)
