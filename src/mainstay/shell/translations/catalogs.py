"""Each room keeps its own catalogue: what it must hold, what it holds, and writing it."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings

from mainstay.shell.translations.extract import Place, Text, texts_of_file

_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[#0\- +]*\d*(?:\.\d+)?([sdifrx])|\{(\w*)\}")
_SKIPPED = {"tests", "migrations", "__pycache__", "gallery"}


@dataclass
class Room:
    """A directory whose texts go into one catalogue: an installed app, or the owner of a LOCALE_PATHS entry."""

    name: str
    root: Path
    places: dict[Text, list[Place]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def catalogue(self, language: str) -> Path:
        return self.root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_rooms(source_root: Path) -> list[Room]:
    """Every room below `source_root` with the texts found in its files; a file belongs to the nearest room."""
    rooms = [
        Room(config.name, Path(config.path))
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(source_root)
    ]
    rooms += [Room(Path(path).parent.name, Path(path).parent) for path in settings.LOCALE_PATHS]
    nowhere = Room("(no room)", source_root)
    by_root = {room.root: room for room in rooms}
    for path in _files(source_root):
        owner = next((by_root[parent] for parent in path.parents if parent in by_root), nowhere)
        _collect(owner, path, source_root)
    nowhere.problems += [
        f"{place}: no catalogue for this file: neither an installed app nor below a LOCALE_PATHS owner"
        for places in nowhere.places.values()
        for place in places
    ]
    return [room for room in [*rooms, nowhere] if room.places or room.problems]


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        wanted = path.suffix == ".py" or (path.suffix in (".html", ".txt") and "templates" in inside.parts)
        if wanted and not _SKIPPED.intersection(inside.parts) and inside.name != "gallery.py":
            yield path


def _collect(room: Room, path: Path, source_root: Path) -> None:
    for found, line in texts_of_file(path):
        place = Place(path.relative_to(source_root), line)
        if isinstance(found, str):
            room.problems.append(f"{place}: {found}")
        else:
            room.places.setdefault(found, []).append(place)


def read_catalogue(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def synced(room: Room, language: str) -> str:
    """The room's catalogue with new texts added (untranslated), vanished ones dropped, translations kept."""
    old = read_catalogue(room.catalogue(language), language)
    new = Catalog(locale=language)
    for text, places in sorted(room.places.items(), key=lambda item: (item[1][0].path, item[0])):
        known = old.get(text.id, text.context or None)
        strings = _strings(known)
        translation = (*strings, "", "")[:2] if text.plural else strings[0]
        new.add(
            (text.id, text.plural) if text.plural else text.id,
            translation,
            locations=[(str(path), 0) for path in dict.fromkeys(place.path for place in places)],
            context=text.context or None,
            flags=known.flags if known else (),
            user_comments=known.user_comments if known else (),
        )
    out = io.BytesIO()
    write_po(out, new, width=110, omit_header=True, include_lineno=False)
    return _HEADER.format(language=language) + out.getvalue().decode()


def faults(room: Room, language: str) -> list[str]:
    """Everything that would show a reader an untranslated or broken text."""
    catalog = read_catalogue(room.catalogue(language), language)
    found = list(room.problems)
    wanted = {text.key for text in room.places}
    for text, places in room.places.items():
        where = f"{places[0]}: {text.id!r}"
        known = catalog.get(text.id, text.context or None)
        if known is None:
            found.append(f"{where} is missing in {language}")
            continue
        strings = _strings(known)
        if text.plural and len(strings) < 2:
            found.append(f"{where} lacks its plural in {language}")
        if not all(strings):
            found.append(f"{where} is empty in {language}")
        elif known.fuzzy:
            found.append(f"{where} is fuzzy in {language}")
        else:
            found += _placeholder_faults(where, text, strings)
    found += [
        f"{room.name}: {message.id!r} is no longer used: run sync_messages"
        for message in catalog
        if message.id and (message.context or "", _first(message.id)) not in wanted
    ]
    return found


def _strings(message: Message | None) -> tuple[str, ...]:
    string = message.string if message else ""
    return tuple(string) if isinstance(string, tuple | list) else (string or "",)


def _first(message_id: str | Iterable[str]) -> str:
    return message_id if isinstance(message_id, str) else next(iter(message_id))


def placeholders(text: str) -> list[str]:
    text = text.replace("%%", "")
    return sorted(match[1] or match[3] or match[0] for match in _PLACEHOLDER.finditer(text))


def _placeholder_faults(where: str, text: Text, strings: Iterable[str]) -> Iterator[str]:
    sources = {tuple(placeholders(source)) for source in (text.id, text.plural) if source}
    unnamed = [name for names in sources for name in names if not name.isidentifier()]
    if unnamed:
        yield f"{where} has placeholders without a name: {', '.join(unnamed)}"
    for string in strings:
        if tuple(placeholders(string)) not in sources:
            yield f"{where}: the placeholders of {string!r} differ"
