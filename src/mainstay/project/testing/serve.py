"""The application's processes under their supervisor, on a database that is there already."""

import os
import sys

import django

from mainstay.project.options import options
from mainstay.project.supervisor.processes import Supervisor
from mainstay.project.supervisor.table import application_processes


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    django.setup()
    from mainstay.project.static_files import collect_static

    collect_static()
    supervisor = Supervisor(application_processes(options(), os.environ), write=write)
    supervisor.run(lambda: write("ready"))


if __name__ == "__main__":
    main()
