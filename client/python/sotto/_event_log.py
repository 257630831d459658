"""The events of a session that its program has not read yet."""

from __future__ import annotations

import asyncio

from .events import Ack, Event, Final, Partial, Reconnecting

#: Unread events from which those that a later one supersedes are left out.
UNREAD_MAX = 1_000


class EventLog:
    """Hands events to whoever reads them, each once.

    Of a program that falls more than ``UNREAD_MAX`` behind, partials, acknowledgements and ``Reconnecting`` that a later
    event supersedes are left out; finals and everything else wait, so that it grows with what is said and not with time.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._at = 0
        self._thin_at = UNREAD_MAX
        self._news = asyncio.Event()
        self._has_ended = False

    def __len__(self) -> int:
        return len(self._events) - self._at

    def push(self, event: Event) -> None:
        self._events.append(event)
        if len(self) >= self._thin_at:
            self._events = without_superseded(self._events[self._at :])
            self._at = 0
            self._thin_at = max(UNREAD_MAX, 2 * len(self._events))
        self._news.set()

    def end(self) -> None:
        """No event follows."""
        self._has_ended = True
        self._news.set()

    async def next(self) -> Event | None:
        """The next event; None when the session has ended and all were read."""
        while len(self) == 0:
            if self._has_ended:
                return None
            self._news.clear()
            await self._news.wait()
        event = self._events[self._at]
        self._at += 1
        if self._at >= UNREAD_MAX or self._at == len(self._events):
            del self._events[: self._at]
            self._at = 0
        return event


def without_superseded(events: list[Event]) -> list[Event]:
    """Leaves out partials before another one or the final of their sentence, and the like of acknowledgements."""
    later: set[object] = set()
    kept: list[Event] = []
    for event in reversed(events):
        name = _superseded_by(event)
        if name in later and not isinstance(event, Final):
            continue
        if name is not None:
            later.add(name)
        kept.append(event)
    return kept[::-1]


def _superseded_by(event: Event) -> object:
    """Events of one name supersede each other; None for those that supersede none."""
    if isinstance(event, (Ack, Reconnecting)):
        return event.type
    return (event.channel, event.sentence) if isinstance(event, (Partial, Final)) else None
