"""One supervisor for everything that runs: start in order, restart what dies, stop in reverse order.

Single-threaded: it sleeps in select() until a child writes, a child ends, a signal arrives or a time is due.
"""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mainstay.project.parsing import CHECKOUT
from mainstay.project.supervisor.spawning import ServiceUser, SetupError, kill_group, spawn

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 15.0
HEALTHY_SECONDS = 30.0
"""A child that lived this long is restarted without the pauses it earned before."""


def _always() -> bool:
    return True


def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Process:
    """Runs until it is stopped; restarted when it ends by itself."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = CHECKOUT
    user: ServiceUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 30.0
    force_signal: signal.Signals = signal.SIGKILL
    check_first: Callable[[], None] = _nothing
    """Before the first start alone; raises when something outside is not as it must be."""
    before_start: Callable[[], None] = _nothing
    is_ready: Callable[[], bool] = _always
    ready_seconds: float = 60.0
    progress: Callable[[], object] = _nothing
    """While its value changes, `ready_seconds` begins anew."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Runs once at its place in the order of start, and must succeed."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = CHECKOUT


class StartFailed(Exception):
    """Something ended or was not ready in time while starting."""


class Stopping(Exception):
    """The supervisor was asked to stop."""


@dataclass
class _Child:
    spec: Process | Step
    popen: subprocess.Popen[bytes]
    started_at: float
    unfinished: bytes = b""


