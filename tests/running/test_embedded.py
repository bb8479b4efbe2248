import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from mainstay.project.supervisor.binaries import binaries_for, shipped_binaries
from mainstay.project.supervisor.embedded import Embedded
from mainstay.project.supervisor.locking import AlreadyRunning
from mainstay.project.supervisor.spawning import SetupError
from tests.running.conftest import is_running, wait_until

HOLD = """
import sys, time
from pathlib import Path
from mainstay.project.supervisor.embedded import Embedded
embedded = Embedded(Path(sys.argv[1]), durable=False)
with embedded.running():
    print((embedded.data / "postmaster.pid").read_text().split()[0], flush=True)
    time.sleep(100)
"""


def query(embedded: Embedded, sql: str) -> object:
    with psycopg.connect(embedded.address("postgres", "postgres"), autocommit=True) as connection:
        cursor = connection.execute(sql)  # type: ignore[arg-type]
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def test_it_keeps_data_over_a_restart_and_is_private(home: Path) -> None:
    embedded = Embedded(home, durable=False)
    with embedded.running():
        query(embedded, "create table kept as select 1 as n")
        assert query(embedded, "show listen_addresses") == ""
        assert query(embedded, "select datcollate from pg_database where datname = 'postgres'") == "C"
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host=str(embedded.socket_directory), user="postgres", dbname="postgres")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                host=str(embedded.socket_directory), user="postgres", dbname="postgres", password="x"
            )
    assert not (embedded.data / "postmaster.pid").exists()
    for path in (embedded.data, embedded.socket_directory):
        assert path.stat().st_mode & 0o777 == 0o700
    assert (home / "passwords.json").stat().st_mode & 0o777 == 0o600
    with Embedded(home, durable=False).running():
        assert query(embedded, "select n from kept") == 1


def test_it_is_durable_unless_told_otherwise(home: Path) -> None:
    assert not {"fsync=off", "full_page_writes=off"} & set(map(str, _made(home, durable=True).command()))
    assert "fsync=off" in map(str, _made(home, durable=False).command())


def _made(home: Path, *, durable: bool) -> Embedded:
    return Embedded(home, durable=durable)


def test_a_second_instance_is_refused(home: Path) -> None:
    with (
        Embedded(home, durable=False).running(),
        pytest.raises(AlreadyRunning, match=f"in use by process {os.getpid()}"),
        Embedded(home).running(),
    ):
        pass


def test_it_recovers_from_a_killed_server(home: Path) -> None:
    embedded = Embedded(home)
    embedded.make_directories()
    embedded.lock.acquire()
    embedded.initialise()
    server = embedded.start(subprocess.DEVNULL)
    embedded.wait_ready(server)
    query(embedded, "create table kept as select 1 as n")
    busy = psycopg.connect(embedded.address("postgres", "postgres"))
    busy.execute("insert into kept values (2)")
    server.kill()
    server.wait()
    assert (embedded.data / "postmaster.pid").exists()
    server = embedded.start(subprocess.DEVNULL)
    embedded.wait_ready(server)
    assert query(embedded, "select count(*) from kept") == 1
    busy.close()
    embedded.stop(server)
    embedded.lock.release()
    assert server.returncode == 0


def test_a_stale_lock_file_with_a_living_process_number_does_not_stop_it(home: Path) -> None:
    embedded = Embedded(home, durable=False)
    with embedded.running():
        text = (embedded.data / "postmaster.pid").read_text()
        server_number = text.split("\n")[0]
    # The number now belongs to somebody else, as after a restart of the machine.
    (embedded.data / "postmaster.pid").write_text(text.replace(server_number, str(os.getpid()), 1))
    with embedded.running():
        assert query(embedded, "select 1") == 1


def test_it_ends_when_its_parent_is_killed_and_starts_again_at_once(
    home: Path, run_python: Callable[..., "subprocess.Popen[str]"]
) -> None:
    holder = run_python(HOLD, home)
    assert holder.stdout
    server = int(holder.stdout.readline())
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with Embedded(home, durable=False).running():
        assert query(Embedded(home), "select 1") == 1
        wait_until(lambda: not is_running(server))


def test_an_interrupted_initdb_begins_anew(home: Path) -> None:
    embedded = Embedded(home, durable=False)
    embedded.make_directories()
    (home / "data.new").mkdir()
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    with embedded.running():
        assert query(embedded, "select 1") == 1
    assert not (home / "data.new").exists()


def test_data_of_another_major_version_is_refused(home: Path) -> None:
    embedded = Embedded(home)
    embedded.make_directories()
    (embedded.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(SetupError, match="written by PostgreSQL 12, but this installation brings 18"):
        embedded.initialise()


def test_an_older_shipped_version_goes_on_with_its_data() -> None:
    oldest = shipped_binaries()[-1]
    assert binaries_for(None, oldest.major).major == oldest.major
    assert binaries_for(None, None).major == max(binaries.major for binaries in shipped_binaries())


def test_foreign_files_are_not_taken_for_a_cluster(home: Path) -> None:
    embedded = Embedded(home)
    embedded.make_directories()
    (embedded.data / "notes.txt").write_text("mine")
    with pytest.raises(SetupError, match="holds files but no database cluster"):
        embedded.initialise()
    assert (embedded.data / "notes.txt").read_text() == "mine"


def test_no_existing_directory_changes_its_mode(home: Path) -> None:
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    embedded = Embedded(home)
    embedded.make_directories()
    assert home.stat().st_mode & 0o777 == 0o755
    embedded.data.chmod(0o755)
    with pytest.raises(SetupError, match=r"must belong to user id .* mode 755"):
        embedded.make_directories()
    assert embedded.data.stat().st_mode & 0o777 == 0o755


def test_a_lost_superuser_password_is_said(home: Path) -> None:
    with Embedded(home, durable=False).running():
        pass
    assert set(json.loads((home / "passwords.json").read_text())) == {"postgres"}
    (home / "passwords.json").unlink()
    with pytest.raises(SetupError, match="lacks the superuser's password"):
        Embedded(home).address("postgres", "postgres")


def test_a_long_path_gets_a_short_socket_directory(home: Path) -> None:
    embedded = Embedded(home / ("long" * 30), durable=False)
    home.mkdir(mode=0o711)
    with embedded.running():
        assert embedded.socket_directory.parent == Path("/tmp")
        assert query(embedded, "select 1") == 1
    embedded.socket_directory.rmdir()
