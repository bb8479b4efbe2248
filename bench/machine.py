"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import psycopg

from mainstay.project.options import CHECKOUT

_SETTINGS = ("shared_buffers", "fsync", "synchronous_commit", "full_page_writes", "wal_compression", "jit")


def cores() -> int:
    return len(os.sched_getaffinity(0))


def machine() -> list[str]:
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{cores()} cores ({cpu[1] if cpu else platform.machine()}), {memory:.0f} GB memory, "
        f"{platform.system()} {platform.release()}",
        f"load of the machine before the start: {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}, commit {commit()}",
    ]


def database(connection: psycopg.Connection) -> str:
    """Version and settings of the server."""
    said = [f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}" for name in _SETTINGS]  # type: ignore[index]
    version = connection.execute("SHOW server_version").fetchone()
    return f"PostgreSQL {version[0] if version else ''} (embedded): {', '.join(said)}"


def commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    try:
        name = git("rev-parse", "--short", "HEAD") or "unknown"
        return f"{name} with changes" if git("status", "--porcelain", "--untracked-files=no") else name
    except FileNotFoundError:
        return "unknown"
