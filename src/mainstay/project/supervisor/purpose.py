"""A data directory holds either the demonstration or the real thing, never both."""

from pathlib import Path

from mainstay.project.kept import write_private
from mainstay.project.supervisor.spawning import SetupError

_SAID = {"demo": "the demonstration", "serve": "an installation started by ./run serve"}


def recorded_purpose(directory: Path) -> str:
    """Empty when nothing has been set up there."""
    try:
        return (directory / "purpose").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def claim(directory: Path, purpose: str) -> None:
    recorded = recorded_purpose(directory)
    if not recorded:
        write_private(directory / "purpose", purpose + "\n")
    elif recorded != purpose:
        raise SetupError(
            f"{directory} holds {_SAID.get(recorded, recorded)}; for ./run {purpose} set MAINSTAY_DATA_DIR "
            "to another directory"
        )
