from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from mainstay.project.options import CHECKOUT

SOURCE = CHECKOUT / "src" / "mainstay"


def test_the_floors_and_rooms_import_downwards_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_listens_to_djangos_signals() -> None:
    """What happens is said by events, in one table."""
    listening = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".signals")
    ]
    assert listening == []


def test_every_room_has_nothing_but_the_files_of_a_room() -> None:
    """Who has seen one room knows all; a stray helpers.py has no place."""
    strays = {"helpers.py", "utils.py", "services.py", "managers.py", "common.py", "misc.py", "signals.py"}
    found = [str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if path.name in strays]
    assert found == []
