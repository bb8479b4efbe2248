"""`./run demo` and `./run serve`: everything under one supervisor, until Ctrl-C or SIGTERM."""

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from mainstay.project.kept import DATABASE_FILE, private_directory
from mainstay.project.options import CHECKOUT, Options, OptionsError, load, options
from mainstay.project.supervisor.budget import budget
from mainstay.project.supervisor.database import embedded_database, embedded_environment
from mainstay.project.supervisor.embedded import Embedded
from mainstay.project.supervisor.locking import AlreadyRunning, FileLock
from mainstay.project.supervisor.processes import Process, StartFailed, Step, Supervisor
from mainstay.project.supervisor.purpose import claim, recorded_purpose
from mainstay.project.supervisor.spawning import SetupError
from mainstay.project.supervisor.table import PYTHON, application_processes, postgres


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run")
    parser.add_argument("purpose", choices=["demo", "serve"])
    parser.add_argument(
        "--fresh", action="store_true", help="demo: throw the demonstration's data away first"
    )
    given = parser.parse_args(arguments)
    if given.fresh and given.purpose != "demo":
        parser.error("--fresh is for the demonstration only")
    os.environ["MAINSTAY_DEMO"] = "yes" if given.purpose == "demo" else "no"
    try:
        start(given.purpose, fresh=given.fresh)
    except (OptionsError, SetupError, AlreadyRunning, StartFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def start(purpose: str, *, fresh: bool = False) -> None:
    given = load(os.environ)
    if purpose == "serve" and given.debug:
        raise SetupError("MAINSTAY_DEBUG shows source code to visitors; ./run serve refuses it")
    if given.database_url and not given.database_owner_url:
        raise SetupError("DATABASE_OWNER_URL is missing: the start runs the migrations as the owner")
    with _only_instance(given.data_dir):
        key_is_new = not given.secret_key and not (given.data_dir / "secret_key").exists()
        chosen = options()
        if key_is_new:
            _write(f"made the secret key: {chosen.data_dir / 'secret_key'}")
        if given.database_url:
            claim(given.data_dir, purpose)
            _supervise(chosen, purpose, None)
            return
        embedded = embedded_database(chosen)
        embedded.make_directories()
        embedded.lock.acquire()
        try:
            if fresh:
                _throw_away(embedded, chosen)
            claim(embedded.home, purpose)
            _write(f"database: PostgreSQL {embedded.binaries.version} in {embedded.home}")
            embedded.initialise()
            _supervise(chosen, purpose, embedded)
        finally:
            embedded.lock.release()


@contextlib.contextmanager
def _only_instance(data_dir: Path) -> Iterator[None]:
    lock = FileLock(private_directory(data_dir) / "lock", purpose="this installation of Mainstay")
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _throw_away(embedded: Embedded, chosen: Options) -> None:
    if recorded_purpose(embedded.home) not in ("", "demo"):
        raise SetupError(f"{embedded.home} does not hold the demonstration; nothing was thrown away")
    embedded.clear_stale()
    shutil.rmtree(embedded.data)
    for name in ("files", "outbox"):
        shutil.rmtree(chosen.data_dir / name, ignore_errors=True)
    (chosen.data_dir / DATABASE_FILE).unlink(missing_ok=True)
    embedded.make_directories()


def _supervise(chosen: Options, purpose: str, embedded: Embedded | None) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT / "src"),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
    }
    prepare = [PYTHON, "-m", "mainstay.project.supervisor.prepare", purpose]
    parts: list[Process | Step] = []
    if embedded is not None:
        environment |= embedded_environment(embedded, chosen)
        prepare += ["--embedded", str(embedded.home)]
        parts.append(postgres(embedded))
        _write(budget(chosen).sentence(embedded.max_connections))
    parts.append(Step(name="prepare", command=prepare, environment=environment))
    # The serving processes have no use for the owner's login.
    serving = {
        name: value for name, value in environment.items() if not name.startswith("DATABASE_OWNER_URL")
    }
    parts += application_processes(chosen, serving)
    supervisor = Supervisor(parts, write=_write)
    supervisor.run(lambda: supervisor.say(_greeting(chosen, purpose)))


def _greeting(chosen: Options, purpose: str) -> str:
    lines = [f"ready: {chosen.url}"]
    if purpose == "demo":
        from mainstay.project.supervisor.welcome import demo_welcome

        lines += demo_welcome(chosen)
    return "\n".join([*lines, "Ctrl-C stops everything."])


def _write(line: str) -> None:
    # A reader that went away (`./run serve | head`) must not stop the service.
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
