import asyncio
import json

import pytest

import sotto
from conftest import Servers, read_samples, run
from sotto import Cleaned, Done, Event, Final, Partial, Ready, SottoError


async def collect(session: sotto.Session) -> "list[Event]":
    return [event async for event in session]


def texts_of(events: "list[Event]") -> "list[str]":
    return [event.text for event in events if isinstance(event, Final)]


def test_a_session_gives_every_sentence_once_and_ends_with_done(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)
        async with sotto.connect(servers.url, language="en", partials={"every_ms": 100}) as session:
            reading = asyncio.create_task(collect(session))
            assert session.ready.language == "en"
            for at in range(0, len(samples), 3_201):
                await session.send(samples[at : at + 3_201])
                await asyncio.sleep(0)
            done = await session.finish()
            assert done is await session.finish(), "a second call gives the same"
            events = await reading
        assert isinstance(events[0], Ready) and isinstance(events[-1], Done)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert texts_of(events) == servers.sentences
        cleaned = [event.text for event in events if isinstance(event, Cleaned)]
        assert cleaned == [text.replace(" um", "") for text in servers.sentences]
        assert any(isinstance(event, Partial) for event in events)
        assert done.sentences == len(servers.sentences)
        assert session.lost_ms == 0

    run(talk())


def test_flush_and_configure_take_effect_where_they_are_said(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)
        async with await sotto.connect(servers.url, partials={"mode": "off"}) as session:
            await session.send(samples[: 3 * 32_000])
            flushed = await session.flush()
            assert flushed.audio_ms == 3_000
            session.configure({"cleanup": {"mode": "off"}})
            await session.send(samples[3 * 32_000 : 6 * 32_000])
            await session.finish()
            events = await collect(session)
        assert texts_of(events) == servers.sentences[:2]
        assert [event.sentence for event in events if isinstance(event, Cleaned)] == [1]

    run(talk())


def test_one_large_piece_is_sent_in_frames_and_read_with_stream(servers: Servers) -> None:
    async def talk() -> None:
        async def once():  # type: ignore[no-untyped-def]
            yield memoryview(read_samples(servers.wav))

        events = [event async for event in sotto.stream(once(), servers.url, source="recording")]
        assert texts_of(events) == servers.sentences

    run(talk())


def test_a_bad_setting_is_a_fault_and_the_session_goes_on(servers: Servers) -> None:
    async def talk() -> None:
        async with sotto.connect(servers.url) as session:
            session.configure({"language": "Klingon"})
            await session.send(read_samples(servers.wav)[: 3 * 32_000])
            await session.finish()
            events = await collect(session)
        faults = [event for event in events if isinstance(event, sotto.Fault)]
        assert [(fault.code, fault.fatal) for fault in faults] == [("command.option", False)]
        assert texts_of(events) == servers.sentences[:1]

    run(talk())


def test_a_session_that_was_left_or_finished_takes_nothing_more(servers: Servers) -> None:
    async def talk() -> None:
        session = await sotto.connect(servers.url)
        flushing = asyncio.create_task(session.flush())
        await flushing
        finishing = asyncio.create_task(session.finish())
        await asyncio.sleep(0)
        with pytest.raises(SottoError) as finished:
            session.send_nowait(b"\0\0")
        assert finished.value.code == "session.ended"
        await finishing
        left = await sotto.connect(servers.url)
        await left.close()
        with pytest.raises(SottoError) as ended:
            await left.send(b"\0\0")
        assert ended.value.code == "session.ended"
        with pytest.raises(SottoError):
            await left.finish()

    run(talk())


def test_an_exception_of_the_source_is_raised_to_the_reader(servers: Servers) -> None:
    async def talk() -> None:
        async def broken():  # type: ignore[no-untyped-def]
            yield read_samples(servers.wav)[:32_000]
            raise LookupError("no such microphone")

        with pytest.raises(LookupError, match="no such microphone"):
            async for _ in sotto.stream(broken(), servers.url):
                pass

    run(talk())


def test_events_that_nobody_knows_yet_reach_the_program() -> None:
    async def talk() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await speak_websocket(reader, writer, ['{"type":"mood","seq":2,"mood":"good"}', '{"type":"done","seq":3,"audioMs":0,"sentences":0}'])

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with sotto.connect(f"ws://127.0.0.1:{port}") as session:
            events = await collect(session)
        server.close()
        assert [event.type for event in events] == ["ready", "mood", "done"]
        assert events[1].raw["mood"] == "good"

    run(talk())


async def speak_websocket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, messages: "list[str]") -> None:
    """A server that says what it is told to, whatever it hears."""
    import base64
    import hashlib

    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.split(": ")[1] for line in request.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: sotto.v1\r\n\r\n".encode()
    )
    ready = {"type": "ready", "seq": 1, "session": "s", "secret": "x", "resumeMs": 0, "audio": {}}
    for message in [json.dumps(ready), *messages]:
        writer.write(bytes([0x81, 126]) + len(message).to_bytes(2, "big") + message.encode() if len(message) > 125 else bytes([0x81, len(message)]) + message.encode())
    await writer.drain()
