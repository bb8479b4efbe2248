"""Reading pages as somebody of the cast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.people.tenants.tests.make import Person, sign_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
BUDGET = 11


def client_of(person: Person) -> Client:
    return sign_in(Client(), person)


def status_of(client: Client, path: str) -> int:
    """Reads what is streamed: a file that nobody reads stays open."""
    answer = client.get(path)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _NEVER or (tag == "script" and not (given.get("src") or "").startswith("/static/")):
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append(f"<{tag} {name}>")
            if name in _ADDRESSES and address.startswith(("javascript:", "data:", "vbscript:")):
                self.faults.append(f"<{tag} {name}={value}>")
            if name == "src" and not address.startswith("/"):
                self.faults.append(f"<{tag} src={value}>")


_NEVER = ("style", "iframe", "object", "embed", "base", "frame", "frameset", "applet", "portal")
_ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "poster", "background")


def active_content(text: str) -> list[str]:
    """Whatever a browser would run, load from elsewhere, or take as a style."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.faults


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.content.decode()[:2000])
    return answer.content.decode()


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """Queries that read or write; not the transaction's own statements, nor what binds it to the tenant."""
    with CaptureQueriesContext(connection) as captured:
        yield
    frame = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET LOCAL", "SELECT set_config('role'")
    counted = [q["sql"] for q in captured if not q["sql"].lstrip().startswith(frame)]
    assert len(counted) <= count, "\n".join(counted)
