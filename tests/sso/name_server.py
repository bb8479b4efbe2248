"""A name server of our own, for TXT records."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class NameServer:
    records: dict[str, list[str]] = field(default_factory=dict)
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    is_silent: bool = False
    address: tuple[str, int] = ("", 0)

    def answer(self, raw: bytes) -> bytes:
        asked = dns.message.from_wire(raw)
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.RA
        name = asked.question[0].name
        texts = self.records.get(name.to_text(omit_final_dot=True).lower())
        if self.rcode != dns.rcode.NOERROR:
            reply.set_rcode(self.rcode)
        elif texts is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            words = [f'"{text}"' for text in texts]
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *words))
        return reply.to_wire()


@contextmanager
def answering() -> Iterator[NameServer]:
    server = NameServer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(0.1)
        server.address = door.getsockname()
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    raw, asker = door.recvfrom(4096)
                except TimeoutError:
                    continue
                if not server.is_silent:
                    door.sendto(server.answer(raw), asker)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            thread.join()
