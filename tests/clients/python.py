"""Clients of vendors, from PyPI, against a running server: one line of JSON for each; see README.md beside this file.

python tests/clients/python.py http://127.0.0.1:8080 RECORDING.wav --text "what is said in it" [--wyoming 10300] [--only NAME]
"""

import argparse
import asyncio
import base64
import difflib
import importlib
import importlib.metadata
import json
import re
import sys
import threading
import time
import traceback
import types
import wave

RATE = 16_000


class Check:
    """A server, a recording, and what was said in it."""

    def __init__(self, options):
        self.url = options.url.rstrip("/")
        self.ws = self.url.replace("http", "ws", 1)
        self.path = options.recording
        self.wyoming = options.wyoming
        self.words = words_of(options.text)
        with wave.open(self.path) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
            self.pcm = file.readframes(file.getnframes())

    def says(self, text):
        """How many words came, for the report. Raises when more than one in ten is another."""
        words = words_of(text)
        same = sum(size for *_, size in difflib.SequenceMatcher(a=self.words, b=words, autojunk=False).get_matching_blocks())
        wrong = max(len(self.words), len(words)) - same
        assert wrong <= len(self.words) // 10, f"{wrong} of {len(self.words)} words are others: {text!r}"
        return f"{len(words)} words"


def words_of(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def assert_in_order(words):
    assert words, "there are no times of words"
    assert all(a.start <= b.start for a, b in zip(words, words[1:])), "words are out of order"
    return f"{len(words)} times in order"


def pieces(pcm, rate=RATE, ms=100):
    """In real time, and then silence, as a microphone has it."""
    step = rate * 2 * ms // 1_000
    data = pcm + bytes(rate * 2 * 2)
    for at in range(0, len(data), step):
        yield data[at : at + step]
        time.sleep(ms / 1_000)


def deepgram_client(check):
    from deepgram import DeepgramClient
    from deepgram.environment import DeepgramClientEnvironment

    here = DeepgramClientEnvironment(base=check.url, production=check.ws, agent=check.ws, agent_rest=check.url)
    return DeepgramClient(api_key="any", environment=here)


def listen(socket, check, close):
    """Sends the recording in real time; returns the messages and how it ended."""
    from deepgram.core.events import EventType

    messages, events = [], []
    socket.on(EventType.MESSAGE, messages.append)
    socket.on(EventType.CLOSE, lambda _: events.append("close"))
    socket.on(EventType.ERROR, lambda error: events.append(f"error {error}"))
    reading = threading.Thread(target=socket.start_listening, daemon=True)
    reading.start()
    for piece in pieces(check.pcm):
        socket.send_media(piece)
    close()
    reading.join(20)
    assert events == ["close"], f"it ended with {events}"
    return messages


def deepgram_file(check):
    with open(check.path, "rb") as file:
        answer = deepgram_client(check).listen.v1.media.transcribe_file(
            request=file.read(), model="nova-3", smart_format=True, punctuate=True, utterances=True
        )
    best = answer.results.channels[0].alternatives[0]
    return f"{check.says(best.transcript)}, {assert_in_order(best.words)}"


def deepgram_live(check):
    options = {"model": "nova-3", "encoding": "linear16", "sample_rate": RATE, "smart_format": True}
    with deepgram_client(check).listen.v1.connect(**options, interim_results=True, vad_events=True) as socket:
        messages = listen(socket, check, socket.send_close_stream)
    results = [each for each in messages if each.type == "Results"]
    finals = [each for each in results if each.is_final]
    assert len(finals) < len(results), "no interim result came"
    assert messages[-1].type == "Metadata"
    words = [word for each in finals for word in each.channel.alternatives[0].words]
    text = " ".join(each.channel.alternatives[0].transcript for each in finals)
    return f"{check.says(text)}, {assert_in_order(words)}, {len(results) - len(finals)} interim"


def deepgram_flux(check):
    options = {"model": "flux-general-en", "encoding": "linear16", "sample_rate": RATE, "eager_eot_threshold": 0.4}
    with deepgram_client(check).listen.v2.connect(**options, keyterm=["country"]) as socket:
        messages = listen(socket, check, socket.send_close_stream)
    turns = [each for each in messages if each.type == "TurnInfo"]
    kinds = [each.event for each in turns]
    assert kinds.count("StartOfTurn") == kinds.count("EndOfTurn") > 0, kinds
    eager = None
    for each in turns:
        if each.event == "EagerEndOfTurn":
            eager = each.transcript
        elif each.event == "TurnResumed":
            eager = None
        elif each.event == "EndOfTurn":
            assert eager in (None, each.transcript), f"{each.transcript!r} was announced as {eager!r}"
            eager = None
    text = " ".join(each.transcript for each in turns if each.event == "EndOfTurn")
    return f"{check.says(text)}, {', '.join(f'{kinds.count(kind)} {kind}' for kind in dict.fromkeys(kinds))}"


def openai_client(check):
    from openai import OpenAI

    return OpenAI(api_key="any", base_url=f"{check.url}/v1", websocket_base_url=f"{check.ws}/v1", max_retries=0)


def openai_file(check):
    client = openai_client(check)
    assert [model.id for model in client.models.list()], "no models are listed"
    with open(check.path, "rb") as file:
        answer = client.audio.transcriptions.create(
            file=file, model="whisper-1", response_format="verbose_json", timestamp_granularities=["word"]
        )
    return f"{check.says(answer.text)}, {assert_in_order(answer.words)}"


def openai_stream(check):
    with open(check.path, "rb") as file:
        events = list(
            openai_client(check).audio.transcriptions.create(file=file, model="gpt-4o-transcribe", stream=True)
        )
    deltas = [each.delta for each in events if each.type == "transcript.text.delta"]
    assert events[-1].type == "transcript.text.done"
    assert "".join(deltas) == events[-1].text, "the deltas are another text"
    return f"{check.says(events[-1].text)}, {len(deltas)} deltas that make it"


def to_24_khz(pcm):
    import numpy

    samples = numpy.frombuffer(pcm, numpy.int16)
    at24 = numpy.interp(numpy.arange(0, len(samples), 2 / 3), numpy.arange(len(samples)), samples)
    return at24.astype(numpy.int16).tobytes()


def openai_realtime(check):
    texts, deltas = {}, {}
    with openai_client(check).realtime.connect(extra_query={"intent": "transcription"}) as connection:
        turns = {"type": "server_vad", "silence_duration_ms": 400}
        source = {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": turns}
        connection.session.update(
            session={"type": "transcription", "audio": {"input": {**source, "transcription": {"model": "whisper-1"}}}}
        )
        for piece in pieces(to_24_khz(check.pcm), 24_000):
            connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        # What is behind the last turn is committed by hand; that item tells that all before it are there.
        connection.input_audio_buffer.commit()
        committed = []
        speech_ms = 0
        for event in connection:
            assert event.type != "error", event.error.message
            if event.type == "input_audio_buffer.committed":
                committed.append(event.item_id)
            if event.type == "input_audio_buffer.speech_stopped":
                speech_ms = event.audio_end_ms
            if event.type.endswith("transcription.delta"):
                deltas[event.item_id] = deltas.get(event.item_id, "") + event.delta
            if event.type.endswith("transcription.completed"):
                texts[event.item_id] = event.transcript
                is_last = event.transcript == "" or speech_ms >= len(check.pcm) / 32 - 1_500
                if is_last and set(committed) == set(texts):
                    break
    assert all(deltas.get(item, "") == text for item, text in texts.items()), "the deltas are another text"
    text = " ".join(texts[item] for item in committed if item in texts)
    return f"{check.says(text)}, {len(texts)} items, each the text of its deltas"


def assemblyai_live(check):
    from assemblyai.streaming.v3 import StreamingClient, StreamingClientOptions, StreamingEvents, StreamingParameters

    host = check.url.split("://")[1]
    address = host if check.url.startswith("https") else f"ws://{host}"
    client = StreamingClient(StreamingClientOptions(api_key="any", api_host=address))
    turns, told = [], []
    client.on(StreamingEvents.Begin, lambda _, event: told.append("begin"))
    client.on(StreamingEvents.Turn, lambda _, event: turns.append(event))
    client.on(StreamingEvents.Termination, lambda _, event: told.append("termination"))
    client.on(StreamingEvents.Error, lambda _, error: told.append(f"error {error}"))
    client.connect(StreamingParameters(sample_rate=RATE, format_turns=True, speech_model="universal-streaming-english"))
    client.stream(pieces(check.pcm))
    client.disconnect(terminate=True)
    assert told == ["begin", "termination"], f"it ended with {told}"
    last = [turn for turn in turns if turn.turn_is_formatted]
    words = [word for turn in last for word in turn.words]
    return f"{check.says(' '.join(turn.transcript for turn in last))}, {assert_in_order(words)}, {len(last)} turns"


def vosk_live(check):
    """As the test script that comes with vosk-server."""

    async def talk():
        import websockets

        results = []
        async with websockets.connect(check.ws) as socket:
            with wave.open(check.path) as file:
                await socket.send('{ "config" : { "sample_rate" : %d } }' % file.getframerate())
                while data := file.readframes(int(file.getframerate() * 0.2)):
                    await socket.send(data)
                    results.append(json.loads(await socket.recv()))
            await socket.send('{"eof" : 1}')
            results.append(json.loads(await socket.recv()))
        return results

    finals = [each for each in asyncio.run(talk()) if each.get("text")]
    words = [types.SimpleNamespace(**word) for each in finals for word in each["result"]]
    return f"{check.says(' '.join(each['text'] for each in finals))}, {assert_in_order(words)}"


def whisper_live(check):
    """The real class; what it wants of a sound card is not there and not needed."""
    sys.modules.setdefault("pyaudio", types.SimpleNamespace(paInt16=8, PyAudio=lambda: None))
    client_module = importlib.import_module("whisper_live.client")
    host, port = check.url.split("://")[1].split(":")
    committed, closes = [], []
    with client_module.StreamingTranscriptionClient(
        host,
        int(port),
        lang="en",
        on_committed_transcript=lambda text, _: committed.append(text),
        on_close=lambda: closes.append("close"),
    ) as client:
        client._client.max_retries = 3
        for piece in pieces(check.pcm):
            client.send(piece)
    assert client._client._retry_count == 0, f"it connected again {client._client._retry_count} times"
    return f"{check.says(' '.join(committed))}, {len(committed)} segments"


def home_assistant(check):
    """What Home Assistant's ``wyoming`` integration does: it loads the info within a second, offers the languages of the
    installed models, and keeps a connection for each request until the transcript."""

    async def talk():
        from wyoming.asr import Transcribe, Transcript
        from wyoming.audio import AudioChunk, AudioStart, AudioStop
        from wyoming.client import AsyncClient, AsyncTcpClient
        from wyoming.info import Describe, Info

        async with AsyncTcpClient("127.0.0.1", check.wyoming) as client:
            async with asyncio.timeout(1):
                await client.write_event(Describe().event())
                while not Info.is_type((event := await client.read_event()).type):
                    pass
        asr = Info.from_event(event).asr[0]
        models = [model for model in asr.models if model.installed]
        assert asr.installed and models, "no model is installed"
        language = next(code for model in models for code in model.languages if code.split("-")[0] == "en")
        async with AsyncClient.from_uri(f"tcp://127.0.0.1:{check.wyoming}") as client:
            await client.write_event(Transcribe(language=language).event())
            await client.write_event(AudioStart(rate=RATE, width=2, channels=1).event())
            for at in range(0, len(check.pcm), 2_048):
                chunk = AudioChunk(rate=RATE, width=2, channels=1, audio=check.pcm[at : at + 2_048])
                await client.write_event(chunk.event())
            await client.write_event(AudioStop().event())
            while (event := await client.read_event()) is not None:
                if Transcript.is_type(event.type):
                    return asr.name, Transcript.from_event(event).text
        raise AssertionError("the connection ended before the transcript")

    name, text = asyncio.run(asyncio.wait_for(talk(), 60))
    return f"{check.says(text)}, info of {name!r} within 1 s"


#: Name, package on PyPI, what is sent, and how it is checked.
CLIENTS = [
    ("listen.v1 file", "deepgram-sdk", "a WAV file", deepgram_file),
    ("listen.v1 live", "deepgram-sdk", "PCM in real time", deepgram_live),
    ("listen.v2 (Flux)", "deepgram-sdk", "PCM in real time", deepgram_flux),
    ("transcriptions", "openai", "a WAV file", openai_file),
    ("transcriptions, stream=True", "openai", "a WAV file", openai_stream),
    ("realtime", "openai", "PCM at 24 kHz in real time", openai_realtime),
    ("streaming.v3", "assemblyai", "PCM in real time", assemblyai_live),
    ("Wyoming as Home Assistant", "wyoming", "PCM at once", home_assistant),
    ("vosk-server's test script", "websockets", "PCM, a reply for each piece", vosk_live),
    ("StreamingTranscriptionClient", "whisper-live", "PCM in real time", whisper_live),
]


def try_client(check, name, package, sent, run):
    found = {"client": f"{package}: {name}", "version": None, "sent": sent}
    try:
        found["version"] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return {**found, "outcome": "skipped", "reason": f"{package} is not installed"}
    if run is home_assistant and check.wyoming is None:
        return {**found, "outcome": "skipped", "reason": "no --wyoming PORT"}
    try:
        return {**found, "outcome": "passed", "reason": run(check)}
    except Exception as error:
        traceback.print_exc()
        return {**found, "outcome": "failed", "reason": f"{type(error).__name__}: {error}"[:400]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("recording")
    parser.add_argument("--text", required=True, help="what is said in the recording")
    parser.add_argument("--wyoming", type=int)
    parser.add_argument("--only", default="", help="clients whose name or package holds this")
    options = parser.parse_args()
    check = Check(options)
    for name, package, sent, run in CLIENTS:
        if options.only in f"{package}: {name}":
            print(json.dumps(try_client(check, name, package, sent, run)), flush=True)


main()
