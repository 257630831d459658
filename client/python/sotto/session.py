"""One live session, which outlives its connections."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Union

from ._back_off import compute_back_off
from ._event_log import EventLog
from ._heartbeat import Heartbeat
from ._options import Changes, to_wire
from ._read_event import parse_message, read_event
from ._refusal import describe_close, explain_refusal
from ._socket import ABNORMAL, Socket, SocketClosed, SocketRefused, open_socket
from ._target import Target
from ._unacknowledged import Unacknowledged
from ._wait_within import wait_within
from .errors import SottoError
from .events import Ack, Done, Event, Fault, Flushed, Ready, Reconnecting, Resumed

__all__ = ["Audio", "Session"]

#: Audio in the encoding of the session.
Audio = Union[bytes, bytearray, memoryview]

#: Audio is held until it is acknowledged, s; ``send`` waits from half of it.
HELD_S = 60
#: Unsent bytes from which ``send`` waits where nothing is held: a second of 16 kHz audio is 32 kB.
UNSENT_MAX = 262_144
#: Size of a frame of audio, bytes: whole samples of every encoding and number of channels.
FRAME_BYTES = 16_384
#: A client that sends nothing for so long says that it is there, s; the server allows a minute.
KEEPALIVE_S = 20.0
#: Time for the server to answer an attempt to resume, s; each further one gets twice as long, up to a bound.
ATTEMPT_S = 5.0
ATTEMPT_MOST_S = 20.0
#: Closes a connection that seems dead. Without a status, a close frame that does arrive would end the session.
GIVEN_UP = 4000
#: The server closed the connection because of what was sent; sending it again would not help.
FINAL_STATUSES = frozenset({1002, 1003, 1007, 1008, 1009, 1010})


class Session:
    """A session that ``connect`` has opened. Read its events with ``async for``: each comes once, from ``ready`` on.

    When the connection is lost, it is opened again and the session resumed, for as long as the server keeps it
    (``ready.resume_ms``, and its result for as long again): no event is missing and none comes twice, and audio that
    the server had not received is sent again. ``Reconnecting`` and ``Resumed`` report this among the events.

    Reading ends behind ``Done``. Where a session ends otherwise, it raises the ``SottoError`` that says why.
    """

    def __init__(self, target: Target, start: dict[str, Any], *, reconnect: bool, timeout: float) -> None:
        self._target = target
        self._start = start
        self._timeout = timeout
        self._reconnects = reconnect
        self._ready: Ready | None = None
        self._socket: Socket | None = None
        self._outgoing = Unacknowledged(1, 1)
        self._log = EventLog()
        self._seq = 0
        self._bytes_per_ms = 1.0
        self._reported_lost_bytes = 0
        self._client = uuid.uuid4().hex[:12]
        self._attempts = 0
        self._heartbeat = Heartbeat(0)
        self._fault: SottoError | None = None
        self._error: SottoError | None = None
        self._done: Done | None = None
        self._is_over = False
        self._is_finishing = False
        self._has_ended = False
        self._flushes = 0
        self._flushed: dict[str, asyncio.Future[Flushed]] = {}
        #: Set when there is something to send, and when something was sent or acknowledged.
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> Ready:
        """The first event: what the session is, and how the server hears it."""
        if self._ready is None:
            raise RuntimeError("The session has not begun; await connect() first.")
        return self._ready

    @property
    def lost_ms(self) -> int:
        """Audio that was dropped at the bound of the buffer and never reached the server. ``send`` drops none."""
        return round(self._outgoing.lost_bytes / self._bytes_per_ms)

    async def send(self, audio: Audio) -> None:
        """Sends audio, and waits while there is no room: when the server reads more slowly than this sends, or when 30 s
        of it are not acknowledged, as during a lost connection. Raises ``SottoError`` once the session has ended."""
        view = memoryview(audio).cast("B")
        for at in range(0, len(view), FRAME_BYTES):
            while self._is_full:
                self._progress.clear()
                await self._progress.wait()
            self._push(view[at : at + FRAME_BYTES])

    def send_nowait(self, audio: Audio) -> None:
        """Sends audio without waiting, for sources that cannot: of more than 60 s that are not acknowledged, the oldest
        are dropped, and ``lost_ms`` and the next ``Resumed`` say how much."""
        view = memoryview(audio).cast("B")
        for at in range(0, len(view), FRAME_BYTES):
            self._push(view[at : at + FRAME_BYTES])

    async def send_all(self, source: AsyncIterable[Audio]) -> Done:
        """Sends everything that ``source`` yields, then finishes."""
        async for audio in source:
            await self.send(audio)
        return await self.finish()

    def configure(self, changes: Changes) -> None:
        """Changes settings from the next decode on: those of ``connect`` that ``Changes`` names. A bad value is answered
        by a ``Fault`` that is not fatal, and nothing changes."""
        self._send_command({"type": "configure", **to_wire(changes)})

    async def flush(self) -> Flushed:
        """Finalises everything sent so far, and returns when its finals have come."""
        self._flushes += 1
        name = f"f{self._flushes}"
        answer: asyncio.Future[Flushed] = asyncio.get_running_loop().create_future()
        self._send_command({"type": "flush", "id": name})
        self._flushed[name] = answer
        try:
            return await answer
        finally:
            del self._flushed[name]

    async def finish(self) -> Done:
        """Ends the session: no audio follows. Returns when every final and cleaning has come; may be called again."""
        if not self._is_finishing and not self._has_ended:
            self._send_command({"type": "finish"})
            self._is_finishing = True
        await self._ended.wait()
        if self._done is None:
            raise self._describe_end("the session was complete")
        return self._done

    async def close(self) -> None:
        """Leaves at once. What is not final yet is lost, unless ``finish`` has returned."""
        self._is_over = True
        if self._task is not None and not self._has_ended:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._has_ended:  # A task that is cancelled before it runs does nothing at all.
                self._end(SocketClosed(1000))
        if self._socket is not None:
            await self._socket.close(1000)

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        event = await self._log.next()
        if event is None:
            raise self._error or StopAsyncIteration
        return event

    # Beginning and end

    async def _open(self) -> Session:
        """Connects and waits for ``ready``."""
        try:
            await wait_within(self._begin(), self._timeout)
        except TimeoutError as error:
            text = f"{self._target.url} did not answer within {self._timeout:g} s."
            raise SottoError("connection.timeout", text) from error
        self._task = asyncio.create_task(self._run())
        return self

    async def _begin(self) -> None:
        try:
            socket = await open_socket(self._target, None, self._timeout)
        except SocketRefused as refused:
            raise await explain_refusal(refused, self._target) from refused
        try:
            await socket.send(json.dumps({"type": "start", **self._start}))
            while self._ready is None:
                self._receive(await socket.receive())
        except SocketClosed as closed:
            raise self._fault or describe_close(closed) from closed
        except BaseException:
            self._discard(socket)
            raise
        self._socket = socket

    def _handle_ready(self, ready: Ready) -> None:
        self._ready = ready
        self._bytes_per_ms = ready.audio.frame_bytes * ready.audio.sample_rate / 1_000
        bound = int(HELD_S * 1_000 * self._bytes_per_ms)
        self._outgoing = Unacknowledged(ready.audio.frame_bytes, bound, is_kept=self._can_resume)
        self._heartbeat = Heartbeat(ready.alive_ms / 1_000 if self._can_resume else 0)

    async def _run(self) -> None:
        """Serves one connection after the other, until the session has ended."""
        end: SocketClosed | None = None
        try:
            while end is None:
                end = await self._resume(await self._serve())
        finally:
            self._end(end or SocketClosed(ABNORMAL))

    def _end(self, closed: SocketClosed) -> None:
        self._has_ended = True
        if self._done is None:
            left = SottoError("session.ended", "The session was closed by its own program.")
            self._error = self._fault or (left if self._is_over else describe_close(closed))
        for answer in self._flushed.values():
            if not answer.done():
                answer.set_exception(self._describe_end("the answer to flush came"))
        for each in (self._ended, self._progress, self._wake):
            each.set()
        self._log.end()

    def _describe_end(self, awaited: str) -> SottoError:
        error = self._error or SottoError("session.ended", "The session has ended.")
        return SottoError(error.code, f"{error.text} It ended before {awaited}.", retry=error.retry, data=error.data)

    # One connection

    async def _serve(self) -> SocketClosed:
        """Sends and receives on the present connection until it ends; returns how."""
        socket = self._socket
        assert socket is not None
        writing = asyncio.create_task(self._write(socket))
        try:
            while self._done is None:
                message = await self._heartbeat.receive(socket)
                if message is None:
                    self._discard(socket)
                    return SocketClosed(ABNORMAL)
                self._receive(message)
            return SocketClosed(1000)
        except SocketClosed as closed:
            return closed
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write(self, socket: Socket) -> None:
        try:
            while True:
                item = self._outgoing.take_next()
                if item is not None:
                    await socket.send(item)
                    self._progress.set()
                    continue
                self._wake.clear()
                try:
                    await wait_within(self._wake.wait(), KEEPALIVE_S)
                except TimeoutError:
                    await socket.send('{"type":"keepalive"}')
        except SocketClosed:
            return  # The reader learns it, too.

    def _receive(self, message: bytes | str) -> None:
        value = parse_message(message) if isinstance(message, str) else None
        if value is None or value["type"] == "alive":
            return
        event = read_event(value)
        if event.seq > 0:
            if event.seq <= self._seq:
                return
            self._seq = event.seq
        if isinstance(event, Ready):
            self._handle_ready(event)
        elif isinstance(event, Ack):
            self._outgoing.acknowledge(event.samples)
            self._progress.set()
        elif isinstance(event, Done):
            self._done = event
        elif isinstance(event, Fault) and event.fatal:
            self._fault = SottoError.from_fault(value)
            self._is_over = True
        elif isinstance(event, Flushed) and event.id in self._flushed:
            answer = self._flushed[event.id]
            if not answer.done():
                answer.set_result(event)
        self._log.push(event)

    # Resuming

    @property
    def _can_resume(self) -> bool:
        return self._reconnects and self._ready is not None and self._ready.resume_ms > 0

    async def _resume(self, closed: SocketClosed) -> SocketClosed | None:
        """Opens new connections until one resumes the session; None when one has, else how the last one ended."""
        now = asyncio.get_running_loop().time
        lost_at = now()
        attempt = 0
        # The server finalises the session after `resume_ms` and keeps the result for as long again.
        while now() - lost_at <= 2 * self.ready.resume_ms / 1_000:
            if self._done is not None or self._is_over or closed.code in FINAL_STATUSES or not self._can_resume:
                return closed
            attempt += 1
            self._log.push(Reconnecting(attempt=attempt))
            await asyncio.sleep(compute_back_off(attempt, random.random()))
            timeout = min(ATTEMPT_MOST_S, ATTEMPT_S * 2 ** min(attempt - 1, 8))
            try:
                await wait_within(self._attempt(timeout), timeout)
                return None
            except SocketClosed as failed:
                closed = failed
            except TimeoutError:
                closed = SocketClosed(ABNORMAL)
        return closed

    async def _attempt(self, timeout: float) -> None:
        """One attempt. Raises ``SocketClosed`` when it fails."""
        ready = self.ready
        try:
            socket = await open_socket(self._target, ready.session, timeout)
        except SocketRefused as refused:
            self._fault = await explain_refusal(refused, self._target, ready.session)
            self._is_over = self._is_over or self._fault.retry == "never"
            raise SocketClosed(ABNORMAL) from refused
        try:
            await socket.send(json.dumps(self._build_resume()))
            while (value := await self._receive_answer(socket)) is None:
                pass
        except BaseException:
            self._discard(socket)
            raise
        self._socket = socket
        self._fault = None
        self._outgoing.resume(int(value["samples"]), int(value["commands"]))
        lost = self._outgoing.lost_bytes
        lost_ms = round((lost - self._reported_lost_bytes) / self._bytes_per_ms)
        self._reported_lost_bytes = lost
        self._log.push(Resumed(lost_ms=lost_ms, raw=value))
        self._progress.set()

    def _build_resume(self) -> dict[str, Any]:
        self._attempts += 1
        resume = {
            "session": self.ready.session,
            "secret": self.ready.secret,
            "seq": self._seq,
            # An attempt that was given up and arrives late does not take the session over.
            "attempt": {"of": self._client, "number": self._attempts},
        }
        return {"type": "start", "resume": resume, **({"keep": {}} if "keep" in self._start else {})}

    async def _receive_answer(self, socket: Socket) -> dict[str, Any] | None:
        """The server's ``resumed``; None for anything else. A fault is noted, and ends the connection."""
        message = await socket.receive()
        value = parse_message(message) if isinstance(message, str) else None
        if value is None:
            return None
        if value["type"] == "fault":
            self._fault = SottoError.from_fault(value)
            self._is_over = self._is_over or value.get("code") == "session.unknown"
        return value if value["type"] == "resumed" else None

    def _discard(self, socket: Socket) -> None:
        """Closes a connection that is given up, without waiting for it."""
        task = asyncio.create_task(socket.close(GIVEN_UP))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # Sending

    @property
    def _is_full(self) -> bool:
        most = HELD_S * 1_000 * self._bytes_per_ms / 2 if self._can_resume else UNSENT_MAX
        return self._outgoing.bytes > most and not self._has_ended

    def _push(self, view: memoryview) -> None:
        self._refuse_if_over()
        self._outgoing.push(bytes(view))
        self._wake.set()

    def _send_command(self, message: dict[str, Any]) -> None:
        self._refuse_if_over()
        self._outgoing.push(json.dumps(message))
        self._wake.set()

    def _refuse_if_over(self) -> None:
        if self._has_ended:
            raise self._error or SottoError("session.ended", "The session has ended; nothing can be sent any more.")
        if self._is_finishing:
            raise SottoError("session.ended", "The session was finished; nothing can be sent after that.")
