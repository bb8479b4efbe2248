"""One connection to an IMAP server, its folder open. Everything that can go wrong becomes `Failed`.

No database and no clock in here: it is used between transactions, never inside one.
"""

from __future__ import annotations

import imaplib
import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxLoginError,
    UnexpectedCommandStatusError,
)
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.utils import encode_folder

from mainstay.support.channels.imap.heads import HEADERS, Answer, Head, answers, read_head
from mainstay.support.channels.rules import Security, Trouble

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 30.0
_HEADS_AT_ONCE: Final = 200
_LISTEN_SLICE_S: Final = 1.0
"""Longest wait on the socket before looking whether to stop."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Words of RFC 5530 in a refused log-in that say nothing about the password.
_NOT_THE_PASSWORD: Final = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]|try again|temporar", re.I
)


class Failed(Exception):
    def __init__(self, trouble: Trouble, words: str = "") -> None:
        super().__init__(f"{trouble}: {words}")
        self.trouble = trouble
        self.words = " ".join(words.split())[:300]


class Refused(Exception):
    """The server answered NO or BAD to a command about one mail; the connection still works."""


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    is_read_only: bool = True
    """Nothing there is to be changed, and the server sees to that."""


class Session:
    def __init__(self, box: BaseMailBox, account: Account) -> None:
        self._box = box
        self._client = box.client
        self.uid_validity = self._number("UIDVALIDITY") or 1
        self.next_uid = self._number("UIDNEXT") or self._highest() + 1
        said = self._capabilities()
        self.can_idle, self.can_move = "IDLE" in said, "MOVE" in said
        self.can_expunge_some = "UIDPLUS" in said

    # --- reading

    def uids_after(self, uid: int) -> list[int]:
        # `n:*` always names the last mail too, hence the filter.
        return [found for found in self._search(f"UID {uid + 1}:*") if found > uid]

    def uids_since(self, moment: datetime) -> list[int]:
        """By the day, and one more for zones; compare `arrived_at` for the exact moment."""
        day = moment - timedelta(days=1)
        return self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def heads(self, uids: Sequence[int]) -> list[Head]:
        found: list[Head] = []
        what = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({HEADERS})])"
        for start in range(0, len(uids), _HEADS_AT_ONCE):
            some = uids[start : start + _HEADS_AT_ONCE]
            try:
                found += [read_head(answer) for answer in self._fetch(some, what)]
            except Refused:  # one of them spoils it for all
                found += [head for uid in some for head in self._head(uid, what)]
        wanted = set(uids)
        return [head for head in found if head.uid in wanted]

    def whole(self, uid: int) -> bytes | None:
        """The mail byte by byte, left unread on the server. None: it is no longer there."""
        found = [answer for answer in self._fetch([uid], "(UID BODY.PEEK[])") if answer.uid == uid]
        with_mail = [answer.literal for answer in found if answer.literal is not None]
        if found and not with_mail:
            raise Refused("the server hands out an empty mail")
        return with_mail[0] if with_mail else None

    # --- changing

    def mark_seen(self, uids: Sequence[int]) -> None:
        self._uid("STORE", _joined(uids), "+FLAGS.SILENT", r"(\Seen)")

    def move(self, uids: Sequence[int], folder: str) -> None:
        name = encode_folder(folder).decode()
        if self.can_move:
            self._uid("MOVE", _joined(uids), name)
        else:
            self._uid("COPY", _joined(uids), name)
            self.delete(uids)

    def delete(self, uids: Sequence[int]) -> None:
        self._uid("STORE", _joined(uids), "+FLAGS.SILENT", r"(\Deleted)")
        if self.can_expunge_some:
            self._uid("EXPUNGE", _joined(uids))
        # Else the flag stands until somebody expunges: a plain EXPUNGE would remove what others have marked.

    # --- waiting

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Until something changes in the folder, `stop` is set, or the time is over."""
        with _named():
            if self.can_idle:
                self._idle(seconds, stop)
            else:
                stop.wait(seconds)
                self._box.client.noop()

    def _idle(self, seconds: float, stop: threading.Event) -> None:
        until = time.monotonic() + seconds
        self._box.idle.start()  # type: ignore[no-untyped-call]
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if self._has_more():
                break
            began, part = time.monotonic(), min(left, _LISTEN_SLICE_S)
            said = self._box.idle.poll(timeout=part)
            # Nothing said before its time is the end of the connection, which `stop` below then finds out.
            if said or time.monotonic() - began < part * 0.5:
                break
        self._box.idle.stop()  # type: ignore[no-untyped-call]

    def _has_more(self) -> bool:
        """Lines that came together with the last answer: they wait in a buffer, where poll() does not look."""
        reader, sock = getattr(self._client, "_file", None), self._client.sock
        if reader is None or not hasattr(reader, "peek"):
            return False
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            return bool(reader.peek(1))
        except OSError:
            return False
        finally:
            sock.settimeout(before)

    # --- plumbing

    def _capabilities(self) -> set[str]:
        """Asked anew: many servers say more once somebody has logged in."""
        with _named():
            _kind, data = self._client.capability()
        return {
            word.upper()
            for word in b" ".join(line for line in data if line).decode("ascii", "replace").split()
        }

    def _number(self, name: str) -> int:
        _kind, data = self._client.response(name)
        last = data[-1] if data else None
        return int(last) if last else 0

    def _highest(self) -> int:
        return max(self._search("UID *"), default=0)

    def _search(self, criteria: str) -> list[int]:
        try:
            data = self._uid("SEARCH", None, criteria)
        except Refused as refusal:
            raise Failed(Trouble.SERVER, str(refusal)) from None
        return sorted({int(n) for line in data if line for n in bytes(line).split()})

    def _head(self, uid: int, what: str) -> list[Head]:
        try:
            return [read_head(answer) for answer in self._fetch([uid], what)]
        except Refused:
            return [Head(uid, 0, None, "", "", "")]

    def _fetch(self, uids: Sequence[int], what: str) -> list[Answer]:
        return answers(self._uid("FETCH", _joined(uids), what)) if uids else []

    def _uid(self, command: str, *arguments: str | None) -> list[Any]:
        with _named():
            # SEARCH takes no charset here: some servers refuse any.
            given = [a for a in arguments if a is not None]
            try:
                kind, data = self._client.uid(command, *given)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as refusal:
                raise Refused(str(refusal)) from None
        if kind != "OK":
            raise Refused(
                b" ".join(part for part in data if isinstance(part, bytes)).decode("utf-8", "replace")
            )
        return list(data)


