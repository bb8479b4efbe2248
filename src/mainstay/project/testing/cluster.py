"""A throw-away PostgreSQL cluster for one run of the tests.

The migrated template is kept between runs, under a key of everything that shapes it; a run starts from a
copy. Runs at the same time share nothing but these kept templates.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from mainstay.core.wall.roles import Roles, setup_statements
from mainstay.project.options import CHECKOUT
from mainstay.project.supervisor.binaries import SHARED_HOME
from mainstay.project.supervisor.database import DATABASE
from mainstay.project.supervisor.embedded import SUPERUSER, Embedded
from mainstay.project.supervisor.locking import AlreadyRunning

PREFIX = "mainstay"
NAMES = Roles(PREFIX)
_HOME = "mainstay-test-cluster-"
_TEMPLATES_KEPT = 6


class Cluster:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.embedded = Embedded(home, max_connections=150, durable=False)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.lay_out()
        with (self.home / "postgres.log").open("wb") as log:
            self._server = self.embedded.start(log)
        self.embedded.wait_ready(self._server)

    def lay_out(self) -> None:
        """Its files, locked; the server is not started."""
        _sweep_left_overs()
        template = _template()
        self.home.mkdir(mode=0o711)
        self.embedded.lock.acquire()  # before there is anything that another run could take for a left-over
        _copy_contents(template, self.home)

    def stop(self) -> None:
        if self._server is not None:
            # Nothing of it is needed any more.
            self.embedded.stop(self._server, seconds=5)
            self._server = None
        self.embedded.lock.release()
        shutil.rmtree(self.home, ignore_errors=True)

    def address(self, role: str, database: str) -> str:
        """`role`: "app", "owner" or "postgres" (the superuser)."""
        user = {"app": NAMES.app, "owner": NAMES.owner, SUPERUSER: SUPERUSER}[role]
        return self.embedded.address(user, database)

    def make_database(self, name: str) -> None:
        copy_database(self.address(SUPERUSER, SUPERUSER), DATABASE, name)

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.address(SUPERUSER, SUPERUSER), autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def copy_database(server_address: str, source: str, target: str) -> None:
    """With its contents and rights. Nobody may be connected to the source."""
    with psycopg.connect(server_address, autocommit=True) as server:
        # Two makers at once would meet in the catalogue's rows.
        server.execute("SELECT pg_advisory_lock(1)")
        server.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(target), sql.Identifier(NAMES.owner), sql.Identifier(source)
            )
        )
        for statement in setup_statements(
            NAMES, database=target, owner_password="", app_password="", version=18
        ):
            if " DATABASE " in statement:  # a copy of a database has its contents, not its rights
                server.execute(statement.encode())


def new_cluster() -> Cluster:
    return Cluster(Path(tempfile.gettempdir(), f"{_HOME}{os.getpid()}-{secrets.token_hex(3)}"))


def _cache() -> Path:
    if os.geteuid() == 0:
        return SHARED_HOME / "test-templates"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mainstay" / "test-templates"


def _key() -> str:
    source = CHECKOUT / "src" / "mainstay"
    shaping = {
        *source.rglob("migrations/*.py"),
        *source.rglob("models.py"),
        *source.rglob("models/*.py"),
        *source.rglob("presets/*.yaml"),
        *source.glob("core/wall/**/*.py"),
        *source.glob("project/supervisor/*.py"),
        source / "project" / "settings.py",
        CHECKOUT / "requirements" / "run.txt",
        Path(__file__),
    }
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(shaping):
        digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _template() -> Path:
    """The home of a cluster at rest with the migrated database, made when it is not there."""
    cache, key = _cache(), _key()
    cache.mkdir(parents=True, exist_ok=True)
    made = cache / key
    with _exclusively(cache / f"{key}.lock"):
        if not made.is_dir():
            building = cache / f"{key}.building"
            shutil.rmtree(building, ignore_errors=True)
            _build(building)
            (building / "lock").unlink()
            building.rename(made)
        os.utime(made)
    _forget_old(cache)
    return made


def _build(home: Path) -> None:
    embedded = Embedded(home, durable=False)
    with embedded.running(), tempfile.TemporaryDirectory() as data_dir:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAINSTAY_")},
            "DATABASE_URL": embedded.address(NAMES.app, DATABASE),
            "DATABASE_OWNER_URL": embedded.address(NAMES.owner, DATABASE),
            "MAINSTAY_ENV_FILE": os.devnull,
            "MAINSTAY_DATA_DIR": data_dir,
            "PYTHONPATH": str(CHECKOUT / "src"),
            "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
        }
        command = [sys.executable, "-m", "mainstay.project.supervisor.prepare", "serve", "--database-only"]
        done = subprocess.run(
            [*command, "--embedded", str(home)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"the migrations failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy_contents(source: Path, target: Path) -> None:
    # cp keeps owners and modes, and shares the blocks where the file system can.
    subprocess.run(
        ["cp", "-a", "--reflink=auto", f"{source}/.", str(target)], check=True, capture_output=True
    )


def _forget_old(cache: Path) -> None:
    made = [path for path in cache.iterdir() if path.is_dir() and "." not in path.name]
    for old in sorted(made, key=lambda path: path.stat().st_mtime, reverse=True)[_TEMPLATES_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _sweep_left_overs() -> None:
    """What killed runs left: the process that made it is gone and nobody holds its lock."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME}*-*"):
        maker = home.name.removeprefix(_HOME).partition("-")[0]
        if Path("/proc", maker).exists():
            continue
        with contextlib.suppress(OSError, AlreadyRunning):
            embedded = Embedded(home, durable=False)
            embedded.lock.acquire()
            embedded.clear_stale()
            shutil.rmtree(home, ignore_errors=True)
            embedded.lock.release()
