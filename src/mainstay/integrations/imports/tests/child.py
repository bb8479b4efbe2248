"""A worker of its own process that says after each batch where it is and then waits, so that it can be killed there.

python -m mainstay.integrations.imports.tests.child BATCHES
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import django


def main() -> None:
    django.setup()
    from mainstay.core import clock
    from mainstay.integrations.imports import jobs
    from mainstay.integrations.imports.actions import apply
    from mainstay.integrations.imports.rules import Kind

    left = int(sys.argv[1])
    jobs.BATCH = apply.BATCH = 10  # type: ignore[misc]

    def stop_here() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            sys.stdout.write("here\n")
            sys.stdout.flush()
            threading.Event().wait()

    stage, write = jobs.stage_batch, apply._WRITERS[Kind.PEOPLE]

    def staged(*args: Any, **kwargs: Any) -> bool:
        stop_here()
        return stage(*args, **kwargs)

    def written(*args: Any, **kwargs: Any) -> None:
        write(*args, **kwargs)
        stop_here()

    jobs.stage_batch = staged
    apply._WRITERS = {Kind.PEOPLE: written}  # type: ignore[misc]
    while jobs.run_imports(clock.now(), 1):
        pass


if __name__ == "__main__":
    main()
