"""The written reference of the settings, derived from their table."""

from pathlib import Path

from mainstay.project.options import CHECKOUT, SETTINGS, Setting

_INTRODUCTION = """# Settings

Mainstay reads these from its environment, or from a file `.env` in the checkout (a template is
`.env.example`). The environment counts more than the file. An empty value means the default. A secret may
also be given as `NAME_FILE`, the path of a file that holds it. A name beginning with `MAINSTAY_` that is
not in this table stops the start, so a misspelt setting is never silently ignored.

This file is written by `./run manage settings_reference`.

| name | kind | default | meaning |
|---|---|---|---|
"""


def settings_page() -> str:
    return _INTRODUCTION + "".join(_row(setting) for setting in SETTINGS.values())


def _row(setting: Setting) -> str:
    kind = setting.kind + (", secret" if setting.secret else "")
    default = f"`{setting.default}`" if setting.default else "–"
    return f"| `{setting.name}` | {kind} | {default} | {setting.help.replace('|', '&#124;')} |\n"


def env_example() -> str:
    lines = ["# Copy to .env and change what differs. Written by ./run manage settings_reference.", ""]
    for setting in SETTINGS.values():
        lines += [f"# {setting.help}", f"#{setting.name}={setting.default}", ""]
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
