import asyncio
import json

import pytest

from conftest import run
from sotto import Ack, Change, Cleaned, Final, Partial, Ready, UnknownEvent, Word
from sotto._event_log import UNREAD_MAX, EventLog
from sotto._read_event import parse_message, read_event
from sotto._wait_within import wait_within


def test_an_event_has_the_fields_of_the_protocol_as_python_names_them() -> None:
    word = {"text": "The", "fromMs": 8120, "toMs": 8260, "confidence": 0.98}
    wire = {"type": "partial", "seq": 7, "channel": 0, "sentence": 2, "revision": 3, "stable": "The", "tentative": " new"}
    event = read_event({**wire, "words": [word], "stableWords": 1, "fromMs": 8120, "toMs": 9480, "mood": "good"})
    assert isinstance(event, Partial)
    assert (event.type, event.seq, event.text, event.stable_words, event.from_ms) == ("partial", 7, "The new", 1, 8120)
    assert event.words == (Word("The", 8120, 8260, 0.98),)
    assert event.raw["mood"] == "good", "fields that this version does not know are there"


def test_changes_and_the_format_of_audio_are_objects_too() -> None:
    change = {"kind": "removed", "from": 22, "to": 31, "text": ""}
    cleaned = read_event({"type": "cleaned", "seq": 10, "sentence": 2, "text": "So.", "changes": [change]})
    assert isinstance(cleaned, Cleaned)
    assert cleaned.changes == (Change(kind="removed", text="", from_offset=22, to_offset=31),)
    ready = read_event({"type": "ready", "seq": 1, "session": "s", "secret": "x", "audio": {"sampleRate": 8000}})
    assert isinstance(ready, Ready)
    assert (ready.audio.sample_rate, ready.audio.encoding) == (8000, "pcm_s16le")
    assert "'x'" not in repr(ready), "the secret is in no log"


def test_what_is_unknown_or_lacks_a_field_is_passed_through() -> None:
    for wire in ({"type": "mood", "seq": 4, "mood": "good"}, {"type": "final", "seq": 4}, {"type": "alien"}):
        event = read_event(wire)
        assert isinstance(event, UnknownEvent)
        assert (event.type, event.seq, event.raw) == (wire["type"], wire.get("seq", 0), wire)


def test_what_is_no_event_is_ignored() -> None:
    for text in ("", "{", "[]", "1", "null", '{"type":1}', "[" * 100_000):
        assert parse_message(text) is None
    assert parse_message(json.dumps({"type": "done"})) == {"type": "done"}


def _partial(sentence: int, revision: int) -> Partial:
    return Partial(seq=revision, sentence=sentence, revision=revision, stable="", tentative="")


def test_a_program_that_reads_late_misses_partials_and_no_final() -> None:
    async def read() -> None:
        log = EventLog()
        for at in range(1, 5 * UNREAD_MAX):
            log.push(_partial(at // 100, at))
            log.push(Ack(audio_ms=at))
            if at % 100 == 99:
                log.push(Final(sentence=at // 100, text="So."))
            assert len(log) <= 2 * UNREAD_MAX
        log.end()
        finals = []
        while (event := await log.next()) is not None:
            if isinstance(event, Final):
                finals.append(event.sentence)
        assert finals == list(range(5 * UNREAD_MAX // 100))

    run(read())


def test_a_reader_waits_for_what_comes() -> None:
    async def read() -> None:
        log = EventLog()
        waiting = asyncio.ensure_future(log.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        log.push(Ack(audio_ms=1))
        assert await waiting == Ack(audio_ms=1)
        log.end()
        assert await log.next() is None

    run(read())


def test_a_wait_ends_with_the_result_the_bound_or_its_cancellation() -> None:
    async def wait() -> None:
        assert await wait_within(asyncio.sleep(0, "so"), 5) == "so"
        with pytest.raises(TimeoutError):
            await wait_within(asyncio.sleep(5), 0.01)
        with pytest.raises(LookupError):
            await wait_within(fail(), 5)
        result: "asyncio.Future[int]" = asyncio.get_running_loop().create_future()
        waiting = asyncio.ensure_future(wait_within(result, 5))
        await asyncio.sleep(0.01)
        result.set_result(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def fail() -> None:
        raise LookupError

    run(wait())
