"""Fan-out in memory: who is connected, what happened lately. Everything here runs on the event loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from mainstay.core.events.types import Mark
from mainstay.project.live.rules import NOTICE, REFRESH, Hint, Viewer, mark_of, may_get, token_of

REMEMBERED: Final = 2_000
"""Hints that a client which was away for a moment gets afterwards; beyond, it is told to refresh."""
WAITING: Final = 200
"""Hints that may wait for one slow client before it is dropped."""
PER_USER: Final = 12
_SLACK_S: Final = 1.0
"""An event is read a moment after it happened; a hint twice costs one request."""


@dataclass(eq=False, slots=True)
class Stream:
    viewer: Viewer
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(WAITING + 1))
    is_closed: bool = False

    def push(self, text: bytes) -> None:
        if self.is_closed:
            return
        if self.queue.qsize() >= WAITING:
            self.close()  # it comes back by itself and learns that there is a gap
        else:
            self.queue.put_nowait(text)

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


class Hub:
    def __init__(self, look_again: Callable[[Iterable[str]], None]) -> None:
        """`look_again` gets sessions that may have been revoked."""
        self._look_again = look_again
        self.streams: set[Stream] = set()
        self._per_user: Counter[UUID] = Counter()
        self._lately: deque[tuple[float, Hint]] = deque(maxlen=REMEMBERED)
        """With the moment (of the machine's steady clock) at which each came."""
        self._told: deque[tuple[float, frozenset[UUID]]] = deque(maxlen=REMEMBERED)
        self._known_from: Mark | None = None
        """All hints after this place are in `_lately`."""

    def join(self, viewer: Viewer) -> Stream | None:
        """None: this user has as many streams as one may have."""
        if self._per_user[viewer.user_id] >= PER_USER:
            return None
        stream = Stream(viewer)
        self.streams.add(stream)
        self._per_user[viewer.user_id] += 1
        return stream

    def leave(self, stream: Stream) -> None:
        if stream in self.streams:
            self.streams.remove(stream)
            self._per_user[stream.viewer.user_id] -= 1
            if not self._per_user[stream.viewer.user_id]:
                del self._per_user[stream.viewer.user_id]
        stream.close()

    def tenants_with_ordinary_members(self) -> frozenset[UUID]:
        return frozenset(
            s.viewer.tenant_id
            for s in self.streams
            if s.viewer.tenant_id is not None and not s.viewer.sees_whole_tenant
        )

    def begin_at(self, mark: Mark) -> None:
        """The feed reads from here; everybody who was connected before may have missed something."""
        self._lately.clear()
        self._known_from = mark
        for stream in self.streams:
            stream.push(REFRESH)

    def spread(self, hints: Iterable[Hint]) -> None:
        doubtful: set[str] = set()
        for hint in hints:
            if len(self._lately) == REMEMBERED:
                self._known_from = self._lately[0][1].mark
            self._lately.append((time.monotonic(), hint))
            for stream in self.streams:
                if hint.revokes == stream.viewer.person_id:
                    doubtful.add(stream.viewer.session)
                elif may_get(stream.viewer, hint):
                    stream.push(hint.text)
        if doubtful:
            self._look_again(doubtful)

    def tell(self, people: frozenset[UUID]) -> None:
        """Their inboxes have changed. Nobody else hears of it, and it has no place in the order of events."""
        self._told.append((time.monotonic(), people))
        for stream in self.streams:
            if stream.viewer.person_id in people:
                stream.push(NOTICE)

    def greeting(self, viewer: Viewer, last_token: str, page_age_s: float = 0) -> bytes:
        """The present place, and what a returning client has missed, or that it must refresh. A new one has missed
        what came since its page was asked for."""
        hello = f"retry: 3000\nid: {token_of(self.present)}\n: welcome\n\n".encode()
        if not last_token:
            return (
                self._since(viewer, time.monotonic() - page_age_s - _SLACK_S) + hello if page_age_s else hello
            )
        last = mark_of(last_token)
        if last is None or self._known_from is None or last < self._known_from or last > self.present:
            return hello + REFRESH
        return self._missed(viewer, [hint for _, hint in self._lately if hint.mark > last]) + hello

    def _since(self, viewer: Viewer, moment: float) -> bytes:
        found = self._missed(viewer, [hint for came, hint in self._lately if came >= moment])
        was_told = any(came >= moment and viewer.person_id in people for came, people in self._told)
        return found + (NOTICE if was_told else b"")

    def _missed(self, viewer: Viewer, hints: list[Hint]) -> bytes:
        if not (viewer.is_staff or viewer.sees_whole_tenant):
            # Whether a ticket was theirs was not asked while nobody of them was connected.
            return REFRESH if any(h.tenant_id == viewer.tenant_id for h in hints) else b""
        return b"".join([h.text for h in hints if may_get(viewer, h)])

    @property
    def present(self) -> Mark:
        return self._lately[-1][1].mark if self._lately else self._known_from or Mark(0, 0)

    def replace(self, session: str, viewer: Viewer | None) -> None:
        """After a look at the session: gone, or another seat or role than before: the stream ends, and a
        client that may come back does so as what it is now."""
        for stream in [s for s in self.streams if s.viewer.session == session]:
            if viewer != stream.viewer:
                stream.close()

    def close_all(self) -> None:
        for stream in self.streams:
            stream.close()
