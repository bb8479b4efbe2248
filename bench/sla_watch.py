"""How long the SLA watch takes for 500 due clocks, by how many are open; how fast a change of the promises
reaches them. Needs `DATABASE_URL` with a migrated database; makes its own customer, and leaves it."""

from __future__ import annotations

import os
import statistics
import sys
import time
from datetime import datetime, timedelta
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
django.setup()

from django.db import connection  # noqa: E402

from mainstay.core import clock  # noqa: E402
from mainstay.core.actor import Role  # noqa: E402
from mainstay.core.ids import new_id  # noqa: E402
from mainstay.core.wall.scope import sweep  # noqa: E402
from mainstay.people.tenants.models import Plan  # noqa: E402
from mainstay.people.tenants.tests.make import make_member, make_tenant  # noqa: E402
from mainstay.support.sla.actions import install_presets  # noqa: E402
from mainstay.support.sla.actions.policy import ask_recompute  # noqa: E402
from mainstay.support.sla.jobs import run_due, run_recomputations  # noqa: E402

_TICKETS = """
    INSERT INTO ticket (id, tenant_id, number, requester_id, subject, severity, priority, category, module, status,
      tier, source, audience, tags, custom, language, context, is_shared_with_tenant, external_ids, body_hash,
      opened_at, last_message_at, last_sender, message_count, updated_at)
    SELECT gen_random_uuid(), %(tenant)s, nextval('ticket_number'), %(member)s, 'Bench', 'P3', 'medium', '', '',
      'open', 1, 'api', 'operator', '{}', '{}', 'en', '{}', false, '{}', '', %(now)s, %(now)s, 'customer', 1, %(now)s
    FROM generate_series(1, %(count)s)
"""
_CLOCKS = """
    INSERT INTO sla_clock (id, tenant_id, ticket_id, number, kind, calendar_key, amount, is_goal, warn_percent,
      started_at, runs, consumed, running_since, due_at, warn_at, is_warning_told, is_breach_told, next_at)
    SELECT gen_random_uuid(), tenant_id, id, k.number, k.kind, '24x7', interval '48 hours', false, 75, %(now)s, '{}',
      interval '0', %(now)s, %(now)s + interval '48 hours', %(now)s + interval '36 hours', false, false,
      %(now)s + interval '36 hours'
    FROM ticket, (VALUES (1, 'first_response'), (2, 'restore')) AS k (number, kind)
    WHERE tenant_id = %(tenant)s AND ticket.id NOT IN (SELECT ticket_id FROM sla_clock)
"""
_MAKE_DUE = """
    UPDATE sla_clock SET due_at = %(now)s - interval '1 second', warn_at = %(now)s - interval '2 seconds',
      warned_at = NULL, breached_at = NULL, is_warning_told = false, is_breach_told = false,
      next_at = %(now)s - interval '2 seconds'
    WHERE id IN (SELECT id FROM sla_clock WHERE breached_at IS NULL LIMIT %(count)s)
"""


def customer(now: datetime) -> tuple[UUID, UUID]:
    with sweep("bench") as actor:
        install_presets(actor, "standard", at=now)
        tenant = make_tenant("Bench", plan=Plan.objects.get(key="business"), slug=f"bench-{new_id()}")
        return tenant.id, make_member(tenant, "Ann", Role.OWNER).id


def execute(statement: str, **values: object) -> None:
    with sweep("bench", timeout_ms=600_000), connection.cursor() as cursor:
        cursor.execute(statement, values)


def fill(tenant: UUID, member: UUID, tickets: int, now: datetime) -> None:
    execute(_TICKETS, tenant=tenant, member=member, count=tickets, now=now)
    execute(_CLOCKS, tenant=tenant, now=now)
    for table in ("ticket", "sla_clock"):
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {table}")


def watch(now: datetime, due: int, rounds: int = 5) -> list[float]:
    """Milliseconds until all is said of `due` clocks, each with a warning and a breach to say."""
    took = []
    for _ in range(rounds):
        execute(_MAKE_DUE, count=due, now=now)
        began = time.perf_counter()
        while run_due(now, 1000) == 1000:
            pass
        took.append((time.perf_counter() - began) * 1000)
    return took


def recompute(tenant: UUID, now: datetime, batches: int = 20) -> tuple[float, float]:
    """Tickets a second, and the milliseconds of one batch, as long as anybody may wait for it."""
    with sweep("bench"):
        ask_recompute(tenant, "bench", now)
    began = time.perf_counter()
    done = run_recomputations(now, batches)
    took = time.perf_counter() - began
    return done * 100 / took, took / done * 1000


def main() -> None:
    now = clock.now()
    tenant, member = customer(now)
    while run_recomputations(now + timedelta(minutes=1)):
        pass
    have = 0
    for open_clocks in (10_000, 50_000, 200_000):
        fill(tenant, member, (open_clocks - have) // 2, now)
        have = open_clocks
        for due in (0, 500):
            took = watch(now, due)
            sys.stdout.write(
                f"{open_clocks:>8,} open clocks, {due:>3} due: sweep {statistics.median(took):7.1f} ms "
                f"(slowest {max(took):.1f})\n"
            )
    rate, batch = recompute(tenant, now)
    sys.stdout.write(f"recomputation: {rate:,.0f} tickets/s, {batch:.0f} ms a batch of 100\n")


if __name__ == "__main__":
    main()
