"""Why a server refused a connection."""

from __future__ import annotations

import asyncio

from ._socket import SocketClosed, SocketRefused
from ._target import Target, parse_refusal
from .errors import SottoError

#: Longest wait for the server's explanation, s.
EXPLANATION_TIMEOUT_S = 3.0


async def explain_refusal(refused: SocketRefused, target: Target, session: str | None = None) -> SottoError:
    """The fault of the server, or what else is known. ``session`` is the one that was to be resumed."""
    if refused.status is None:
        return SottoError("connection.lost", str(refused))
    if refused.body:
        return parse_refusal(refused.status, refused.body)
    # Older versions of `websockets` do not give the body.
    return await fetch_refusal(target, session) or parse_refusal(refused.status, b"")


async def fetch_refusal(target: Target, session: str | None) -> SottoError | None:
    """Asks over HTTP why a connection was refused; None when the server does not say, or would accept it now (426)."""
    url = target.stream_url(session).replace("ws", "http", 1)
    try:
        status, body = await asyncio.to_thread(target.request, url, timeout=EXPLANATION_TIMEOUT_S)
    except SottoError:
        return None
    return None if status == 426 else parse_refusal(status, body)


def describe_close(closed: SocketClosed) -> SottoError:
    """The exception for a connection that ended without a fault. The server's reason is the code of one."""
    return SottoError(closed.reason or "connection.lost", str(closed), data={"close": closed.code})
