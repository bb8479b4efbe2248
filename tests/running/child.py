"""A child for the supervisor's tests: child.py PLACE NAME BEHAVIOUR. Writes its number to PLACE/NAME."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def say_goodbye(*_: object) -> None:
    sys.stdout.write("bye\n")
    sys.stdout.flush()
    sys.exit(0)


def behave(behaviour: str, place: Path) -> None:
    if behaviour == "polite":
        signal.signal(signal.SIGTERM, say_goodbye)
    if behaviour == "deaf":
        signal.signal(signal.SIGTERM, lambda *_: (place / "heard").touch())
    if behaviour == "parent":
        subprocess.Popen([sys.executable, __file__, str(place), "grandchild", "plain"])


if __name__ == "__main__":
    place, name, behaviour = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    behave(behaviour, place)
    fresh = place / f".{name}"
    fresh.write_text(str(os.getpid()))
    fresh.rename(place / name)
    while True:
        time.sleep(100)