class Supervisor:
    def __init__(self, parts: Sequence[Process | Step], *, write: Callable[[str], None]) -> None:
        self._parts = parts
        self._write = write
        self._width = max((len(part.name) for part in parts), default=0)
        self._selector = selectors.DefaultSelector()
        self._children: dict[str, _Child] = {}
        self._pauses: dict[str, float] = {}
        self._restart_at: dict[str, tuple[float, Process]] = {}
        self._starting = ""
        self._asked_to_stop = 0

    def run(self, on_ready: Callable[[], None] = _nothing) -> None:
        """Starts everything and watches it until SIGTERM or SIGINT; then stops everything. A second signal
        while stopping ends it by force. Raises StartFailed after having stopped what had started."""
        with self._signals():
            try:
                for part in self._parts:
                    self._start(part)
                on_ready()
                while True:
                    self._turn(1.0)
            except Stopping:
                self.say("stopping")
            finally:
                self._stop_all()

    def say(self, text: str, name: str = "mainstay") -> None:
        for line in text.splitlines():
            self._write(f"{name:<{max(self._width, 8)}} | {line}")

    # --- starting

    def _start(self, part: Process | Step) -> None:
        if isinstance(part, Step):
            self._run_step(part)
            return
        part.check_first()
        child = self._launch(part)
        self._starting = part.name
        deadline, seen = time.monotonic() + part.ready_seconds, part.progress()
        while not part.is_ready():
            if child.popen.poll() is not None:
                self._forget(child)
                raise StartFailed(f"{part.name} did not start ({_ending(child.popen.returncode)})")
            if (now_seen := part.progress()) != seen:
                deadline, seen = time.monotonic() + part.ready_seconds, now_seen
            if time.monotonic() > deadline:
                raise StartFailed(f"{part.name} was not ready within {part.ready_seconds:.0f} s")
            self._turn(0.05)
        self._starting = ""

    def _run_step(self, step: Step) -> None:
        child = self._launch(step)
        while child.popen.poll() is None:
            self._turn(0.5)
        self._forget(child)
        if child.popen.returncode != 0:
            raise StartFailed(f"{step.name} failed ({_ending(child.popen.returncode)})")

    def _launch(self, part: Process | Step) -> _Child:
        user = None
        if isinstance(part, Process):
            part.before_start()
            user = part.user
        popen = spawn(
            part.command,
            environment=part.environment,
            directory=part.directory,
            output=subprocess.PIPE,
            user=user,
            death_signal=part.stop_signal if isinstance(part, Process) else signal.SIGTERM,
        )
        child = _Child(part, popen, time.monotonic())
        self._children[part.name] = child
        assert popen.stdout is not None
        os.set_blocking(popen.stdout.fileno(), False)
        self._selector.register(popen.stdout, selectors.EVENT_READ, child)
        if isinstance(part, Process):
            self.say(f"{part.name} started (process {popen.pid})")
        return child

    # --- watching

    def _turn(self, seconds: float) -> None:
        """One round: output, ended children, due restarts. Raises Stopping when asked to."""
        self._read_output(self._until_next(seconds))
        for child in list(self._children.values()):
            process = child.spec
            if (
                isinstance(process, Process)
                and process.name != self._starting
                and child.popen.poll() is not None
            ):
                self._forget(child)
                self._plan_restart(process, _ending(child.popen.returncode), child.started_at)
        for name, (due, process) in list(self._restart_at.items()):
            if due <= time.monotonic():
                del self._restart_at[name]
                self._restart(process)
        if self._asked_to_stop:
            raise Stopping

    def _until_next(self, seconds: float) -> float:
        due = [at for at, _ in self._restart_at.values()]
        return max(0.0, min([seconds, *(at - time.monotonic() for at in due)]))

    def _restart(self, process: Process) -> None:
        try:
            self._launch(process)
        except (OSError, SetupError) as error:
            self._plan_restart(process, str(error), time.monotonic())

    def _plan_restart(self, process: Process, why: str, started_at: float) -> None:
        if self._asked_to_stop:
            return
        if time.monotonic() - started_at >= HEALTHY_SECONDS:
            self._pauses.pop(process.name, None)
        pause = self._pauses.get(process.name, FIRST_PAUSE)
        self._pauses[process.name] = min(pause * 2, LONGEST_PAUSE)
        self._restart_at[process.name] = (time.monotonic() + pause, process)
        self.say(f"{process.name} ended ({why}); again in {pause:.2g} s")

    def _read_output(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, _Child):
                self._read_from(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    while os.read(key.fd, 4096):
                        pass

    def _read_from(self, child: _Child) -> bool:
        """False when there is nothing to read at the moment."""
        stream = child.popen.stdout
        assert stream is not None
        try:
            data = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return False
        *lines, child.unfinished = (child.unfinished + data).split(b"\n")
        if len(child.unfinished) > 65536:
            lines.append(child.unfinished)
            child.unfinished = b""
        for line in lines:
            self.say(line.decode(errors="replace") or " ", child.spec.name)
        if not data:
            self._close(child)
        return True

    def _close(self, child: _Child) -> None:
        assert child.popen.stdout is not None
        self._selector.unregister(child.popen.stdout)
        child.popen.stdout.close()
        if child.unfinished:
            self.say(child.unfinished.decode(errors="replace"), child.spec.name)
            child.unfinished = b""

    def _forget(self, child: _Child) -> None:
        """After a child's end: the rest of its output, and an end to what it left behind in its group."""
        kill_group(child.popen)
        stream = child.popen.stdout
        assert stream is not None
        while not stream.closed and self._read_from(child):
            pass
        if not stream.closed:  # somebody outside the group still holds the other end
            self._close(child)
        self._children.pop(child.spec.name, None)

    # --- stopping

    def _stop_all(self) -> None:
        self._restart_at.clear()
        for part in reversed(self._parts):
            if child := self._children.get(part.name):
                self._stop(child)
        self._selector.close()

    def _stop(self, child: _Child) -> None:
        spec, popen = child.spec, child.popen
        if popen.poll() is None:
            popen.send_signal(spec.stop_signal if isinstance(spec, Process) else signal.SIGTERM)
        deadline = time.monotonic() + (spec.stop_seconds if isinstance(spec, Process) else 10.0)
        asked = self._asked_to_stop
        while popen.poll() is None and time.monotonic() < deadline and self._asked_to_stop <= max(asked, 1):
            self._read_output(0.05)
        if popen.poll() is None:
            self.say(f"{spec.name} does not stop; ending it by force")
            if isinstance(spec, Process) and spec.force_signal != signal.SIGKILL:
                popen.send_signal(spec.force_signal)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    popen.wait(5)
            kill_group(popen)
            popen.wait()
        self._forget(child)

    # --- signals

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Signals wake select() through a socket; what was set before is restored."""
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.setblocking(False)
        self._selector.register(reading, selectors.EVENT_READ, None)

        def ask(*_: object) -> None:
            self._asked_to_stop += 1

        handlers = {signal.SIGTERM: ask, signal.SIGINT: ask, signal.SIGHUP: ask, signal.SIGCHLD: _ignore}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            reading.close()
            writing.close()


def _ignore(*_: object) -> None:
    """A handler is needed for the signal to wake select()."""


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"signal {signal.Signals(-returncode).name}"
    return f"exit status {returncode}"
