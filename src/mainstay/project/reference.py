"""The written reference of the settings, derived from their table."""

from pathlib import Path

from django.utils import translation

from mainstay.core.house.labels import SETTINGS as HOUSE_WORDS
from mainstay.core.house.rules import DEFINITIONS, Definition
from mainstay.project.options import CHECKOUT, SETTINGS, Setting

_INTRODUCTION = """# Settings

Mainstay reads these from its environment, or from a file `.env` in the checkout (a template is
`.env.example`). The environment counts more than the file. An empty value means the default. A secret may
also be given as `NAME_FILE`, the path of a file that holds it. A name beginning with `MAINSTAY_` that is
not in this table stops the start, so a misspelt setting is never silently ignored.

This file is written by `./run manage settings_reference`.

## By the environment alone

Secrets, addresses of servers, and how many processes run.

| name | kind | default | meaning |
|---|---|---|---|
"""
_HOUSE = """
## On the page, or by the environment

An administrator sets these on the page *Settings*; a change shows everywhere within a few seconds and stands in the
audit log. One that the environment gives is fixed: the page shows it and cannot change it.

| name | kind | default | meaning |
|---|---|---|---|
"""


def settings_page() -> str:
    with translation.override("en"):
        house = [_house_row(definition) for definition in DEFINITIONS.values()]
    return _INTRODUCTION + "".join([_row(setting) for setting in SETTINGS.values()] + [_HOUSE, *house])


def _row(setting: Setting) -> str:
    kind = setting.kind + (", secret" if setting.secret else "")
    default = f"`{setting.default}`" if setting.default else "–"
    return f"| `{setting.name}` | {kind} | {default} | {setting.help.replace('|', '&#124;')} |\n"


def _house_row(definition: Definition) -> str:
    default = f"`{definition.default}`" if definition.default else "–"
    return f"| `{definition.variable}` | {definition.kind.name} | {default} | {_house_help(definition)} |\n"


def _house_help(definition: Definition) -> str:
    words = HOUSE_WORDS[definition.key]
    return f"{words.name}. {words.help}"


def env_example() -> str:
    lines = ["# Copy to .env and change what differs. Written by ./run manage settings_reference.", ""]
    for setting in SETTINGS.values():
        lines += [f"# {setting.help}", f"#{setting.name}={setting.default}", ""]
    lines += ["# These can also be set on the page Settings; what stands here is fixed there.", ""]
    with translation.override("en"):
        for one in DEFINITIONS.values():
            lines += [f"# {_house_help(one)}", f"#{one.variable}={one.default}", ""]
    return "\n".join(lines)


def _files() -> dict[Path, str]:
    return {CHECKOUT / "docs/settings.md": settings_page(), CHECKOUT / ".env.example": env_example()}


def write_files() -> None:
    for path, text in _files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale_files() -> list[str]:
    """Names of the written files that differ from the table."""
    return [
        str(path.relative_to(CHECKOUT))
        for path, text in _files().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
