"""Audio of WAV files and microphones, as sessions take it."""

from __future__ import annotations

import asyncio
import os
import wave
from collections import deque
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any, Union

from ._connecting import stream
from .errors import SottoError
from .events import Event

__all__ = ["microphone", "stream_wav"]

Path = Union[str, "os.PathLike[str]"]
#: Audio of a microphone that waits to be sent, s; beyond that the oldest is dropped.
WAITING_S = 30
#: Samples of a WAV that are read at a time.
READ_SAMPLES = 4_096


async def stream_wav(path: Path, url: str | None = None, **options: Any) -> AsyncIterator[Event]:
    """Sends a WAV file as fast as the server takes it, and yields the events of the session.

    ``options`` are those of ``connect``, with ``source="recording"`` as default: whole stretches without partials. PCM of
    8 to 32 bits is read, and sent with 16. Raises ``SottoError`` ``audio.unreadable`` for a file that is anything else;
    ``transcribe`` takes those.
    """
    try:
        # Closed below; the file may be larger than the memory.
        file = wave.open(os.fspath(path), "rb")
    except (wave.Error, EOFError) as error:
        text = f"{path} is not a WAV file with PCM ({error}); sotto.transcribe reads other formats."
        raise SottoError("audio.unreadable", text) from error
    with file:
        given = {"source": "recording", **options}
        rate, channels = file.getframerate(), file.getnchannels()
        async for event in stream(_read_pcm(file), url, sample_rate=rate, channels=channels, **given):
            yield event


async def _read_pcm(file: wave.Wave_read) -> AsyncIterator[bytes]:
    width = file.getsampwidth()
    while data := file.readframes(READ_SAMPLES):
        yield to_16_bit(data, width)


def to_16_bit(data: bytes, width: int) -> bytes:
    """PCM samples of a WAV, ``width`` bytes each, with their upper 16 bits. Samples of one byte have no sign there."""
    if width == 2:
        return data
    samples = bytearray(len(data) // width * 2)
    if width == 1:
        samples[1::2] = bytes(byte ^ 0x80 for byte in data)
    else:
        samples[0::2] = data[width - 2 :: width]
        samples[1::2] = data[width - 1 :: width]
    return bytes(samples)


async def microphone(
    *, device: int | str | None = None, sample_rate: int = 16_000, channels: int = 1, block_ms: int = 100
) -> AsyncIterator[bytes]:
    """What a microphone hears, as 16-bit PCM in blocks of ``block_ms``, until the loop is left.

    ``device`` is a number or a name of ``sounddevice.query_devices()``; by default the system's. Needs ``sounddevice``:
    ``pip install 'sotto[microphone]'``. Of more than 30 s that nobody takes, the oldest are dropped.
    """
    try:
        sounddevice: Any = import_module("sounddevice")
    except ImportError as error:
        raise ImportError("A microphone needs sounddevice: pip install 'sotto[microphone]'") from error
    loop = asyncio.get_running_loop()
    blocks: deque[bytes] = deque(maxlen=WAITING_S * 1_000 // block_ms)
    news = asyncio.Event()

    def add(block: bytes) -> None:
        blocks.append(block)
        news.set()

    def handle_block(data: Any, _frames: int, _time: Any, _status: Any) -> None:
        # Called in a thread of the sound system; the buffer is used again afterwards.
        loop.call_soon_threadsafe(add, bytes(data))

    with sounddevice.RawInputStream(
        samplerate=sample_rate,
        blocksize=sample_rate * block_ms // 1_000,
        device=device,
        channels=channels,
        dtype="int16",
        callback=handle_block,
    ):
        while True:
            while blocks:
                yield blocks.popleft()
            news.clear()
            await news.wait()
