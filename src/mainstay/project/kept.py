"""Small files that Mainstay generates once and keeps in its data directory, readable by its owner alone."""

import json
import os
import secrets
from pathlib import Path

DATABASE_FILE = "database.json"


def private_directory(path: Path) -> Path:
    """Makes the directory for its owner alone; the mode of one that exists is left as it is."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step, mode 0600 from its first byte."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def kept_secret(data_dir: Path, name: str) -> str:
    """The secret of that name, made at the first call. Two processes starting together agree on one."""
    path = private_directory(data_dir) / name
    try:
        kept = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        kept = ""
    if kept:
        return kept
    temporary = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    write_private(temporary, secrets.token_urlsafe(48) + "\n")
    try:
        os.link(temporary, path)  # fails when another process was first: then its secret counts
    except FileExistsError:
        if not path.read_text(encoding="utf-8").strip():
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8").strip()


def keep_addresses(data_dir: Path, database_url: str, database_owner_url: str) -> None:
    addresses = {"database_url": database_url, "database_owner_url": database_owner_url}
    write_private(private_directory(data_dir) / DATABASE_FILE, json.dumps(addresses, indent=1) + "\n")


def kept_addresses(data_dir: Path) -> dict[str, str]:
    """The embedded server's addresses; empty when none was set up in this data directory."""
    try:
        text = (data_dir / DATABASE_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    kept = json.loads(text)
    return {name: str(kept[name]) for name in ("database_url", "database_owner_url")}
