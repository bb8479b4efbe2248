"""The shipped calendars and matrices: one YAML file each, beside this one."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from ..rules.matrix import Matrix
from ..rules.preset_text import CalendarPreset, PresetError, read_calendar, read_matrix

_HERE = Path(__file__).parent
Preset = TypeVar("Preset", CalendarPreset, Matrix)


@cache
def calendar_presets() -> dict[str, CalendarPreset]:
    found = [_read(path, read_calendar) for path in sorted(_HERE.glob("calendar_*.yaml"))]
    return {preset.key: preset for preset in found}


@cache
def matrix_presets() -> dict[str, Matrix]:
    found = [_read(path, read_matrix) for path in sorted(_HERE.glob("matrix_*.yaml"))]
    return {matrix.key: matrix for matrix in found}


def _read(path: Path, reader: Callable[[str], Preset]) -> Preset:
    try:
        return reader(path.read_text(encoding="utf-8"))
    except PresetError as error:
        raise PresetError(f"{path.name}: {error.path}", str(error)) from None
