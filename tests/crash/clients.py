"""Clients that do not give up: a mail server, and a program that repeats with its idempotency key."""

import http.client
import json
import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

GIVE_UP_S = 100.0
_TIMEOUT_S = 5.0
_PAUSE_S = 0.1


@dataclass
class Progress:
    """What was answered, and how often something had to be repeated."""

    accepted: dict[int, str] = field(default_factory=dict)
    """By number: the ticket's id, or what the mail server said."""
    repeated: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, number: int, answer: str) -> None:
        with self._lock:
            self.accepted[number] = answer

    def repeat(self) -> None:
        with self._lock:
            self.repeated += 1


class Refused(Exception):
    """Answered, and the answer says: try again."""


def persist(attempt: Callable[[], str], progress: Progress, number: int, close: Callable[[], None]) -> None:
    """Until it is accepted, after each failure on a new connection."""
    deadline = time.monotonic() + GIVE_UP_S
    pause = threading.Event()
    while True:
        try:
            progress.accept(number, attempt())
        except (OSError, http.client.HTTPException, smtplib.SMTPException, Refused):
            close()
            progress.repeat()
            if time.monotonic() > deadline:
                raise
            pause.wait(_PAUSE_S)  # as such clients do
        else:
            return


class ApiClient:
    def __init__(self, address: tuple[str, int], progress: Progress) -> None:
        self._address, self._progress = address, progress
        self._link: http.client.HTTPConnection | None = None

    def create(self, number: int, token: str, requester: str) -> None:
        body = json.dumps(
            {"subject": f"Crash {number}", "body": f"Number {number}.", "requester": {"email": requester}}
        )
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"crash-{number}",
            "Content-Type": "application/json",
        }
        persist(lambda: self._post(body, headers), self._progress, number, self.close)

    def _post(self, body: str, headers: dict[str, str]) -> str:
        if self._link is None:
            self._link = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_S)
        self._link.request("POST", "/api/v1/support/tickets", body, headers)
        answer = self._link.getresponse()
        text = answer.read()
        if answer.status in (429, 500, 502, 503, 504):
            raise Refused(answer.status)
        assert answer.status == 201, (answer.status, text)
        return str(json.loads(text)["id"])

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


class MailServer:
    def __init__(self, address: tuple[str, int], progress: Progress) -> None:
        self._address, self._progress = address, progress
        self._link: smtplib.SMTP | None = None

    def send(self, number: int, sender: str) -> None:
        mail = (
            f"From: <{sender}>\r\nTo: support@mainstay.example\r\nSubject: Mail {number}\r\n"
            f"Message-ID: <crash-{number}@mail.example>\r\nDate: Wed, 10 Jun 2026 12:00:00 +0000\r\n"
            f"Content-Type: text/plain\r\n\r\nNumber {number}.\r\n"
        )
        persist(lambda: self._send(sender, mail), self._progress, number, self.close)

    def _send(self, sender: str, mail: str) -> str:
        if self._link is None:
            self._link = smtplib.SMTP(timeout=_TIMEOUT_S)
            self._link.connect(*self._address)
        self._link.sendmail(sender, ["support@mainstay.example"], mail)
        return "250"

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
