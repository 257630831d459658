"""Opening a session."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import AsyncIterable, AsyncIterator, Generator, Sequence
from typing import Any, Literal

from ._options import Cleanup, Endpoint, Keep, Partials, to_wire
from ._target import Target
from .errors import SottoError
from .events import Event
from .session import Audio, Session

__all__ = ["Connecting", "connect", "stream"]

Encoding = Literal["pcm_s16le", "pcm_f32le", "mulaw", "alaw"]


class Connecting:
    """A session that is opened by ``async with`` or ``await``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __await__(self) -> Generator[Any, None, Session]:
        return self._session._open().__await__()

    async def __aenter__(self) -> Session:
        return await self._session._open()

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()


def connect(
    url: str | None = None,
    *,
    key: str | None = None,
    encoding: Encoding = "pcm_s16le",
    sample_rate: int = 16_000,
    channels: int = 1,
    channel_mode: Literal["mix", "separate"] = "mix",
    language: str | None = None,
    languages: Sequence[str] | None = None,
    task: Literal["transcribe", "translate"] | None = None,
    model: str | None = None,
    source: Literal["live", "recording"] | None = None,
    vocabulary: Sequence[str] | None = None,
    partials: Partials | None = None,
    cleanup: Cleanup | None = None,
    endpoint: Endpoint | None = None,
    keep: Keep | None = None,
    room: str | None = None,
    translations: Sequence[str] | None = None,
    revise: bool | None = None,
    reconnect: bool = True,
    timeout: float = 15.0,
    ssl: tls.SSLContext | None = None,
) -> Connecting:
    """Opens a session: ``async with sotto.connect() as session``, or ``session = await sotto.connect()``.

    ``url`` is that of the server, without a path; by default ``SOTTO_URL`` of the environment, else ws://127.0.0.1:8080.
    ``key`` is a key or token for a server that requires one; by default ``SOTTO_KEY`` of the environment. ``ssl`` checks
    the certificate of a server with ``https`` or ``wss``; by default as Python does.

    The other options are those of ``start`` in the protocol; the server has a default for each that is left out.
    ``reconnect=False`` holds no audio and ends with the connection. ``timeout`` is the longest wait for the session to
    begin, s.

    Raises ``SottoError`` with the fault of the server, or ``connection.lost`` or ``connection.timeout``.
    """
    options = {
        "audio": {
            "encoding": encoding,
            "sample_rate": sample_rate,
            "channels": channels,
            "channel_mode": channel_mode,
        },
        "language": language,
        "languages": languages,
        "task": task,
        "model": model,
        "source": source,
        "vocabulary": vocabulary,
        "partials": partials,
        "cleanup": cleanup,
        "endpoint": endpoint,
        "keep": keep,
        "room": room,
        "translations": translations,
        "revise": revise,
    }
    return Connecting(Session(Target.resolve(url, key, ssl), to_wire(options), reconnect=reconnect, timeout=timeout))


async def stream(audio: AsyncIterable[Audio], url: str | None = None, **options: Any) -> AsyncIterator[Event]:
    """Opens a session with the options of ``connect``, sends everything that ``audio`` yields, finishes, and yields the
    events. An exception of ``audio`` ends the session and is raised here."""
    failures: list[Exception] = []

    async def send(session: Session) -> None:
        try:
            async for piece in audio:
                await session.send(piece)
        except Exception as error:
            # Where the session itself has ended, reading its events says why.
            failures.append(error)
            await session.close()
        else:
            await session.finish()

    async with connect(url, **options) as session:
        sending = asyncio.create_task(send(session))
        try:
            async for event in session:
                yield event
        except SottoError as error:
            raise failures[0] if failures and error.code == "session.ended" else error
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
