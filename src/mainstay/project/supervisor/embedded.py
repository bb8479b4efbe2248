"""The embedded PostgreSQL: our own supervision of the programs that a wheel brings.

Home directory: `data` (the cluster), `socket` (private), `passwords.json` (0600), `lock`, `postgres.log`.
Connections come through the socket with a password; nothing listens on the network.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from mainstay.project.kept import write_private
from mainstay.project.supervisor.binaries import SHARED_HOME, Binaries, binaries_for
from mainstay.project.supervisor.locking import FileLock
from mainstay.project.supervisor.spawning import SetupError, kill_group, run_as, service_user, spawn

SUPERUSER = "postgres"
STALL_SECONDS = 120.0
_LONGEST_SOCKET_DIRECTORY = 85  # the path of the socket itself may have 107 bytes


def home_for(data_dir: Path) -> Path:
    """In the data directory; for root in /var/lib, since the service user may not reach the checkout."""
    if os.geteuid() != 0:
        return data_dir / "pg"
    return SHARED_HOME / hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]


class Embedded:
    """One cluster. `durable=False` is for tests: fast, and lost when the machine crashes."""

    def __init__(self, home: Path, *, max_connections: int = 100, durable: bool = True) -> None:
        self.home = home
        self.data = home / "data"
        self.user = service_user()
        self.max_connections = max_connections
        self.durable = durable
        self.lock = FileLock(home / "lock", purpose="the embedded database")

    @property
    def socket_directory(self) -> Path:
        inside = self.home / "socket"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_DIRECTORY:
            return inside
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(f"/tmp/mainstay-{os.geteuid()}-{digest}")  # noqa: S108 – its owner and mode are checked

    @property
    def binaries(self) -> Binaries:
        version_file = self.data / "PG_VERSION"
        existing = version_file.read_text().strip() if version_file.exists() else None
        return binaries_for(self.user, int(existing.split(".")[0]) if existing else None)

    def address(self, user: str, database: str) -> str:
        """The user is one of `passwords`, by the name of its role."""
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{user}:{self.password(user)}@/{database}?host={host}"

    def password(self, user: str) -> str:
        """Generated at the first request for that user, then kept."""
        path = self.home / "passwords.json"
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if user not in kept:
            if user == SUPERUSER and (self.data / "PG_VERSION").exists():
                raise SetupError(
                    f"{path} is missing or lacks the superuser's password; "
                    f"restore it, or move {self.home} away"
                )
            kept[user] = secrets.token_urlsafe(32)
            write_private(path, json.dumps(kept, indent=1) + "\n")
        return kept[user]

    def make_directories(self) -> None:
        """Only what does not exist is made; no existing directory's mode is changed."""
        if not self.home.is_dir():
            self.home.parent.mkdir(parents=True, exist_ok=True)
            # Root keeps the home, the service user passes through it to its own two directories.
            self.home.mkdir(mode=0o700 if self.user is None else 0o711, exist_ok=True)
        for directory in (self.socket_directory, self.data):
            if not directory.is_dir():
                self._make_private(directory)
            status = directory.stat()
            expected = os.geteuid() if self.user is None else self.user.uid
            if status.st_uid != expected or status.st_mode & 0o077:
                raise SetupError(
                    f"{directory} must belong to user id {expected} alone (mode 0700), "
                    f"but belongs to {status.st_uid}, mode {status.st_mode & 0o777:o}"
                )
        reached = run_as(self.user, ["/bin/sh", "-c", 'cd -- "$1"', "sh", self.data])
        if reached.returncode != 0:
            raise SetupError(
                f"user {self.user and self.user.name} cannot reach {self.data}: its parents refuse"
            )

    def _make_private(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            os.chown(directory, self.user.uid, self.user.gid)

    def initialise(self) -> bool:
        """Makes the cluster unless there is one; True when it was made. Interrupted, it starts anew."""
        self.make_directories()
        if (self.data / "PG_VERSION").exists():
            _ = self.binaries  # refuses data of a version that is not shipped
            return False
        if any(self.data.iterdir()):
            raise SetupError(f"{self.data} holds files but no database cluster; move it away")
        fresh = self.home / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        self._make_private(fresh)
        self._initdb(fresh)
        self.data.rmdir()
        fresh.rename(self.data)
        return True

    def _initdb(self, target: Path) -> None:
        binaries = self.binaries
        password_file = self.home / f"initial-{secrets.token_hex(4)}"
        write_private(password_file, self.password(SUPERUSER))
        command = [
            *(binaries.program("initdb"), f"--pgdata={target}", f"--username={SUPERUSER}"),
            *(f"--pwfile={password_file}", "--auth-local=scram-sha-256", "--auth-host=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C"),
            # Sorting that no library update changes.
            *(("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if binaries.major >= 17 else ()),
            *(() if self.durable else ("--no-sync",)),
        ]
        try:
            if self.user is not None:
                os.chown(password_file, self.user.uid, self.user.gid)
            made = run_as(self.user, command)
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise SetupError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def command(self) -> list[str | Path]:
        arguments: list[str | Path] = [self.binaries.program("postgres"), "-D", self.data]
        for name, value in self._settings().items():
            arguments += ["-c", f"{name}={value}"]
        return arguments

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_directory}"',
            "unix_socket_permissions": "0700",
            "max_connections": self.max_connections,
            "shared_buffers": f"{_shared_buffers_mb() if self.durable else 64}MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m ",
            "log_checkpoints": "off",
            "log_startup_progress_interval": "5s",
            "jit": "off",
            "random_page_cost": "1.1",
            "max_wal_size": "2GB",
            "wal_compression": "on",
            "checkpoint_timeout": "15min",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"autovacuum": "off", "wal_level": "minimal", "max_wal_senders": 0}
        return settings

    def start(self, output: int | IO[Any]) -> subprocess.Popen[bytes]:
        """Starts the server in the foreground as our child. Losing its parent, it shuts down fast."""
        self.clear_stale()
        return spawn(
            self.command(),
            environment=ENVIRONMENT,
            directory=Path("/"),
            output=output,
            user=self.user,
            death_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        """Accepting connections, as the server itself says in the last line of its lock file."""
        lines = self._lock_file_lines()
        return len(lines) >= 8 and lines[7].strip() == "ready" and _is_alive(int(lines[0]))

    def progress(self) -> object:
        """Changes while the server's processes work; recovery after a crash may take long."""
        return [_work_done(process) for process in self._processes()]

    def clear_stale(self) -> None:
        """Makes way for a start after a crash. Called with the lock held, so whatever still runs on this
        data is left over: it gets time to end by itself, then is ended."""
        deadline = time.monotonic() + 20
        asked_at = time.monotonic() + 5
        while left_over := self._processes():
            now = time.monotonic()
            if now >= asked_at:
                hard = now >= deadline
                for process in left_over:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL if hard else signal.SIGQUIT)
                asked_at = now + 1
            time.sleep(0.05)
        # Nobody works on this data, whatever process carries the number in the file by now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _lock_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _processes(self) -> list[int]:
        """Servers and their children make the data directory their working directory."""
        found, data = [], self.data.resolve()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == data:
                    found.append(int(entry.name))
        return sorted(found)

    def wait_ready(self, server: subprocess.Popen[bytes], stall_seconds: float = STALL_SECONDS) -> None:
        """Waits as long as the server makes progress."""
        seen, since = self.progress(), time.monotonic()
        while not self.is_ready():
            if server.poll() is not None:
                raise SetupError(f"PostgreSQL ended with {server.returncode}:\n{self._log_tail()}")
            if (now_seen := self.progress()) != seen:
                seen, since = now_seen, time.monotonic()
            elif time.monotonic() - since > stall_seconds:
                raise SetupError(f"PostgreSQL made no progress for {stall_seconds:.0f} s")
            time.sleep(0.02)

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return (self.home / "postgres.log").read_text(errors="replace")[-2000:]
        return f"(no log in {self.home})"

    def stop(self, server: subprocess.Popen[bytes], seconds: float = 60) -> None:
        """Fast shutdown; after the given time without a last checkpoint, at last by force."""
        for stop_signal, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 10.0)):
            if server.poll() is not None:
                return
            server.send_signal(stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(patience)
        kill_group(server)
        server.wait()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The server for the duration of a block; AlreadyRunning when another process has it."""
        self.make_directories()
        self.lock.acquire()
        try:
            self.initialise()
            with (self.home / "postgres.log").open("wb") as log:
                server = self.start(log)
            try:
                self.wait_ready(server)
                yield
            finally:
                self.stop(server)
        finally:
            self.lock.release()


ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _shared_buffers_mb() -> int:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(64, min(1024, memory_mb // 8))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _work_done(process: int) -> object:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return process, fields[7:15]  # page faults and processor time
    return None
