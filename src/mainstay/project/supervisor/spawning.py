"""Child processes that end with their parent, and the service user that the database runs as."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

SERVICE_USER = "mainstay"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class SetupError(Exception):
    """Something outside Mainstay is missing or not as it must be; the text says what to do."""


@dataclass(frozen=True)
class ServiceUser:
    name: str
    uid: int
    gid: int


def service_user() -> ServiceUser | None:
    """The user that PostgreSQL runs as when we are root (it refuses root); None when we are not root."""
    if os.geteuid() != 0:
        return None
    if (found := _find_user(SERVICE_USER)) is None:
        _make_user()
        found = _find_user(SERVICE_USER)
    if found is None:
        raise SetupError(
            f"PostgreSQL does not run as root, and the user {SERVICE_USER!r} could not be made. "
            "Make it with\n"
            f"    useradd --system --user-group --no-create-home --shell /usr/sbin/nologin {SERVICE_USER}\n"
            "or start as an ordinary user."
        )
    return found


def _find_user(name: str) -> ServiceUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return ServiceUser(name, entry.pw_uid, entry.pw_gid)


def _make_user() -> None:
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        return
    # Two starts at once both try; the loser's failure does not matter, the user is looked up afterwards.
    arguments = "--system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin"
    subprocess.run([useradd, *arguments.split(), SERVICE_USER], check=False, capture_output=True)


def spawn(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    directory: Path,
    output: int | IO[Any],
    user: ServiceUser | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Starts a child in a process group of its own (a terminal's Ctrl-C reaches the parent alone). When the
    parent dies, even by SIGKILL, the child gets `death_signal`; Linux only."""
    parent = os.getpid()

    def die_with_parent() -> None:
        # Runs after the change of user, which would clear it.
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    who: dict[str, Any] = {}
    if user is not None:
        who = {"user": user.uid, "group": user.gid, "extra_groups": []}
    return subprocess.Popen(
        [str(part) for part in command],
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=die_with_parent,  # noqa: PLW1509 – the parent starts children from its main thread
        **who,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends the child and whatever it left behind in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        process.kill()


def run_as(user: ServiceUser | None, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    who: dict[str, Any] = {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}
    arguments = [str(part) for part in command]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(
        arguments, check=False, cwd="/", capture_output=True, text=True, env=environment, **who
    )
