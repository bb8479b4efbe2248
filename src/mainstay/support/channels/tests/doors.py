"""The SMTP door, open for a test that commits."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mainstay.support.channels.smtp import serve


@contextmanager
def smtp_door(size_limit: int) -> Iterator[int]:
    """Its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        chosen: int = probe.getsockname()[1]
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.call_soon(ready.set)
        loop.run_until_complete(serve("127.0.0.1", chosen, size_limit=size_limit, stop=stop))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    _wait_for(chosen)
    yield chosen
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    assert not thread.is_alive()


def _wait_for(port: int) -> None:
    for _attempt in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            threading.Event().wait(0.01)
        else:
            return
    raise TimeoutError
