"""Compiles the translations: .po files are kept, .mo files are made where they changed. No gettext needed."""

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mainstay.project.options import CHECKOUT


class TranslationError(Exception):
    pass


def compile_messages(root: Path = CHECKOUT / "src") -> list[Path]:
    """The .po files that were compiled. A .mo file carries the time of the .po file that it was made from."""
    changed = [
        source for source in sorted(root.rglob("locale/*/LC_MESSAGES/*.po")) if not _is_current(source)
    ]
    for source in changed:
        _compile(source)
    return changed


def _is_current(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return target.exists() and target.stat().st_mtime_ns == source.stat().st_mtime_ns


def _compile(source: Path) -> None:
    status = source.stat()
    with source.open("rb") as file:
        catalog = read_po(file, locale=source.parts[-3], domain=source.stem, abort_invalid=True)
    problems = [
        f"{source}, line {message.lineno}: {error}" for message, errors in catalog.check() for error in errors
    ]
    if problems:
        raise TranslationError("\n".join(problems))
    # Processes that start at the same time may compile the same file: each replaces it whole.
    descriptor, name = tempfile.mkstemp(dir=source.parent, suffix=".tmp")
    with os.fdopen(descriptor, "wb") as compiled:
        write_mo(compiled, catalog)
    fresh = Path(name)
    fresh.chmod(0o644)
    os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns))
    fresh.replace(source.with_suffix(".mo"))
