"""`kill -9` of every process while mails and creations come in: one ticket each, each event handled once.

CRASH_TEST_COUNT says how many of each come in; by default 120, since every run of the tests waits for it.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from mainstay.core.actor import Role
from mainstay.core.clock import now
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import make_member, make_plans, make_tenant, tenant_key
from mainstay.project.addresses import database_settings
from mainstay.project.supervisor.database import DATABASE
from mainstay.project.testing.cluster import Cluster, new_cluster
from mainstay.project.testing.live_app import LiveApp, running_app
from mainstay.support.sla.actions import install_presets
from tests.crash.clients import ApiClient, MailServer, Progress

COUNT = int(os.environ.get("CRASH_TEST_COUNT", "120"))
LANES = 4
TENANTS, MEMBERS = 4, 30
VICTIMS = ("web", "worker", "smtp", "postgres")
PATIENCE_S = 100.0


@dataclass(frozen=True)
class Scene:
    app: LiveApp
    admin_address: str
    people: list[tuple[str, str]]
    """Address of a member, and a key of its customer's."""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.admin_address) as admin:
            return admin.execute(query.encode()).fetchall()

    def one(self, query: str) -> Any:
        [(value,)] = self.ask(query)
        return value


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = new_cluster()
    try:
        made.lay_out()
        made.embedded.lock.release()  # the supervisor takes it
        yield made
    finally:
        made.stop()


@pytest.fixture
def scene(cluster: Cluster, tmp_path: Path, django_db_blocker: Any) -> Iterator[Scene]:
    app_address = cluster.address("app", DATABASE)
    more = {
        "CRASH_HOME": str(cluster.home),
        "DATABASE_URL": app_address,
        "MAINSTAY_WEB_PROCESSES": "1",
        "MAINSTAY_SECRET_KEY": "a key for tests and for nothing else" * 2,
    }
    data_dir = tmp_path / "data"
    (data_dir / "static").mkdir(parents=True)
    with running_app(tmp_path, data_dir=data_dir, module="tests.crash.serve", **more) as app:
        admin_address = cluster.address("postgres", DATABASE)
        with psycopg.connect(admin_address, autocommit=True) as admin:
            admin.execute("CREATE TABLE crash_noted (n bigint)")
            admin.execute("GRANT INSERT ON crash_noted TO mainstay_job")
        with django_db_blocker.unblock(), connected_to(app_address):
            people = make_people()
        yield Scene(app, admin_address, people)


class connected_to:  # noqa: N801 – used like a function
    """Django's connection, on another cluster for a while."""

    def __init__(self, address: str) -> None:
        self._new = database_settings(address)

    def __enter__(self) -> None:
        connections["default"].close()
        self._old = dict(connections["default"].settings_dict)
        connections["default"].settings_dict.update(self._new)

    def __exit__(self, *_: object) -> None:
        connections["default"].close()
        connections["default"].settings_dict.update(self._old)


def make_people() -> list[tuple[str, str]]:
    found = []
    with sweep("bench") as actor:
        install_presets(actor, "standard", at=now())
        plan = make_plans()["enterprise"]  # which promises something for every ticket
        for number in range(TENANTS):
            tenant = make_tenant(f"Customer {number}", plan=plan, slug=f"customer-{number}")
            token = tenant_key(tenant)
            for place in range(MEMBERS):
                found.append((make_member(tenant, f"Member {place}", Role.OWNER).email, token))
    return found


@pytest.mark.timeout(400)  # a busy machine, and the large count
def test_nothing_is_lost_or_done_twice(scene: Scene) -> None:
    api, mail = Progress(), Progress()
    work = [
        *(api_lane(scene, api, n) for n in range(LANES)),
        *(mail_lane(scene, mail, n) for n in range(LANES)),
    ]
    with ThreadPoolExecutor(len(work)) as pool:
        lanes = [pool.submit(one) for one in work]
        for turn, victim in enumerate(VICTIMS, 1):
            part = COUNT * 2 * turn // (len(VICTIMS) + 1)
            until(partial(has_come, part, api, mail, lanes))
            kill(scene.app, victim)
    for one in lanes:
        one.result()
    assert (len(api.accepted), len(mail.accepted)) == (COUNT, COUNT)
    assert api.repeated + mail.repeated > 0  # the kills were felt

    settle(scene)
    each_became_one_ticket(scene, api)
    no_ticket_is_half_written(scene)
    each_event_was_handled_once(scene)


def has_come(count: int, api: Progress, mail: Progress, lanes: Sequence["Future[None]"]) -> bool:
    return len(api.accepted) + len(mail.accepted) >= count or any(one.done() for one in lanes)


def api_lane(scene: Scene, progress: Progress, first: int) -> Callable[[], None]:
    def work() -> None:
        host, _, port = scene.app.url.removeprefix("http://").partition(":")
        with closing(ApiClient((host, int(port)), progress)) as client:
            for n in range(first, COUNT, LANES):
                email, token = scene.people[n % len(scene.people)]
                client.create(n, token, email)

    return work


