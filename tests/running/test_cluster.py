"""The tests' own cluster ends with its run, however the run ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.project.testing.cluster import new_cluster
from tests.running.conftest import CHECKOUT, is_running, wait_until

BLOCKING = """
import sys, time

def test_blocks(database_address):
    sys.stdout.write(f"address {database_address('app')}\\n")
    sys.stdout.flush()
    time.sleep(100)
"""


def start(place: Path) -> tuple["subprocess.Popen[str]", Path, int]:
    """A run of pytest in the middle of a test; its cluster's home; the number of its server."""
    (place / "test_blocking.py").write_text(BLOCKING)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-s",
        "-n0",
        "-c",
        CHECKOUT / "pyproject.toml",
        "--rootdir",
        place,
    ]
    run = subprocess.Popen(
        [*map(str, command), "-p", "mainstay.project.testing.plugin", str(place / "test_blocking.py")],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.stdout
    seen = []
    for line in run.stdout:
        seen.append(line)
        if found := re.search(r"host=(\S+)%2Fsocket", line):
            home = Path(found.group(1).replace("%2F", "/"))
            return run, home, int((home / "data" / "postmaster.pid").read_text().split()[0])
    raise AssertionError("".join(seen))


@pytest.fixture
def interrupted(tmp_path: Path) -> Callable[[signal.Signals], tuple[Path, int]]:
    def interrupt(number: signal.Signals) -> tuple[Path, int]:
        run, home, server = start(tmp_path)
        assert is_running(server)
        run.send_signal(number)
        run.communicate(timeout=30)
        return home, server

    return interrupt


def test_an_interrupted_run_leaves_nothing(interrupted: Callable[[signal.Signals], tuple[Path, int]]) -> None:
    home, server = interrupted(signal.SIGINT)
    assert not is_running(server)
    assert not home.exists()


def test_a_killed_runs_server_ends_and_the_next_run_tidies_up(
    interrupted: Callable[[signal.Signals], tuple[Path, int]],
) -> None:
    home, server = interrupted(signal.SIGKILL)
    wait_until(lambda: not is_running(server))
    assert home.exists()
    cluster = new_cluster()
    try:
        cluster.start()
        assert not home.exists()
    finally:
        cluster.stop()
