"""A WebSocket, over every version of ``websockets`` from 10.4 on: its API changed in 13 and 14."""

from __future__ import annotations

import asyncio
import inspect
from importlib import import_module
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from ._target import Target

try:
    _connect: Any = import_module("websockets.asyncio.client").connect
except ImportError:  # Before version 13.
    _connect = import_module("websockets").connect

SUBPROTOCOL = "sotto.v1"
#: Largest message that is taken from the server, bytes.
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
#: How long the server may take to answer a close, s.
CLOSE_TIMEOUT_S = 2.0
ABNORMAL = 1006

_PARAMETERS = inspect.signature(_connect.__init__).parameters


class SocketClosed(Exception):
    """The connection has ended; ``code`` is its close status, 1006 without one, and ``reason`` what the server gave."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"The connection ended ({code}{reason and ', ' + reason}).")
        self.code = code
        self.reason = reason


class SocketRefused(Exception):
    """There is no connection. ``status`` and ``body`` are those of an answer that was not an upgrade, where one came."""

    def __init__(self, reason: str, status: int | None = None, body: bytes | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.body = body


class Socket:
    """A connection whose methods raise ``SocketClosed`` and nothing else."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def send(self, data: bytes | str) -> None:
        """Waits while the connection is slow."""
        try:
            await self._connection.send(data)
        except (ConnectionClosed, OSError) as error:
            raise _to_closed(error) from error

    async def receive(self) -> bytes | str:
        """The next message. May be cancelled without losing one."""
        try:
            message: bytes | str = await self._connection.recv()
        except (ConnectionClosed, OSError) as error:
            raise _to_closed(error) from error
        return message

    async def close(self, code: int) -> None:
        """Ends the connection, within ``CLOSE_TIMEOUT_S`` or little more."""
        try:
            await self._connection.close(code)
        except (ConnectionClosed, OSError):
            pass  # It has ended otherwise.


def _to_closed(error: Exception) -> SocketClosed:
    received = getattr(error, "rcvd", None)
    return SocketClosed(ABNORMAL) if received is None else SocketClosed(int(received.code), received.reason)


async def open_socket(target: Target, session: str | None, timeout: float) -> Socket:
    """Connects, for a new session or to resume one, within ``timeout`` seconds. Raises ``SocketRefused``."""
    options: dict[str, Any] = {
        "subprotocols": [SUBPROTOCOL],
        "open_timeout": timeout,
        "close_timeout": CLOSE_TIMEOUT_S,
        "max_size": MESSAGE_BYTES_MAX,
        # The server says every other second that it is there, and audio does not get smaller.
        "ping_interval": None,
        "compression": None,
    }
    options["additional_headers" if "additional_headers" in _PARAMETERS else "extra_headers"] = target.headers
    if target.is_loopback and "proxy" in _PARAMETERS:
        options["proxy"] = None
    url = target.stream_url(session)
    if target.ssl is not None and url.startswith("wss"):
        options["ssl"] = target.ssl
    try:
        return Socket(await _connect(url, **options))
    except InvalidHandshake as error:
        response = getattr(error, "response", None)
        if response is not None:
            raise SocketRefused(str(error), response.status_code, response.body) from error
        raise SocketRefused(str(error), getattr(error, "status_code", None)) from error
    except (TimeoutError, asyncio.TimeoutError) as error:
        raise SocketRefused(f"{target.url} did not answer within {timeout:g} s.") from error
    except (OSError, EOFError, ConnectionClosed, InvalidURI) as error:
        raise SocketRefused(f"{target.url} cannot be reached: {error}") from error
