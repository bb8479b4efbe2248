"""The SMTP door: a mail is in the database before it is answered with 250.

Meant to stand behind a mail server, or alone in the demonstration; it relays nothing, it only keeps.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, connections

from mainstay.core.clock import now
from mainstay.support.channels.actions.receive import keep_mail

log = logging.getLogger(__name__)
MAX_RECIPIENTS = 1000
CONNECTIONS = 4
"""Database connections of this door, as the connection budget counts them."""


class Server(SMTP):  # type: ignore[misc]
    # Senders break the limit of RFC 5321 (998 characters) daily; refusing their mail would lose it. The
    # size limit bounds a line as well.
    line_length_limit = 64 * 1024 * 1024

    async def push(self, status: Any) -> Any:
        # A line beyond even that is a mail too large; "line too long" would send its writer astray.
        if isinstance(status, str) and status.startswith(("500 Line too long", "552 Error: Too much")):
            status = f"552 5.3.4 Message exceeds the limit of {self.data_size_limit} bytes"
        return await super().push(status)


class Door:
    """aiosmtpd's handler: each hook answers one command."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            loop = asyncio.get_running_loop()
            mail_id = await loop.run_in_executor(self._executor, self._keep, raw, envelope, session, now())
        except Exception:
            log.exception("a mail could not be kept; its sender will try again")
            return "451 4.3.0 Cannot keep the message at the moment, try again later"
        return f"250 OK kept as {mail_id}"

    @staticmethod
    def _keep(raw: bytes, envelope: Envelope, session: Session, at: datetime) -> Any:
        try:
            return keep_mail(
                raw,
                door="smtp",
                at=at,
                # aiosmtpd hands MAIL FROM:<> on with its brackets
                envelope_from=(envelope.mail_from or "").removeprefix("<>"),
                envelope_to=envelope.rcpt_tos,
                mailbox=envelope.rcpt_tos[0] if envelope.rcpt_tos else "",
                peer=_peer(session),
            )
        except DatabaseError:
            connections.close_all()  # the next mail begins with a fresh one
            raise


def _peer(session: Session) -> str:
    peer = session.peer
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""


async def serve(host: str, port: int, *, size_limit: int, stop: asyncio.Event) -> None:
    """Until `stop` is set; a mail that is being written is still answered."""
    executor = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="smtp")
    door = Door(executor)
    loop = asyncio.get_running_loop()
    talking: WeakSet[Server] = WeakSet()

    def receive() -> Server:
        made = Server(
            door,
            data_size_limit=size_limit,
            enable_SMTPUTF8=True,
            ident="Mainstay",
            hostname="mainstay",
            loop=loop,
            timeout=600,  # it runs from the command on, so a slow sender's whole mail must fit into it
        )
        talking.add(made)
        return made

    server = await loop.create_server(receive, host, port)
    log.info("SMTP on %s:%s", host, port)
    barrier = threading.Barrier(CONNECTIONS)
    async with server:
        await stop.wait()
        server.close()
    await asyncio.gather(*(loop.run_in_executor(executor, _hang_up, barrier) for _ in range(CONNECTIONS)))
    executor.shutdown()
    for one in list(talking):  # mail servers keep a connection for the next mail
        if one.transport is not None:
            one.transport.close()
    await asyncio.sleep(0)


def _hang_up(barrier: threading.Barrier) -> None:
    """Once in each thread, hence the barrier: connections belong to the thread that opened them."""
    barrier.wait(timeout=10)
    connections.close_all()
