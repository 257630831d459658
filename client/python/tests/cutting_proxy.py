"""A TCP proxy that cuts connections, freezes them, or lets nobody through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

#: The first connection gets through its handshake: before ``ready`` there is nothing to resume.
HANDSHAKE_BYTES = 2_000


class CuttingProxy:
    """``budget`` says after how many bytes up and down a connection is cut; ``cuts_max`` how often that happens."""

    def __init__(self, target: str, budget: Callable[[], tuple[int, int]] = lambda: (0, 0), cuts_max: int = 0) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._budget = budget
        self._cuts_max = cuts_max
        self._writers: set[asyncio.StreamWriter] = set()
        self.cuts = 0
        self.connections = 0
        #: While this is set, connections are refused.
        self.is_down = False
        #: While this is set, nothing passes, and nobody is told.
        self.is_frozen = False
        self.url = ""

    async def __aenter__(self) -> CuttingProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Cuts all connections that there are."""
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.is_down:
            writer.transport.abort()
            return
        more = HANDSHAKE_BYTES if self.connections == 1 else 0
        up, down = self._budget()
        there, upstream = await asyncio.open_connection(*self._target)
        pair = {writer, upstream}
        self._writers |= pair
        await asyncio.wait(
            {
                asyncio.ensure_future(self._carry(reader, upstream, up + more)),
                asyncio.ensure_future(self._carry(there, writer, down + more)),
            },
            return_when=asyncio.FIRST_COMPLETED,
        )
        for each in pair:
            each.transport.abort()
        self._writers -= pair

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
        try:
            while data := await reader.read(65_536):
                while self.is_frozen:
                    await asyncio.sleep(0.02)
                if self.cuts < self._cuts_max and len(data) > left:
                    self.cuts += 1
                    writer.write(data[:left])
                    await asyncio.sleep(0.01)
                    return
                left -= len(data)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
