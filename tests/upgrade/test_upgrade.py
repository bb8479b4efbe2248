"""What an earlier release left behind: it migrates, becomes what a new installation is, loses nothing, works."""

from __future__ import annotations

import json
import re
import smtplib
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from mainstay.core.wall.roles import setup_statements
from mainstay.demo.cast import PASSWORD
from mainstay.project.supervisor.embedded import SUPERUSER
from mainstay.project.testing.cluster import NAMES, Cluster
from mainstay.project.testing.live_app import LiveApp, running_app
from tests.architecture.catalogue import snapshot, tables
from tests.upgrade.life import INVITATION, INVITED, OPERATOR_KEY, TENANT_KEY
from tests.upgrade.stages import environment_for, prepare, read_stage, stages

pytestmark = pytest.mark.timeout(240)
MOVED_ON = {"django_migrations", "django_content_type", "auth_permission", "event_position", "loop_heartbeat"}
"""Tables whose rows are the release's own."""

_CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]")


@dataclass(frozen=True)
class Upgraded:
    cluster: Cluster
    database: str
    before: dict[str, int]
    environment: dict[str, str]

    def admin(self) -> psycopg.Connection:
        return psycopg.connect(self.cluster.address(SUPERUSER, self.database), autocommit=True)


@pytest.fixture(scope="module", params=stages())
def upgraded(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Upgraded]:
    name = f"upgrade_{worker_id}"
    environment = environment_for(cluster, name, tmp_path_factory.mktemp("upgrade"))
    _make_empty(cluster, name)
    try:
        with psycopg.connect(cluster.address(SUPERUSER, name), autocommit=True) as admin:
            admin.execute(read_stage(request.param).encode())
            before = _counts(admin)
        prepare("serve", environment, "--database-only")
        yield Upgraded(cluster, name, before, environment)
    finally:
        cluster.drop_database(name)


def _make_empty(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.address(SUPERUSER, SUPERUSER), autocommit=True) as server:
        made = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0")
        server.execute(made.format(sql.Identifier(name), sql.Identifier(NAMES.owner)))
        for statement in setup_statements(
            NAMES, database=name, owner_password="", app_password="", version=18
        ):
            if " DATABASE " in statement:
                server.execute(statement.encode())


def _counts(admin: psycopg.Connection) -> dict[str, int]:
    admin.execute("SET search_path = public")
    found = {}
    for table in tables(admin):
        row = admin.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        found[table] = row[0] if row else 0
    return found


def test_there_is_a_stage_with_life_in_it(upgraded: Upgraded) -> None:
    assert upgraded.before["ticket"] > 100
    assert upgraded.before["invitation"] == upgraded.before["api_key"] == 1


def test_no_row_is_lost(upgraded: Upgraded) -> None:
    with upgraded.admin() as admin:
        after = _counts(admin)
    lost = {
        t: (n, after.get(t)) for t, n in upgraded.before.items() if t not in MOVED_ON and after.get(t, -1) < n
    }
    assert lost == {}


def test_it_is_what_a_new_installation_is(upgraded: Upgraded, database_address: Callable[[str], str]) -> None:
    with upgraded.admin() as old, psycopg.connect(database_address(SUPERUSER), autocommit=True) as new:
        old.execute("SET search_path = public")
        assert tables(old) == tables(new)
        for table in sorted(tables(new)):
            assert _shape(old, table) ^ _shape(new, table) == set(), table
            assert _plain(snapshot(old, table)) == _plain(snapshot(new, table)), table
        assert _functions(old) ^ _functions(new) == set()


def _shape(admin: psycopg.Connection, table: str) -> set[str]:
    """Columns by name (their order may differ), constraints and indexes by their definitions."""
    columns = admin.execute(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, "
        "(SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum) "
        "FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1",
        [f'"{table}"'],
    )
    constraints = admin.execute(
        "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype <> 'n' ORDER BY 1",
        [f'"{table}"'],
    )
    indexes = admin.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s ORDER BY 1", [table]
    )
    return {_plain(row) for found in (columns, constraints, indexes) for row in found.fetchall()}


def _plain(row: Any) -> str:
    """A dump that was read in again says the same conditions with other casts and brackets."""
    return _CASTS.sub("", repr(row))


def _functions(admin: psycopg.Connection) -> set[Any]:
    found = admin.execute(
        "SELECT proname, pg_get_functiondef(oid), proowner::regrole::text, proacl::text FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' "
        "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
    )
    return set(found.fetchall())


@pytest.fixture(scope="module")
def app(upgraded: Upgraded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    directory = tmp_path_factory.mktemp("upgraded_app")
    more = {**upgraded.environment, "MAINSTAY_WEB_PROCESSES": "1"}
    with running_app(directory, data_dir=Path(more.pop("MAINSTAY_DATA_DIR")), **more) as running:
        yield running


def _get(app: LiveApp, path: str, token: str) -> Any:
    asked = urllib.request.Request(app.url + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.load(answer)


def test_keys_open_what_they_opened(app: LiveApp, upgraded: Upgraded) -> None:
    everything = _get(app, "/api/v1/support/tickets?limit=1", OPERATOR_KEY)
    assert everything["items"]
    one = _get(app, f"/api/v1/support/tickets/{everything['items'][0]['id']}", OPERATOR_KEY)
    assert one["messages"]
    own = _get(app, "/api/v1/support/tickets?limit=100", TENANT_KEY)
    with upgraded.admin() as admin:
        [tenants] = admin.execute("SELECT count(DISTINCT tenant_id) FROM public.api_key").fetchone() or [None]
    assert tenants == 1
    assert own["items"]


def test_people_sign_in_and_invitations_are_kept(app: LiveApp, page: Any) -> None:
    page.goto(f"{app.url}/invitation/{INVITATION}")
    assert INVITED in page.content()
    page.goto(f"{app.url}/sign-in")
    page.get_by_label("E-mail").fill("ari@harbourline.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/desk*")
    assert page.locator("table tbody tr, .queue a").count() > 0


def test_work_goes_on(app: LiveApp, upgraded: Upgraded) -> None:
    """Mail comes in, becomes a ticket with its clock, and the follower that was asleep confirms it."""
    with upgraded.admin() as admin:
        admin.execute("SET search_path = public")
        [sender] = admin.execute("SELECT email FROM member WHERE role = 'owner' LIMIT 1").fetchone() or [""]
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "support@mainstay.example", "After the upgrade"
        mail["Message-ID"] = "<after@upgrade.example>"
        mail.set_content("Does it still work?")
        with smtplib.SMTP(*app.smtp) as server:
            server.send_message(mail)
        deadline = time.monotonic() + 60
        query = (
            "SELECT count(*) FROM ticket t JOIN sla_clock c ON c.ticket_id = t.id "
            "JOIN delivery d ON d.ticket_id = t.id WHERE t.subject = 'After the upgrade' AND d.sent_at IS NOT NULL"
        )
        while not (admin.execute(query).fetchone() or [0])[0]:
            assert time.monotonic() < deadline, "no confirmed ticket"
            time.sleep(0.1)
