"""The ASGI program: answers `/` and `/live` with a stream, for as long as the session lasts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import Error

from mainstay.core.wall.login import refuse_dangerous_login
from mainstay.project.live.feed import NAME, Feed
from mainstay.project.live.hub import Hub, Stream
from mainstay.project.live.rules import NOTICE, PING, Viewer
from mainstay.project.live.sessions import session_key_of, viewer_of, viewers_of

log = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PING_S: Final = 20.0
LOOK_AGAIN_S: Final = 50.0
SEND_S: Final = 15.0
"""A client that takes nothing for that long is dropped."""
_PATHS: Final = frozenset({"/", "/live"})


class Program:
    """`look_again_s`: how often each session is looked at again."""

    def __init__(self, *, look_again_s: float = LOOK_AGAIN_S) -> None:
        parts = urlsplit(settings.MAINSTAY_URL)
        self._origin = f"{parts.scheme}://{parts.netloc}".encode()
        self._look_again_s = look_again_s
        self._keys: dict[str, str] = {}
        """Mark of a session → its key, for those that are connected."""
        self._stop = threading.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    self._begin()
                except Exception as error:
                    log.exception("the live stream cannot start")
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._end()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._doors = ThreadPoolExecutor(1, "sessions")
        self._doors.submit(refuse_dangerous_login).result(30)
        self._hub = Hub(self._look_at)
        feed = Feed(self._hub, self._loop, self._stop, self._session_ended)
        threading.Thread(target=feed.run, name=NAME, daemon=True).start()
        self._tasks = {asyncio.create_task(self._keep_looking())}

    def _end(self) -> None:
        self._stop.set()
        self._hub.close_all()
        for task in self._tasks:
            task.cancel()
        self._doors.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin")
        shared = self._sharing(origin)
        if scope["path"] == "/healthz":
            await _say(send, 200, "alive", [])
        elif scope["path"] not in _PATHS:
            await _say(send, 404, "There is nothing here.", shared)
        elif origin is not None and origin != self._origin:
            await _say(send, 403, "Only our own pages may listen.", [])
        elif scope["method"] == "OPTIONS":
            await _say(send, 204, "", [*shared, (b"access-control-allow-methods", b"GET")])
        elif scope["method"] != "GET":
            await _say(send, 405, "Only GET.", [*shared, (b"allow", b"GET")])
        else:
            await self._stream(scope, headers, shared, receive, send)

    def _sharing(self, origin: bytes | None) -> Headers:
        vary = [(b"vary", b"Origin")]
        if origin != self._origin:
            return vary
        return [
            *vary,
            (b"access-control-allow-origin", self._origin),
            (b"access-control-allow-credentials", b"true"),
        ]

    async def _stream(
        self, scope: Message, headers: dict[bytes, bytes], shared: Headers, receive: Receive, send: Send
    ) -> None:
        key = session_key_of(headers)
        try:
            viewer = await self._in_doors_thread(viewer_of, key)
        except Error:
            log.warning("the database is away; a stream was refused")
            await _say(send, 503, "Not available at the moment.", [*shared, (b"retry-after", b"3")])
            return
        if viewer is None:
            await _say(send, 401, "Sign in first.", shared)
            return
        stream = self._hub.join(viewer)
        if stream is None:
            await _say(send, 429, "Too many streams for one person.", [*shared, (b"retry-after", b"30")])
            return
        self._keys[viewer.session] = key
        last = headers.get(b"last-event-id", b"").decode("latin-1") or _asked(scope, "after")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*_STREAM_HEADERS, *shared]})
            greeting = self._hub.greeting(viewer, last, _age(_asked(scope, "age")))
            # Whoever was away asks for the count of their notices.
            await send(_part(greeting + (NOTICE if last else b"")))
            await self._pump(stream, receive, send)
        except (TimeoutError, OSError):
            pass  # too slow, or gone
        finally:
            self._hub.leave(stream)
            self._forget_key(viewer)
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, stream: Stream, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            while not gone.done():
                text = await _next(stream, gone)
                if text is None:
                    return
                await asyncio.wait_for(send(_part(text)), SEND_S)
        finally:
            gone.cancel()

    # --- sessions

    async def _in_doors_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await self._loop.run_in_executor(self._doors, function, *arguments)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._look_again_s)
            await self._look(list(self._keys))

    def _look_at(self, sessions: Iterable[str]) -> None:
        task = asyncio.ensure_future(self._look(sessions))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self, sessions: Iterable[str]) -> None:
        keys = {session: self._keys[session] for session in sessions if session in self._keys}
        try:
            viewers = await self._in_doors_thread(viewers_of, list(keys.values()))
        except Error:
            log.warning("the database is away; sessions will be looked at again")
            return
        for session, key in keys.items():
            self._hub.replace(session, viewers[key])

    def _session_ended(self, session: str) -> None:
        self._hub.replace(session, None)

    def _forget_key(self, viewer: Viewer) -> None:
        if not any(s.viewer.session == viewer.session for s in self._hub.streams):
            self._keys.pop(viewer.session, None)


_OLDEST_PAGE_S: Final = 120.0
_STREAM_HEADERS: Final[Headers] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def _next(stream: Stream, gone: asyncio.Future[None]) -> bytes | None:
    """What is there, joined; a ping where nothing came for a while; None at the end."""
    waiting = asyncio.ensure_future(stream.queue.get())
    both: list[asyncio.Future[Any]] = [waiting, gone]
    await asyncio.wait(both, timeout=PING_S, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        return None if gone.done() else PING
    parts = [waiting.result()]
    while not stream.queue.empty():
        parts.append(stream.queue.get_nowait())
    return None if None in parts else b"".join(part for part in parts if part)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(text: bytes) -> Message:
    return {"type": "http.response.body", "body": text, "more_body": True}


def _asked(scope: Message, name: str) -> str:
    asked: bytes = scope["query_string"]
    return parse_qs(asked.decode("latin-1")).get(name, [""])[0]


def _age(milliseconds: str) -> float:
    """Of the page, in seconds; an older one fetches what it shows anew sooner or later."""
    is_number = milliseconds.isascii() and milliseconds.isdigit()
    return min(int(milliseconds[:9]) / 1000, _OLDEST_PAGE_S) if is_number else 0.0


async def _say(send: Send, status: int, words: str, headers: Headers) -> None:
    body = json.dumps({"status": status, "title": words}).encode() if words else b""
    plain = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*plain, *headers]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
