"""The real application, running beside the tests in a database that is shared with those which ask for it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mainstay.project.options import CHECKOUT, options
from mainstay.project.supervisor.spawning import kill_group, spawn

_START_SECONDS = 90.0


@dataclass(frozen=True)
class LiveApp:
    """Use it with `committed`: the processes see only what is committed."""

    url: str
    live_url: str
    smtp: tuple[str, int]
    outbox: Path
    log: Path

    def process(self, name: str) -> int:
        """The number of the process that runs now under that name (web, live, worker, smtp)."""
        started = re.findall(rf"\| {name} started \(process (\d+)\)", self.log.read_text())
        return int(started[-1])


def free_addresses(count: int) -> list[tuple[str, int]]:
    """Distinct free ports of the loopback; all are held until the last is found."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [("127.0.0.1", int(server.getsockname()[1])) for server in held]
    for server in held:
        server.close()
    return addresses


@pytest.fixture(scope="session")
def live_app(
    live_database_address: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveApp]:
    """Web, live stream, worker and SMTP listener, started once for each worker of the tests."""
    more = {"DATABASE_URL": live_database_address("app"), "MAINSTAY_WEB_PROCESSES": "1"}
    with running_app(tmp_path_factory.mktemp("live_app"), data_dir=options().data_dir, **more) as app:
        yield app


@contextlib.contextmanager
def running_app(
    directory: Path, *, data_dir: Path, module: str = "mainstay.project.testing.serve", **more: str
) -> Iterator[LiveApp]:
    """The processes with free addresses, production's settings and those of `more`, until the block ends."""
    web, live, smtp = free_addresses(3)
    app = LiveApp(
        f"http://127.0.0.1:{web[1]}",
        f"http://127.0.0.1:{live[1]}",
        smtp,
        directory / "outbox",
        directory / "log",
    )
    environment = {
        **os.environ,
        "PYTHONPATH": f"{CHECKOUT / 'src'}{os.pathsep}{CHECKOUT}",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "mainstay.project.testing.live_settings",
        "MAINSTAY_DATA_DIR": str(data_dir),
        "MAINSTAY_MAIL_URL": app.outbox.as_uri(),
        "MAINSTAY_URL": app.url,
        "MAINSTAY_LIVE_URL": app.live_url,
        "MAINSTAY_WEB_LISTEN": _joined(web),
        "MAINSTAY_LIVE_LISTEN": _joined(live),
        "MAINSTAY_SMTP_LISTEN": _joined(smtp),
        "MAINSTAY_SSO_PRIVATE": "127.0.0.1",
        **more,
    }
    with app.log.open("wb") as log:
        serving = spawn(
            [sys.executable, "-m", module], environment=environment, directory=CHECKOUT, output=log
        )
    try:
        _wait_ready(serving, app.log)
        yield app
    finally:
        _stop(serving)


def _wait_ready(serving: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not re.search(r"^ready$", log.read_text(errors="replace"), re.MULTILINE):
        if serving.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the application did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _stop(serving: "subprocess.Popen[bytes]") -> None:
    if serving.poll() is None:
        serving.send_signal(signal.SIGTERM)
        try:
            serving.wait(60)
        except subprocess.TimeoutExpired:
            kill_group(serving)  # its children end with it
            serving.wait()


def _joined(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
