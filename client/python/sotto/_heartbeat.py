"""Notices connections that are dead: unplugging a cable closes no socket."""

from __future__ import annotations

import asyncio

from ._socket import Socket
from ._wait_within import wait_within

#: A connection is dead after this multiple of the server's longest silence, whatever the network says.
DEAD_AFTER = 2.5
#: A second dead connection within so many seconds may be an overloaded server: the wait then doubles, up to a bound.
REPEAT_WINDOW_S = 60.0
PATIENCE_MAX = 8


class Heartbeat:
    """Receives within the time in which the server must have said something.

    ``alive_s`` is the longest silence that it promises; 0 means no promise, and the wait has no bound.
    """

    def __init__(self, alive_s: float) -> None:
        self._alive_s = alive_s
        self._patience = 1
        self._dead_at = float("-inf")

    async def receive(self, socket: Socket) -> bytes | str | None:
        """The next message; None when the connection is dead."""
        if self._alive_s == 0:
            return await socket.receive()
        now = asyncio.get_running_loop().time
        if now() - self._dead_at > REPEAT_WINDOW_S:
            self._patience = 1
        # The second time is for a program that was suspended itself: it first reads what has come meanwhile.
        for timeout in (self._alive_s * DEAD_AFTER * self._patience, self._alive_s / 4):
            try:
                return await wait_within(socket.receive(), timeout)
            except TimeoutError:
                continue
        self._patience = min(PATIENCE_MAX, self._patience * 2)
        self._dead_at = now()
        return None
