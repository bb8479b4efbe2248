"""`./run` as somebody uses it: a copy of the checkout at a path with spaces, real processes."""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from mainstay.project.supervisor.binaries import SHARED_HOME
from mainstay.project.supervisor.embedded import home_for
from mainstay.project.testing.live_app import free_addresses
from tests.running.conftest import CHECKOUT, is_running, wait_until

pytestmark = pytest.mark.timeout(240)
NOBODY = "nobody"


@dataclass
class Copy:
    """A checkout; `prefix` makes a command run as another user."""

    path: Path
    environment: dict[str, str]
    url: str
    prefix: list[str] = field(default_factory=list)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.prefix, "./run", *arguments],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def connect(self) -> psycopg.Connection:
        kept = json.loads((self.path / "var" / "database.json").read_text())
        return psycopg.connect(kept["database_url"], autocommit=True)


def python_for(user: str) -> str | None:
    """A Python of this version that the user can run, with our packages readable."""
    packages = sysconfig.get_path("purelib")
    version = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    code = f"import os, sys; os.listdir({packages!r}); print('%d.%d' % sys.version_info[:2])"
    for python in (os.path.realpath(sys.executable), f"/usr/bin/python{version}"):
        asked = subprocess.run(
            ["runuser", "-u", user, "--", python, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if asked.stdout.strip() == version:
            return python
    return None


def make_copy(place: Path, python: str) -> Copy:
    path = place / "a place with spaces"
    path.mkdir(parents=True)
    for name in ("run", "pyproject.toml", "requirements", "src"):
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy2
        copy(CHECKOUT / name, path / name)
    subprocess.run([python, "-m", "venv", "--without-pip", path / ".venv"], check=True)
    inside = next((path / ".venv" / "lib").glob("python*/site-packages"))
    (inside / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    sums = [f"{name} {_cksum(path / 'requirements' / f'{name}.txt')}" for name in ("dev", "run")]
    (path / ".venv" / "installed-requirements").write_text("\n".join(sums) + "\n")
    web, live, smtp = (f"127.0.0.1:{port}" for _, port in free_addresses(3))
    environment = {
        "PATH": os.environ["PATH"],
        "MAINSTAY_URL": f"http://{web}",
        "MAINSTAY_LIVE_URL": f"http://{live}",
        "MAINSTAY_WEB_LISTEN": web,
        "MAINSTAY_LIVE_LISTEN": live,
        "MAINSTAY_SMTP_LISTEN": smtp,
    }
    return Copy(path, environment, f"http://{web}")


def _cksum(path: Path) -> str:
    with path.open("rb") as file:
        return subprocess.run(
            ["cksum"], stdin=file, capture_output=True, text=True, check=True
        ).stdout.strip()


@pytest.fixture
def place() -> Iterator[Path]:
    path = Path(tempfile.gettempdir(), f"mainstay-run-{os.getpid()}-{secrets.token_hex(3)}")
    path.mkdir(mode=0o755)
    yield path
    for data_dir in path.glob("*/var"):
        if home_for(data_dir).parent == SHARED_HOME:
            shutil.rmtree(home_for(data_dir), ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def copy(place: Path) -> Copy:
    return make_copy(place, os.path.realpath(sys.executable))


@pytest.fixture
def copy_of_nobody(place: Path) -> Copy:
    if os.geteuid() != 0 or not shutil.which("runuser"):
        pytest.skip("only root can try ./run as another user")
    python = python_for(NOBODY)
    if python is None:
        pytest.skip(f"no Python with these packages is reachable for the user {NOBODY}")
    copy = make_copy(place, python)
    subprocess.run(["chown", "-R", NOBODY, place], check=True)
    copy.prefix = ["runuser", "-u", NOBODY, "--"]
    return copy


class Running:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said: list[str] = []

    def until(self, pattern: str) -> "re.Match[str]":
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"ended without saying {pattern!r}:\n{''.join(self.said)}")

    def number(self, name: str) -> int:
        return int(re.findall(rf"{name} started \(process (\d+)\)", "".join(self.said))[-1])

    def descendants(self) -> set[int]:
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        found = {self.process.pid}
        while more := {child for child, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@contextlib.contextmanager
def running(copy: Copy, purpose: str) -> Iterator[Running]:
    run = Running(copy.start(purpose))
    try:
        run.until(r"ready: http")
        yield run
    finally:
        run.end()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def database_answers(copy: Copy) -> bool:
    try:
        with copy.connect() as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def stop(run: Running) -> None:
    """Ctrl-C leaves nothing running."""
    everything = run.descendants()
    assert len(everything) > 2
    # runuser stands between us and the supervisor and passes a TERM on, but not an INT.
    run.process.send_signal(signal.SIGTERM if "runuser" in str(run.process.args) else signal.SIGINT)
    assert run.process.stdout
    run.said += run.process.stdout
    status = run.process.wait(60)
    wait_until(lambda: not any(map(is_running, everything)))
    assert status == 0 or "runuser" in str(run.process.args)


def test_the_demonstration_survives_crashes_and_leaves_nothing(copy: Copy) -> None:
    with running(copy, "demo") as run:
        assert answers(copy.url)
        status, said = copy.run("demo")
        assert status == 1
        assert f"in use by process {run.process.pid}" in said
        for name in ("postgres", "web"):
            before = run.number(name)
            os.kill(before, signal.SIGKILL)
            run.until(rf"{name} started")
            assert run.number(name) != before
        wait_until(lambda: answers(copy.url) and database_answers(copy))
        assert copy.run("manage", "migrate", "--check")[0] == 0
        stop(run)
    # Nothing runs: the command brings the database with it.
    assert copy.run("manage", "migrate", "--check")[0] == 0
    assert not database_answers(copy)
    status, said = copy.run("serve")
    assert status == 1
    assert "holds the demonstration" in said


def test_nothing_survives_a_killed_supervisor(copy: Copy) -> None:
    with running(copy, "demo") as run:
        everything = run.descendants()
        run.process.kill()
        wait_until(lambda: not any(map(is_running, everything)))
    with running(copy, "demo") as run:  # and the next start finds its way
        assert answers(copy.url)
        stop(run)


def test_it_runs_for_an_ordinary_user(copy_of_nobody: Copy) -> None:
    with running(copy_of_nobody, "demo") as run:
        assert answers(copy_of_nobody.url)
        owner = (copy_of_nobody.path / "var" / "pg" / "data").owner()
        assert owner == NOBODY
        stop(run)


def test_serve_works_with_a_server_of_ones_own(
    copy: Copy, database_address: Callable[[str], str], admin_connection: psycopg.Connection
) -> None:
    name = f"external_{secrets.token_hex(3)}"
    as_superuser = database_address("postgres")
    here = as_superuser.partition("?")[2]
    prefix = f"outside_{secrets.token_hex(3)}"
    copy.environment |= {
        "DATABASE_URL": f"postgresql://{prefix}_app:one@/{name}?{here}",
        "DATABASE_OWNER_URL": f"postgresql://{prefix}_owner:two@/{name}?{here}",
        "MAINSTAY_ROLE_PREFIX": prefix,
    }
    status, said = copy.run("manage", "setup_database")
    assert status == 0
    assert f'CREATE DATABASE "{name}"' in said
    assert copy.run("manage", "setup_database", "--run", as_superuser)[0] == 0
    with running(copy, "serve") as run:
        assert any("database connections: web 2 × 4 = 8" in line for line in run.said)
        assert not any("postgres started" in line for line in run.said)
        assert answers(copy.url)
        stop(run)
    admin_connection.execute(f'drop database "{name}"')


def test_what_is_wrong_with_the_settings_is_said_at_once(copy: Copy) -> None:
    copy.environment |= {"MAINSTAY_ZONE": "Mars/Olympus", "MAINSTAY_TYPO": "1"}
    status, said = copy.run("serve")
    assert status == 1
    assert "MAINSTAY_ZONE: 'Mars/Olympus' is no time zone" in said
    assert "MAINSTAY_TYPO: unknown setting" in said
    copy.environment = {**copy.environment, "MAINSTAY_DEBUG": "yes", "MAINSTAY_ZONE": "UTC"}
    del copy.environment["MAINSTAY_TYPO"]
    assert "MAINSTAY_DEBUG" in copy.run("serve")[1]


def test_a_port_in_use_is_said(copy: Copy) -> None:
    import socket

    host, port = copy.environment["MAINSTAY_WEB_LISTEN"].split(":")
    with socket.create_server((host, int(port))):
        status, said = copy.run("demo")
    assert status == 1
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "MAINSTAY_WEB_LISTEN" in said


def test_too_old_a_python_is_named(copy: Copy, tmp_path: Path) -> None:
    shutil.rmtree(copy.path / ".venv")
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n')
    old.chmod(0o755)
    for tool in ("dirname", "id", "cksum", "cat", "grep"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    copy.environment["PATH"] = str(tmp_path)
    status, said = copy.run("demo")
    assert status == 1
    assert "needs Python 3.11 or newer (found: Python 3.9.2;)" in said


def test_an_installation_that_fails_leaves_no_stamp(copy: Copy) -> None:
    stamp = copy.path / ".venv" / "installed-requirements"
    (copy.path / "requirements" / "run.txt").write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    copy.environment["PIP_NO_INDEX"] = "1"
    for _ in range(2):
        status, said = copy.run("demo")
        assert status == 1
        assert "installing the packages of requirements/run.txt" in said
        assert "could not be installed" in said
        assert not stamp.exists()


def test_a_good_installation_is_not_repeated(copy: Copy) -> None:
    (copy.path / ".venv" / "installed-requirements").unlink()
    (copy.path / "requirements" / "run.txt").write_text("# nothing\n")
    assert "installing the packages" in copy.run("manage", "version")[1]
    assert "installing" not in copy.run("manage", "version")[1]
