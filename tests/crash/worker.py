"""The worker with one handler more, which notes each event it was given in a table without any constraint."""

import os
import sys
from collections.abc import Sequence

import django


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
    django.setup()
    from django.db import connection

    from mainstay.core.events.types import Fact
    from mainstay.core.events.wiring import later, plug
    from mainstay.project import worker
    from mainstay.project.wiring import LATER, NOW
    from mainstay.support.tickets.events import TicketOpened

    def note(facts: Sequence[Fact]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO crash_noted (n) VALUES (%s)", [(fact.n,) for fact in facts])

    plug(NOW, [*LATER, later("crash.note", note, TicketOpened, from_beginning=True)])
    return worker.main()


if __name__ == "__main__":
    sys.exit(main())
