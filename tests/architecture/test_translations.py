"""Whoever reads Spanish sees no English: every text is translated, with the same placeholders."""

from pathlib import Path

import pytest

import mainstay
from mainstay.shell.translations.catalogs import Room, faults, read_rooms

ROOMS = read_rooms(Path(mainstay.__file__).parent)


def test_the_tool_finds_texts() -> None:
    shell = next(room for room in ROOMS if room.name == "mainstay.shell")
    found = {text.id for text in shell.places}
    assert {"Skip to content", "%(span)s ago", "Error %(status)s"} <= found


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_text_has_its_spanish(room: Room) -> None:
    assert faults(room, "es") == []
