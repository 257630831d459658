import asyncio
import sys
import threading
import types
import wave
from pathlib import Path

import pytest

import sotto
from conftest import Servers, read_samples, run
from sotto import Final, SottoError
from sotto.audio import to_16_bit


def write_wav(path: Path, samples: bytes, width: int = 2, channels: int = 1) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, 16_000, 0, "NONE", ""))
        file.writeframes(samples)
    return str(path)


def finals_of(path: str, url: str) -> "list[str]":
    async def talk() -> "list[str]":
        return [event.text async for event in sotto.stream_wav(path, url) if isinstance(event, Final)]

    return run(talk())


def test_a_wav_is_streamed_whatever_its_width_and_channels(servers: Servers, tmp_path: Path) -> None:
    assert finals_of(servers.wav, servers.url) == servers.sentences
    samples = read_samples(servers.wav)[: 6 * 32_000]
    pairs = [samples[at : at + 2] for at in range(0, len(samples), 2)]
    wide = b"".join(b"\0" + each for each in pairs)
    stereo = b"".join(each + each for each in pairs)
    narrow = bytes((each[1] ^ 0x80) for each in pairs)
    for path in (
        write_wav(tmp_path / "wide.wav", wide, width=3),
        write_wav(tmp_path / "stereo.wav", stereo, channels=2),
        write_wav(tmp_path / "narrow.wav", narrow, width=1),
    ):
        assert finals_of(path, servers.url) == servers.sentences[:2], path


def test_samples_keep_their_upper_16_bits() -> None:
    assert to_16_bit(b"\x01\x02\x03\x04\x05\x06", 3) == b"\x02\x03\x05\x06"
    assert to_16_bit(b"\x01\x02\x03\x04", 4) == b"\x03\x04"
    assert to_16_bit(b"\x80\xff\x00", 1) == b"\x00\x00\x00\x7f\x00\x80"


def test_a_file_that_is_no_wav_is_refused(servers: Servers, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    for content in (b"", b"not a sound at all, but some words"):
        path.write_bytes(content)
        with pytest.raises(SottoError) as error:
            finals_of(str(path), servers.url)
        assert error.value.code == "audio.unreadable"


def test_transcribe_waits_for_the_text_of_a_file(servers: Servers) -> None:
    answer = sotto.transcribe(servers.wav, servers.url, vocabulary=["Sotto"])
    assert answer.text.split() == " ".join(servers.sentences).split()
    assert [each.text.strip() for each in answer.segments] == servers.sentences
    assert len(answer.words) == sum(len(text.split()) for text in servers.sentences)
    assert answer.duration == 36
    cleaned = sotto.transcribe(servers.wav, servers.url, cleanup=True)
    assert "um" in answer.text and "um" not in cleaned.text


def test_transcribe_raises_what_the_server_says(servers: Servers, tmp_path: Path) -> None:
    path = tmp_path / 'a "strange"\nname.wav'
    path.write_bytes(b"nothing that anybody could decode")
    with pytest.raises(SottoError) as unreadable:
        sotto.transcribe(path, servers.url)
    assert unreadable.value.data["status"] == 400
    with pytest.raises(SottoError) as unknown:
        sotto.transcribe(servers.wav, servers.keyed_url, key="sk-nobody")
    assert (unknown.value.code, unknown.value.data["status"]) == ("invalid_api_key", 401)
    with pytest.raises(SottoError) as nobody:
        sotto.transcribe(servers.wav, "http://127.0.0.1:1")
    assert nobody.value.code == "connection.lost"
    with pytest.raises(OSError):
        sotto.transcribe(tmp_path / "nowhere.wav", servers.url)


class FakeInputStream:
    """Calls back from a thread of its own, with one buffer that it uses again, as sound systems do."""

    blocks: "list[bytes]" = []
    is_open = False
    #: What comes after the first block waits for this.
    gate = threading.Event()
    thread: threading.Thread

    def __init__(self, *, samplerate: int, blocksize: int, channels: int, dtype: str, device: object, callback: object) -> None:
        assert (samplerate, blocksize, channels, dtype, device) == (16_000, 1_600, 1, "int16", "USB")
        self._callback = callback

    def __enter__(self) -> "FakeInputStream":
        FakeInputStream.is_open = True
        FakeInputStream.thread = threading.Thread(target=self._speak)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        FakeInputStream.is_open = False

    def _speak(self) -> None:
        buffer = bytearray(3_200)
        for block in self.blocks:
            buffer[:] = block
            self._callback(buffer, 1_600, None, None)  # type: ignore[operator]
            self.gate.wait(20)


def test_a_microphone_yields_what_it_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", types.SimpleNamespace(RawInputStream=FakeInputStream))
    FakeInputStream.blocks = [bytes([at]) * 3_200 for at in range(20)]
    FakeInputStream.gate.set()

    async def listen() -> "list[bytes]":
        heard: "list[bytes]" = []
        source = sotto.microphone(device="USB")
        async for block in source:
            assert FakeInputStream.is_open
            heard.append(block)
            if len(heard) == 20:
                break
        await source.aclose()  # type: ignore[attr-defined]
        return heard

    assert run(listen()) == FakeInputStream.blocks
    assert not FakeInputStream.is_open


def test_a_microphone_that_is_read_late_keeps_the_newest_30_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", types.SimpleNamespace(RawInputStream=FakeInputStream))
    FakeInputStream.blocks = [at.to_bytes(2, "little") * 1_600 for at in range(400)]
    FakeInputStream.gate.clear()

    async def listen() -> "list[bytes]":
        source = sotto.microphone(device="USB")
        heard = [await source.__anext__()]
        FakeInputStream.gate.set()
        await asyncio.to_thread(FakeInputStream.thread.join)
        while len(heard) < 301:
            heard.append(await source.__anext__())
        await source.aclose()  # type: ignore[attr-defined]
        return heard

    heard = run(listen())
    assert heard == [FakeInputStream.blocks[0], *FakeInputStream.blocks[-300:]]


def test_a_microphone_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    async def listen() -> None:
        await sotto.microphone().__anext__()

    with pytest.raises(ImportError, match="pip install"):
        run(listen())
