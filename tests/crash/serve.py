"""Everything under one supervisor, the database too: what the crash tests kill. `CRASH_HOME` is its place."""

import os
from dataclasses import replace
from pathlib import Path

import django

from mainstay.project.options import options
from mainstay.project.supervisor.embedded import Embedded
from mainstay.project.supervisor.processes import Process, Supervisor
from mainstay.project.supervisor.table import PYTHON, application_processes, postgres
from mainstay.project.testing.serve import write


def main() -> None:
    django.setup()
    from mainstay.project.static_files import collect_static

    collect_static()
    # With the settings of an installation: what was committed must survive the server.
    embedded = Embedded(Path(os.environ["CRASH_HOME"]), max_connections=60)
    embedded.lock.acquire()
    parts: list[Process] = [postgres(embedded), *application_processes(options(), os.environ)]
    command = [PYTHON, "-m", "tests.crash.worker"]
    parts = [replace(part, command=command) if part.name == "worker" else part for part in parts]
    Supervisor(parts, write=write).run(lambda: write("ready"))


if __name__ == "__main__":
    main()
