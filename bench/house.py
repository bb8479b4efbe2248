"""The embedded database with a large world in it, and the product's processes on it.

Everything stays in `var/bench` (as root the database itself is in /var/lib): the generated worlds are kept
from run to run as template databases, each measurement works on a copy of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from mainstay.core.wall.roles import Roles
from mainstay.project.options import CHECKOUT
from mainstay.project.supervisor.database import DATABASE
from mainstay.project.supervisor.embedded import SUPERUSER, Embedded, home_for
from mainstay.project.testing.cluster import copy_database
from mainstay.project.testing.live_app import LiveApp, running_app

HOME = CHECKOUT / "var" / "bench"
RUN = "bench_run"
_KEPT_FOR = timedelta(hours=20)
"""An older world has too many promises that came due while it lay about."""
NAMES = Roles("mainstay")


class House:
    def __init__(self) -> None:
        self.embedded = Embedded(home_for(HOME), max_connections=100)

    def set_up(self) -> None:
        """Once, before anything of the product is imported: Django, for the copy that is measured."""
        (HOME / "log").mkdir(parents=True, exist_ok=True)
        self._throw_away_if_outdated()
        self.embedded.make_directories()
        os.environ |= self._environment(RUN)
        import django

        django.setup()

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """The database server, for the duration of a block."""
        with self.embedded.running():
            _write_key(self.embedded.home)
            self._prepare(DATABASE)
            yield
            from django.db import connections

            connections.close_all()

    def _throw_away_if_outdated(self) -> None:
        key = self.embedded.home / "world-key"
        if self.embedded.data.exists() and (not key.exists() or key.read_text() != _key()):
            self.embedded.lock.acquire()
            self.embedded.clear_stale()
            shutil.rmtree(self.embedded.home, ignore_errors=True)
            self.embedded.lock.release()

    def _prepare(self, database: str, *more: str) -> None:
        command = [sys.executable, "-m", "mainstay.project.supervisor.prepare", "serve"]
        command += ["--embedded", str(self.embedded.home), *more]
        subprocess.run(command, env=os.environ | self._environment(database), check=True)

    def _environment(self, database: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.embedded.address(NAMES.app, database),
            "DATABASE_OWNER_URL": self.embedded.address(NAMES.owner, database),
            "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
            "MAINSTAY_ENV_FILE": os.devnull,
            "MAINSTAY_DATA_DIR": str(HOME),
            "PYTHONPATH": f"{CHECKOUT / 'src'}{os.pathsep}{CHECKOUT}",
        }

    def admin(self, database: str = RUN) -> psycopg.Connection:
        return psycopg.connect(self.embedded.address(SUPERUSER, database), autocommit=True)

    def fresh_copy(self, tickets: int) -> None:
        """A new copy of the world with so many tickets, brought to the present."""
        from django.db import connections

        connections.close_all()
        name = f"bench_{tickets}"
        self._drop(RUN)
        made_at = self._made_at(name)
        if made_at is None or datetime.now(UTC) - made_at > _KEPT_FOR:
            self._drop(name)
            self._make(name, tickets)
        copy_database(self.embedded.address(SUPERUSER, SUPERUSER), name, RUN)
        self._prepare(RUN, "--database-only")  # a world outlives migrations, as an installation does
        catch_up()

    def _made_at(self, name: str) -> datetime | None:
        with self.admin(SUPERUSER) as server:
            found = server.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
            ).fetchone()
        return datetime.fromisoformat(found[0]) if found and found[0] else None

    def _make(self, name: str, tickets: int) -> None:
        from bench.data import fill
        from bench.stories import Size
        from mainstay.core.wall.scope import sweep
        from mainstay.support.sla.jobs import run_recomputations
        from mainstay.support.sla.queries.book import current_book

        _say(f"generating {tickets:,} tickets")
        began, now = time.monotonic(), datetime.now(UTC)
        copy_database(self.embedded.address(SUPERUSER, SUPERUSER), DATABASE, RUN)
        while run_recomputations(now):
            pass  # the presets have just come: while there are no tickets, no clock has to follow them
        with sweep("bench"):
            book = current_book()
        assert book is not None
        from django.db import connections

        connections.close_all()
        with self.admin() as filling:
            fill(filling, book, Size.of(tickets), now)
            filling.execute("VACUUM (ANALYZE)")
        with self.admin(SUPERUSER) as server:
            to, source = sql.Identifier(name), sql.Identifier(RUN)
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(source, to))
            server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(to, sql.Literal(now.isoformat())))
        _say(f"{tickets:,} tickets in {time.monotonic() - began:.0f} s")

    def _drop(self, name: str) -> None:
        with self.admin(SUPERUSER) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def serving(self) -> Iterator[LiveApp]:
        """All processes as `./run serve` starts them, on free addresses of the loopback."""
        shutil.rmtree(HOME / "log" / "outbox", ignore_errors=True)
        with running_app(HOME / "log", data_dir=HOME, **self._environment(RUN)) as app:
            yield app


def catch_up() -> None:
    """As a worker that was there all the time: nothing to follow up, nothing untold."""
    from mainstay.core.clock import now
    from mainstay.core.events.follow import enrol, skip_to_present
    from mainstay.core.events.wiring import later_handlers
    from mainstay.core.wall.scope import sweep
    from mainstay.support.sla.jobs import run_due

    at = now()
    while run_due(at, 2_000):
        pass
    with sweep("bench"):
        enrol(later_handlers(), at=at)
        skip_to_present()


def _key() -> str:
    source = CHECKOUT / "src" / "mainstay"
    shaping = {
        *source.rglob("presets/*.yaml"),
        Path(__file__).with_name("data.py"),
        Path(__file__).with_name("stories.py"),
    }
    digest = hashlib.sha256()
    for path in sorted(shaping):
        digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _write_key(home: Path) -> None:
    (home / "world-key").write_text(_key())


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
