"""What runs: one table."""

import importlib.util
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mainstay.project.options import Options
from mainstay.project.supervisor.embedded import ENVIRONMENT, STALL_SECONDS, Embedded
from mainstay.project.supervisor.probes import Address, answers_http, answers_smtp, check_free
from mainstay.project.supervisor.processes import Process

PYTHON = sys.executable


def postgres(embedded: Embedded) -> Process:
    return Process(
        name="postgres",
        command=embedded.command(),
        environment=ENVIRONMENT,
        directory=Path("/"),
        user=embedded.user,
        stop_signal=signal.SIGINT,
        stop_seconds=60,
        force_signal=signal.SIGQUIT,
        before_start=embedded.clear_stale,
        is_ready=embedded.is_ready,
        ready_seconds=STALL_SECONDS,
        progress=embedded.progress,
    )


def _granian(interface: str, application: str, address: Address, *more: str, patience: int = 20) -> list[str]:
    host, port = address
    command = [PYTHON, "-m", "granian", "--interface", interface, "--host", host, "--port", str(port)]
    command += [
        "--no-ws",
        "--log-level",
        "warning",
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        str(patience),
    ]
    return [*command, *more, application]


def web(options: Options, environment: Mapping[str, str]) -> Process:
    size = ["--workers", str(options.web_processes), "--blocking-threads", str(options.web_threads)]
    return Process(
        name="web",
        command=_granian("wsgi", "mainstay.project.wsgi:application", options.web_listen, *size),
        environment=environment,
        check_first=lambda: check_free(options.web_listen, setting="MAINSTAY_WEB_LISTEN"),
        is_ready=answers_http(options.web_listen, host_name=urlsplit(options.url).netloc),
    )


def live(options: Options, environment: Mapping[str, str]) -> Process:
    return Process(
        name="live",
        # Streams never end by themselves; their clients come back, and nothing is lost with one.
        command=_granian("asgi", "mainstay.project.live:application", options.live_listen, patience=2),
        environment=environment,
        check_first=lambda: check_free(options.live_listen, setting="MAINSTAY_LIVE_LISTEN"),
        is_ready=answers_http(options.live_listen, host_name=urlsplit(options.live_url).netloc),
        stop_seconds=10,
    )


def worker(_options: Options, environment: Mapping[str, str]) -> Process:
    return Process(name="worker", command=[PYTHON, "-m", "mainstay.project.worker"], environment=environment)


def smtp(options: Options, environment: Mapping[str, str]) -> Process:
    return Process(
        name="smtp",
        command=[PYTHON, "-m", "mainstay.project.smtp"],
        environment=environment,
        check_first=lambda: check_free(options.smtp_listen, setting="MAINSTAY_SMTP_LISTEN"),
        is_ready=answers_smtp(options.smtp_listen),
    )


PROCESSES: dict[str, Callable[[Options, Mapping[str, str]], Process]] = {
    "wsgi": web,
    "live": live,
    "worker": worker,
    "smtp": smtp,
}
"""By the module of `mainstay.project` that each runs, in the order of their start."""


def application_processes(options: Options, environment: Mapping[str, str]) -> list[Process]:
    # The name under which the database's list of connections shows them.
    return [
        make(options, {**environment, "PGAPPNAME": f"mainstay {module}"})
        for module, make in PROCESSES.items()
        if importlib.util.find_spec(f"mainstay.project.{module}")
    ]
