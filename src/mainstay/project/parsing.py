"""How the text of a setting becomes a value. Every function raises ValueError with a sentence for people."""

import difflib
import re
import shlex
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from mainstay.core.outgoing.rules import read_network

CHECKOUT = Path(__file__).resolve().parents[3]


def nearest(name: str, accepted: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(accepted), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def read_env_file(path: Path, problems: list[str]) -> dict[str, str]:
    """NAME=value lines; `export`, quotes, empty lines and # comments as in a shell; nothing is expanded."""
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        stripped = line.strip().removeprefix("export ").strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        try:
            if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name.strip()):
                raise ValueError("expected NAME=value")  # noqa: TRY301
            values[name.strip()] = _unquoted(value.strip())
        except ValueError as error:
            problems.append(f"{path}, line {number}: {error}")
    return values


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        parts = shlex.split(value, comments=True)
        if len(parts) != 1:
            raise ValueError("text after the closing quote")
        return parts[0]
    return re.split(r"\s#", value, maxsplit=1)[0].strip()


def parse_text(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("holds control characters")
    return text


YES = frozenset({"1", "yes", "true", "on"})


def parse_switch(text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in ("0", "no", "false", "off", ""):
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    number.__name__ = f"number {least}–{most}"
    return number


def parse_key(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError(f"has {len(text)} characters, at least 32 are needed")
    return text


def parse_keys(text: str) -> tuple[str, ...]:
    return tuple(parse_key(key.strip()) for key in text.split(",") if key.strip())


def parse_directory(text: str) -> Path:
    return (CHECKOUT / Path(text).expanduser()).resolve()


def parse_role_prefix(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text):
        raise ValueError(f"{text!r}: lower-case letters, digits and _, beginning with a letter, at most 40")
    return text


def parse_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def parse_hosts_and_networks(text: str) -> tuple[str, ...]:
    names = parse_names(text)
    for name in names:
        read_network(name)
    return names


def parse_ports(text: str) -> tuple[int, ...]:
    ports = tuple(whole_number(1, 65535)(name) for name in parse_names(text))
    if not ports:
        raise ValueError("names no port; example: 80,443")
    return ports


def parse_name_servers(text: str) -> tuple[tuple[str, int], ...]:
    return tuple(_name_server(name) for name in parse_names(text))


def _name_server(text: str) -> tuple[str, int]:
    bare = text.removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(bare)), 53
    except ValueError:
        host, port = parse_host_and_port(text)
        return str(ip_address(host)), port


def parse_host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not re.fullmatch(r"\d{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not host:port (example: 127.0.0.1:8000)")
    return host, int(port)


def _split(text: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    # The value is not repeated in the message: it may hold a password.
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"is no valid address ({error}); example: {example}") from None
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(s + '://' for s in schemes)}; example: {example}")
    return parts


def parse_web_address(text: str) -> str:
    parts = _split(text, ("http", "https"), "https://support.example.com")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("only scheme, host and port are allowed; example: https://support.example.com")
    return text.rstrip("/")


def parse_web_address_with_path(text: str) -> str:
    parts = _split(text, ("http", "https"), "https://support.example.com/live")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(
            "only scheme, host, port and path are allowed; example: https://support.example.com/live"
        )
    return text.rstrip("/")


def parse_database_address(text: str) -> str:
    if not text:
        return text
    example = "postgresql://user:password@host:5432/name"
    parts = _split(text, ("postgresql", "postgres"), example)
    if not parts.path.strip("/") or "/" in parts.path.strip("/"):
        raise ValueError(f"names no database; example: {example}")
    if not parts.username:
        raise ValueError(f"names no user; example: {example}")
    if not parts.hostname and "host" not in dict(parse_qsl(parts.query)):
        raise ValueError(
            f"names no host; example: {example} or postgresql://user:password@/name?host=/run/postgresql"
        )
    return text


def parse_mail_transport(text: str) -> str:
    if not text:
        return text
    scheme = urlsplit(text).scheme
    if re.fullmatch(r"anymail\+[a-z_]+", scheme):
        return text
    parts = _split(text, ("smtp", "smtps", "file"), "smtp://user:password@mail.example.com:587")
    if scheme == "file":
        _local_path(parts)
    elif not parts.hostname:
        raise ValueError("names no host; example: smtp://user:password@mail.example.com:587")
    return text


def parse_storage(text: str) -> str:
    if not text:
        return text
    parts = _split(text, ("file", "s3"), "s3://bucket?endpoint=https://s3.example.com&region=eu-1")
    if parts.scheme == "file":
        _local_path(parts)
    elif not parts.hostname:
        raise ValueError("names no bucket; example: s3://bucket?endpoint=https://s3.example.com&region=eu-1")
    return text


def _local_path(parts: SplitResult) -> Path:
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("file:// needs an absolute path; example: file:///var/lib/mainstay/files")
    return Path(unquote(parts.path))
