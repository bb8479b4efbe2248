import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.project.supervisor.processes import Process, StartFailed, Step, Supervisor
from tests.running.conftest import CHECKOUT, is_running, wait_until

Run = Callable[..., "subprocess.Popen[str]"]

PRELUDE = f"""
import os, sys
from pathlib import Path
from mainstay.project.supervisor.processes import *
place = Path(sys.argv[1])
def process(name, behaviour="plain", **more):
    command = [sys.executable, {str(CHECKOUT / "tests/running/child.py")!r}, place, name, behaviour]
    return Process(name=name, command=command, environment=os.environ, is_ready=(place / name).exists, **more)
def run(*parts):
    Supervisor(parts, write=lambda line: print(line, flush=True)).run(lambda: print("ready", flush=True))
"""


def started(run_python: Run, code: str, place: Path) -> "subprocess.Popen[str]":
    supervisor = run_python(PRELUDE + code, place)
    assert supervisor.stdout
    seen = []
    for line in supervisor.stdout:
        seen.append(line)
        if line == "ready\n":
            return supervisor
    raise AssertionError("".join(seen))


def number(place: Path, name: str) -> int:
    return int((place / name).read_text())


def test_starts_in_order_and_stops_in_reverse(run_python: Run, tmp_path: Path) -> None:
    step = "Step(name='step', command=['ls', place], environment=os.environ)"
    supervisor = started(
        run_python, f"run(process('one', 'polite'), {step}, process('two', 'polite'))", tmp_path
    )
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0
    assert supervisor.stdout
    said = [re.sub(r"\s*\|\s*", ": ", line.strip()) for line in supervisor.stdout]
    assert said == ["mainstay: stopping", "two: bye", "one: bye"]


def test_a_step_runs_at_its_place(run_python: Run, tmp_path: Path) -> None:
    step = "Step(name='step', command=['ls', place], environment=os.environ)"
    supervisor = run_python(PRELUDE + f"run(process('one'), {step}, process('two'))", tmp_path)
    assert supervisor.stdout
    seen: list[str] = []
    while not seen or seen[-1] != "ready\n":
        seen.append(supervisor.stdout.readline())
    said = [re.sub(r"\(.*", "", line.split("|")[1]).strip() for line in seen[:-1]]
    assert said == ["one started", "one", "two started"]


def test_a_child_that_dies_is_started_again(run_python: Run, tmp_path: Path) -> None:
    supervisor = started(run_python, "run(process('one'), process('two'))", tmp_path)
    first, bystander = number(tmp_path, "one"), number(tmp_path, "two")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: number(tmp_path, "one") != first)
    assert is_running(bystander)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(20) == 0
    assert supervisor.stdout
    assert "one ended (signal SIGKILL); again in 0.25 s" in supervisor.stdout.read()
    assert not is_running(number(tmp_path, "one"))


def test_what_a_dead_child_left_behind_is_ended(run_python: Run, tmp_path: Path) -> None:
    supervisor = started(run_python, "run(process('one', 'parent'))", tmp_path)
    wait_until((tmp_path / "grandchild").exists)
    left_behind = number(tmp_path, "grandchild")
    os.kill(number(tmp_path, "one"), signal.SIGKILL)
    wait_until(lambda: not is_running(left_behind))
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0


def test_children_end_with_a_killed_supervisor(run_python: Run, tmp_path: Path) -> None:
    supervisor = started(run_python, "run(process('one'), process('two'))", tmp_path)
    children = [number(tmp_path, "one"), number(tmp_path, "two")]
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not any(map(is_running, children)))


def test_a_child_that_does_not_stop_is_ended_by_force(run_python: Run, tmp_path: Path) -> None:
    supervisor = started(run_python, "run(process('one', 'deaf', stop_seconds=0.3))", tmp_path)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0
    assert supervisor.stdout
    assert "one does not stop; ending it by force" in supervisor.stdout.read()
    assert not is_running(number(tmp_path, "one"))


def test_a_second_signal_hurries(run_python: Run, tmp_path: Path) -> None:
    supervisor = started(run_python, "run(process('one', 'deaf', stop_seconds=100))", tmp_path)
    supervisor.send_signal(signal.SIGTERM)
    wait_until((tmp_path / "heard").exists)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0


def quick(name: str, code: str) -> Process:
    return Process(name=name, command=["/bin/sh", "-c", code], is_ready=lambda: False, ready_seconds=0.3)


def test_a_start_that_fails_is_named_and_stops_the_rest() -> None:
    lines: list[str] = []
    one = Process(name="one", command=["/bin/sleep", "100"])
    with pytest.raises(StartFailed, match=r"two did not start \(exit status 3\)"):
        Supervisor([one, quick("two", "echo why; exit 3")], write=lines.append).run()
    assert any(line.endswith("| why") for line in lines)
    with pytest.raises(StartFailed, match=r"slow was not ready within 0 s"):
        Supervisor([quick("slow", "sleep 100")], write=lines.append).run()
    with pytest.raises(StartFailed, match=r"step failed \(exit status 1\)"):
        Supervisor([one, Step(name="step", command=["/bin/false"])], write=lines.append).run()


def test_progress_prolongs_the_wait() -> None:
    turns = iter(range(30))
    patient = Process(
        name="patient",
        command=["/bin/sleep", "100"],
        progress=lambda: next(turns, None),
        is_ready=lambda: next(turns, None) is None,
        ready_seconds=0.2,
    )

    def stop() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    lines: list[str] = []
    Supervisor([patient], write=lines.append).run(stop)
    assert lines[1:] == ["mainstay | stopping"]


def test_output_without_an_end_of_line_is_not_lost() -> None:
    lines: list[str] = []
    Supervisor([], write=lines.append)
    with pytest.raises(StartFailed):
        Supervisor([quick("talk", "printf 'a\\nb'; exit 1")], write=lines.append).run()
    assert lines[1:] == ["talk     | a", "talk     | b"]
