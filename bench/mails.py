"""Sends mails over SMTP as a mail server does, in a process of its own: `python -m bench.mails`.

Reads {address, senders, first, connections} as JSON. Ends when each mail was accepted.
"""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

MAIL = """\
From: Someone <{sender}>\r
To: Support <support@mainstay.example>\r
Subject: The export stopped (mail {number})\r
Message-ID: <bench-{number}@mail.example>\r
Date: Wed, 10 Jun 2026 12:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello,\r
\r
since this morning the export of the diary ends after ten minutes ({number}).\r
\r
Kind regards\r
"""


def send(address: tuple[str, int], senders: list[str], first: int, connections: int) -> None:
    """In a process of its own; returns when all are accepted."""
    given = {"address": address, "senders": senders, "first": first, "connections": connections}
    done = subprocess.run(
        [sys.executable, "-m", "bench.mails"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)


def _send(address: list[object], share: list[tuple[int, str]]) -> None:
    with smtplib.SMTP(str(address[0]), int(str(address[1])), timeout=60) as server:
        for number, sender in share:
            mail = MAIL.format(sender=sender, number=number)
            server.sendmail(sender, ["support@mainstay.example"], mail)


def main() -> None:
    given = json.load(sys.stdin)
    numbered = list(enumerate(given["senders"], given["first"]))
    shares = [numbered[lane :: given["connections"]] for lane in range(given["connections"])]
    with ThreadPoolExecutor(len(shares)) as lanes:
        for done in [lanes.submit(_send, given["address"], share) for share in shares if share]:
            done.result()


if __name__ == "__main__":
    main()