@contextmanager
def open_session(
    account: Account, *, plain_hosts: Sequence[str], timeout_s: float = TIMEOUT_S
) -> Iterator[Session]:
    with _named():
        box = _connect(account, plain_hosts, timeout_s)
    try:
        with _named():
            if account.security == Security.STARTTLS:
                box.client.starttls(ssl.create_default_context())
            _log_in(box, account)
            _select(box, account)
        yield Session(box, account)
    finally:
        _leave(box)


def _connect(account: Account, plain_hosts: Sequence[str], timeout_s: float) -> BaseMailBox:
    if account.security == Security.TLS:
        context = ssl.create_default_context()
        return MailBox(account.host, account.port, timeout=timeout_s, ssl_context=context)
    if account.security == Security.NONE and not may_be_plain(account.host, plain_hosts):
        raise Failed(Trouble.PLAIN)
    return MailBoxUnencrypted(account.host, account.port, timeout=timeout_s)


def _leave(box: BaseMailBox) -> None:
    """In good manners where the server still listens; without the connection in any case."""
    with suppress(Exception):
        box.client.sock.settimeout(5)
        box.client.logout()
    with suppress(OSError):
        box.client.shutdown()


def may_be_plain(host: str, allowed: Sequence[str]) -> bool:
    """Passwords travel unencrypted to this machine itself only, and to hosts that the settings name."""
    if host.lower() in {"localhost", *(name.lower() for name in allowed)}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _log_in(box: BaseMailBox, account: Account) -> None:
    try:
        if (account.username + account.password).isascii():
            box.login(account.username, account.password, initial_folder=None)
        else:
            box.login_utf8(account.username, account.password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error) as refusal:
        words = _server_words(refusal)
        trouble = Trouble.SERVER if _NOT_THE_PASSWORD.search(words) else Trouble.PASSWORD
        raise Failed(trouble, words) from None


def _select(box: BaseMailBox, account: Account) -> None:
    try:
        box.folder.set(account.folder, readonly=account.is_read_only)
    except MailboxFolderSelectError as refusal:
        raise Failed(Trouble.FOLDER, _server_words(refusal)) from None


@contextmanager
def _named() -> Iterator[None]:
    """Whatever the libraries raise, as `Failed` with the trouble's name."""
    try:
        yield
    except Failed:
        raise
    except imaplib.IMAP4.abort as error:
        raise Failed(Trouble.LOST, str(error)) from None
    except ssl.SSLError as error:
        raise Failed(Trouble.TLS, error.reason or str(error)) from None
    except socket.gaierror as error:
        raise Failed(Trouble.NAME, error.strerror or "") from None
    except TimeoutError:
        raise Failed(Trouble.TIMEOUT) from None
    except (ConnectionResetError, BrokenPipeError) as error:
        raise Failed(Trouble.LOST, error.strerror or "") from None
    except OSError as error:
        raise Failed(Trouble.CONNECT, error.strerror or str(error)) from None
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise Failed(Trouble.SERVER, _server_words(error)) from None


def _server_words(error: Exception) -> str:
    """The server's own sentence, out of what the libraries wrap around it."""
    data: Any = error.command_result[1] if isinstance(error, UnexpectedCommandStatusError) else error.args
    parts = data if isinstance(data, list | tuple) else [data]
    return " ".join(p.decode("utf-8", "replace") if isinstance(p, bytes) else str(p) for p in parts)


def _joined(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))