def mail_lane(scene: Scene, progress: Progress, first: int) -> Callable[[], None]:
    def work() -> None:
        with closing(MailServer(scene.app.smtp, progress)) as client:
            for n in range(first, COUNT, LANES):
                client.send(n, scene.people[n % len(scene.people)][0])

    return work


def kill(app: LiveApp, victim: str) -> None:
    """And wait until the supervisor has started it again."""
    before = app.process(victim)
    os.kill(before, signal.SIGKILL)
    until(lambda: app.process(victim) != before)


def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come true: {condition}"
        time.sleep(0.02)


def settle(scene: Scene) -> None:
    """Until everything is followed up and sent. What a killed worker had claimed waits for its claim to end
    (half a minute for a mail that came, five minutes for one to send): that time is skipped."""
    until(lambda: scene.one(_BEHIND) == 0)
    until(lambda: scene.one("SELECT count(*) FROM inbound_mail WHERE next_at <= now()") == 0)
    with psycopg.connect(scene.admin_address) as admin:
        for table in ("inbound_mail", "delivery"):
            admin.execute(f"UPDATE {table} SET next_at = now() WHERE next_at > now()".encode())
    until(lambda: scene.one("SELECT count(*) FROM inbound_mail WHERE state = 'received'") == 0)
    until(lambda: scene.one(_BEHIND) == 0)
    until(lambda: scene.one("SELECT count(*) FROM delivery WHERE state = 'queued'") == 0)


_BEHIND = """
    SELECT count(*) FROM event e, event_position p
    WHERE (e.tx, e.n) > (p.tx, p.n)
"""


def each_became_one_ticket(scene: Scene, api: Progress) -> None:
    subjects = scene.ask("SELECT source, subject, count(*) FROM ticket GROUP BY 1, 2")
    expected = {("api", f"Crash {n}", 1) for n in range(COUNT)} | {
        ("email", f"Mail {n}", 1) for n in range(COUNT)
    }
    assert set(subjects) == expected
    made = {(f"Crash {n}", ticket_id) for n, ticket_id in api.accepted.items()}
    assert made == set(scene.ask("SELECT subject, id::text FROM ticket WHERE source = 'api'"))
    states = dict(scene.ask("SELECT state, count(*) FROM inbound_mail GROUP BY 1"))
    assert states.pop("ticketed") == COUNT
    assert set(states) <= {"duplicate"}  # accepted, but the 250 was lost: the sender sent it again
    assert scene.one("SELECT count(*) FROM idempotency_key") == COUNT
    assert scene.one("SELECT count(*) FROM raw_mail") == scene.one("SELECT count(*) FROM inbound_mail")


def no_ticket_is_half_written(scene: Scene) -> None:
    for what, query in _WHOLE.items():
        assert scene.ask(query) == [], what


_WHOLE = {
    "one message": """SELECT t.number, count(m.id) FROM ticket t
        LEFT JOIN message m ON m.ticket_id = t.id AND m.tenant_id = t.tenant_id
        GROUP BY t.id HAVING count(m.id) <> 1 OR t.message_count <> 1""",
    "one opening": """SELECT t.number FROM ticket t
        LEFT JOIN event e ON e.subject_id = t.id AND e.name = 'ticket.opened'
        GROUP BY t.id HAVING count(e.n) <> 1""",
    "its clocks": """SELECT t.number FROM ticket t
        LEFT JOIN sla_clock c ON c.ticket_id = t.id AND c.tenant_id = t.tenant_id AND NOT c.is_goal
        GROUP BY t.id HAVING count(c.id) = 0 OR min(c.due_at) IS DISTINCT FROM t.next_due_at""",
    "the mail it came by": """SELECT t.number FROM ticket t WHERE t.source = 'email'
        AND (SELECT count(*) FROM inbound_mail i WHERE i.ticket_id = t.id) <> 1""",
    "the thread to answer in": """SELECT t.number FROM ticket t WHERE t.source = 'email'
        AND (SELECT count(*) FROM mail_thread h WHERE h.ticket_id = t.id) <> 1""",
}


def each_event_was_handled_once(scene: Scene) -> None:
    assert scene.ask("SELECT handler, event_n, error FROM event_handled") == []
    noted = scene.ask("SELECT n FROM crash_noted ORDER BY n")
    assert noted == scene.ask("SELECT n FROM event WHERE name = 'ticket.opened' ORDER BY n")
    confirmed = scene.ask(
        "SELECT cause, count(*) FROM delivery WHERE kind = 'ticket.confirmation' GROUP BY 1"
    )
    assert sorted(confirmed) == [(n, 1) for (n,) in noted]
    assert scene.ask("SELECT email, error FROM delivery WHERE state <> 'sent'") == []
    sent = list(scene.app.outbox.glob("*.eml"))
    assert len(sent) == scene.one("SELECT count(*) FROM delivery")
