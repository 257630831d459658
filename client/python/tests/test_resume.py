import asyncio
import random
from typing import Literal

import pytest

import sotto
from conftest import Servers, read_samples, run
from cutting_proxy import CuttingProxy
from sotto import Cleaned, Event, Final, Reconnecting, Resumed, SottoError
from sotto.session import HELD_S

SECOND = 32_000


def said(events: "list[Event]") -> "list[tuple[int, str, str]]":
    return [(event.sentence, event.type, event.text) for event in events if isinstance(event, (Final, Cleaned))]


async def speak(url: str, samples: bytes, step: int = 3_201, source: Literal["live", "recording"] = "live") -> "list[Event]":
    """Sends in pieces that split samples, and lets answers come in between."""
    async with sotto.connect(url, language="en", partials={"mode": "off"}, source=source) as session:

        async def send() -> None:
            for at in range(0, len(samples), step):
                await session.send(samples[at : at + step])
                await asyncio.sleep(0)
            await session.finish()

        sending = asyncio.create_task(send())
        events = [event async for event in session]
        await sending
        return events


def numbers_of(events: "list[Event]") -> "list[int]":
    return [event.seq for event in events if event.seq > 0]


def test_cut_in_the_middle_of_words_no_word_is_lost_or_doubled(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)
        whole = await speak(servers.url, samples)
        # Each connection carries 1.7 s, odd bytes and all; a word takes 0.25 s, with 0.05 s between two.
        async with CuttingProxy(servers.url, lambda: (54_401, 10**9), cuts_max=12) as proxy:
            events = await speak(proxy.url, samples)
        assert proxy.cuts == 12
        assert sum(isinstance(event, Resumed) for event in events) >= 12
        assert said(events) == said(whole)
        assert [text for _, kind, text in said(events) if kind == "final"] == servers.sentences
        assert numbers_of(events) == list(range(1, len(numbers_of(events)) + 1)), "no event is missing or comes twice"

    run(talk())


def test_cut_at_random_bytes_of_both_directions_the_transcript_is_the_same(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)
        whole = said(await speak(servers.url, samples))
        cuts = 0
        for seed in (1, 2):
            chance = random.Random(seed)

            def budget() -> "tuple[int, int]":
                return int(chance.random() ** 3 * 200_000), int(chance.random() ** 2 * 8_000)

            async with CuttingProxy(servers.url, budget, cuts_max=12) as proxy:
                assert said(await speak(proxy.url, samples, 3_202)) == whole, f"seed {seed}"
                cuts += proxy.cuts
        assert cuts > 12

    run(talk())


def test_flush_is_answered_once_over_a_cut(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)
        async with CuttingProxy(servers.url) as proxy, sotto.connect(proxy.url) as session:
            await session.send(samples[: 3 * SECOND])
            proxy.cut()
            flushed = await session.flush()
            assert flushed.audio_ms == 3_000
            await session.finish()
            events = [event async for event in session]
        assert [event.audio_ms for event in events if isinstance(event, sotto.Flushed)] == [3_000]
        assert [event.attempt for event in events if isinstance(event, Reconnecting)][:1] == [1]

    run(talk())


def test_a_connection_that_is_dead_without_a_close_is_replaced(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)[: 6 * SECOND]
        async with CuttingProxy(servers.url) as proxy, sotto.connect(proxy.url) as session:
            await session.send(samples[: 3 * SECOND])
            proxy.is_frozen = True
            await session.send(samples[3 * SECOND :])
            events = session.__aiter__()
            while not isinstance(await events.__anext__(), Reconnecting):
                pass
            proxy.is_frozen = False
            await session.finish()
            rest = [event async for event in session]
        assert any(isinstance(event, Resumed) for event in rest)
        assert [event.text for event in rest if isinstance(event, Final)][-1] == servers.sentences[1]

    run(talk())


def test_send_waits_at_half_of_the_buffer_and_drops_nothing(servers: Servers) -> None:
    async def talk() -> None:
        silence = bytes(40 * SECOND)
        async with CuttingProxy(servers.url) as proxy, sotto.connect(proxy.url, source="recording") as session:
            proxy.is_down = True
            proxy.cut()
            sending = asyncio.create_task(session.send(silence))
            await asyncio.sleep(0.3)
            assert not sending.done()
            assert session._outgoing.bytes <= (HELD_S / 2 + 1) * SECOND
            proxy.is_down = False
            await sending
            assert (await session.finish()).audio_ms == 40_000
            assert session.lost_ms == 0

    run(talk())


def test_send_nowait_drops_the_oldest_beyond_the_buffer_and_says_so(servers: Servers) -> None:
    async def talk() -> None:
        async with CuttingProxy(servers.url) as proxy, sotto.connect(proxy.url, source="recording") as session:
            proxy.is_down = True
            proxy.cut()
            while not isinstance(await session.__anext__(), Reconnecting):
                pass
            session.send_nowait(bytes((HELD_S + 5) * SECOND))
            assert session._outgoing.bytes == HELD_S * SECOND
            proxy.is_down = False
            done = await session.finish()
            events = [event async for event in session]
        assert [event.lost_ms for event in events if isinstance(event, Resumed)] == [5_000]
        assert done.audio_ms == HELD_S * 1_000
        assert session.lost_ms == 5_000

    run(talk())


def test_a_session_that_the_server_gave_up_ends_with_an_exception(servers: Servers) -> None:
    async def talk() -> None:
        async with CuttingProxy(servers.impatient_url) as proxy, sotto.connect(proxy.url) as session:
            assert session.ready.resume_ms == 400
            proxy.is_down = True
            proxy.cut()
            with pytest.raises(SottoError) as lost:
                async for _ in session:
                    pass
            assert lost.value.code == "connection.lost"
            with pytest.raises(SottoError) as unfinished:
                await session.finish()
            assert unfinished.value.code == "connection.lost"
            with pytest.raises(SottoError):
                await session.send(b"\0\0")

    run(talk())


def test_without_reconnect_a_session_ends_with_its_connection_and_holds_nothing(servers: Servers) -> None:
    async def talk() -> None:
        samples = read_samples(servers.wav)
        async with CuttingProxy(servers.url) as proxy, sotto.connect(proxy.url, reconnect=False) as session:
            await session.send(samples[: 3 * SECOND])
            await session.flush()
            assert session._outgoing.bytes == 0
            proxy.cut()
            with pytest.raises(SottoError) as lost:
                async for event in session:
                    assert not isinstance(event, Reconnecting)
            assert lost.value.code == "connection.lost"

    run(talk())


def test_a_second_client_that_resumes_the_session_ends_the_first(servers: Servers) -> None:
    async def talk() -> None:
        async with sotto.connect(servers.url) as session:
            other = sotto.connect(servers.url)._session
            other._handle_ready(session.ready)
            other._seq = 1
            await other._attempt(5)
            with pytest.raises(SottoError) as moved:
                async for _ in session:
                    pass
            assert moved.value.code == "session.moved"
            await other.close()

    run(talk())


def test_with_a_real_model_a_cut_changes_no_word(servers: Servers) -> None:
    async def talk(url: str) -> None:
        samples = read_samples(servers.speech_wav)
        # Live words depend on when a decode begins; those of a recording do not.
        whole = said(await speak(url, samples, source="recording"))
        async with CuttingProxy(url, lambda: (74_401, 10**9), cuts_max=3) as proxy:
            events = await speak(proxy.url, samples, source="recording")
        assert proxy.cuts == 3
        assert said(events) == whole
        assert whole

    run(talk(servers.model_url))
