"""The databases that earlier releases left behind, as small dumps: schema, rights and rows.

A release that is about to be left takes its own:  PYTHONPATH=src:. python -m tests.upgrade.stages NAME
It holds the demonstration's world after its processes have followed it up. All of it is invented.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from mainstay.project.options import CHECKOUT
from mainstay.project.supervisor.database import DATABASE
from mainstay.project.supervisor.embedded import SUPERUSER
from mainstay.project.testing.cluster import Cluster, new_cluster
from mainstay.project.testing.live_app import running_app
from tests.upgrade.life import live_on

FOLDER = Path(__file__).with_name("dumps")
_QUIET_SECONDS = 120
_META_COMMAND = re.compile(r"^\\(?:un)?restrict .*\n", re.MULTILINE)
"""pg_dump writes two lines for psql alone, with a random word in them."""


def stages() -> list[str]:
    return sorted(path.name.removesuffix(".sql.gz") for path in FOLDER.glob("*.sql.gz"))


def read_stage(name: str) -> str:
    return gzip.decompress((FOLDER / f"{name}.sql.gz").read_bytes()).decode()


def prepare(purpose: str, environment: dict[str, str], *more: str) -> None:
    command = [sys.executable, "-m", "mainstay.project.supervisor.prepare", purpose, *more]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"prepare {purpose} failed:\n{done.stdout}{done.stderr}")


def environment_for(cluster: Cluster, database: str, data_dir: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MAINSTAY_")},
        "DATABASE_URL": cluster.address("app", database),
        "DATABASE_OWNER_URL": cluster.address("owner", database),
        "MAINSTAY_ENV_FILE": os.devnull,
        "MAINSTAY_DATA_DIR": str(data_dir),
        "MAINSTAY_SECRET_KEY": "the key of the stages' invented world",
        "PYTHONPATH": f"{CHECKOUT / 'src'}{os.pathsep}{CHECKOUT}",
        "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
    }


def take(name: str) -> None:
    with _cluster() as cluster, tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        environment = environment_for(cluster, DATABASE, directory)
        prepare("demo", environment)
        log = directory / "log"
        log.mkdir()
        address = cluster.address(SUPERUSER, DATABASE)
        with (
            running_app(log, data_dir=directory, **environment),
            psycopg.connect(address, autocommit=True) as admin,
        ):
            live_on(admin)
            _wait_until_quiet(admin)
        dump = _dump(cluster)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.sql.gz").write_bytes(gzip.compress(dump.encode(), 9, mtime=0))


@contextlib.contextmanager
def _cluster() -> Iterator[Cluster]:
    cluster = new_cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _wait_until_quiet(admin: psycopg.Connection) -> None:
    deadline = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < deadline:
        [waiting] = admin.execute(
            "SELECT (SELECT count(*) FROM delivery WHERE next_at < now()) "
            "+ (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"
        ).fetchone() or [0]
        if not waiting:
            return
        time.sleep(0.5)
    raise RuntimeError("the demonstration's world does not come to rest")


def _dump(cluster: Cluster) -> str:
    command = [str(cluster.embedded.binaries.program("pg_dump")), "--rows-per-insert=500", "--no-comments"]
    done = subprocess.run(
        [*command, cluster.address(SUPERUSER, DATABASE)], capture_output=True, text=True, check=True
    )
    return _META_COMMAND.sub("", done.stdout)


if __name__ == "__main__":
    take(sys.argv[1])
