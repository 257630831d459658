"""Python's clients of every door against a running server; see README.md beside this file.

python tests/clients/python.py http://127.0.0.1:8080 RECORDING.wav [--tls https://127.0.0.1:8443] [--wyoming 10300]
"""

import argparse
import asyncio
import base64
import importlib
import json
import sys
import time
import types
import wave


def say(name, **told):
    for key, value in told.items():
        print(f"{name:<18} {key:<8} {value}", flush=True)


def pieces(pcm, rate=16_000, ms=100):
    """In real time, and then silence, as a microphone has it."""
    step = rate * 2 * ms // 1_000
    data = pcm + bytes(rate * 2 * 2)
    for at in range(0, len(data), step):
        yield data[at : at + step]
        time.sleep(ms / 1_000)


def deepgram_clients(url, path, pcm):
    from deepgram import DeepgramClient
    from deepgram.core.events import EventType
    from deepgram.environment import DeepgramClientEnvironment
    import threading

    ws = url.replace("http", "ws", 1)
    here = DeepgramClientEnvironment(base=url, production=ws, agent=ws, agent_rest=url)
    client = DeepgramClient(api_key="any", environment=here)
    with open(path, "rb") as file:
        answer = client.listen.v1.media.transcribe_file(request=file.read(), model="nova-3", smart_format=True)
    say("deepgram file", text=answer.results.channels[0].alternatives[0].transcript)
    heard, events = [], []
    with client.listen.v1.connect(
        model="nova-3", encoding="linear16", sample_rate=16_000, interim_results=True, smart_format=True, vad_events=True
    ) as socket:
        socket.on(EventType.MESSAGE, heard.append)
        socket.on(EventType.CLOSE, lambda _: events.append("close"))
        socket.on(EventType.ERROR, lambda error: events.append(f"error {error}"))
        reading = threading.Thread(target=socket.start_listening)
        reading.start()
        for piece in pieces(pcm):
            socket.send_media(piece)
        socket.send_close_stream()
        reading.join(20)
    finals = [each for each in heard if getattr(each, "is_final", False)]
    words = [word for each in finals for word in each.channel.alternatives[0].words]
    say(
        "deepgram live",
        text=" ".join(filter(None, (each.channel.alternatives[0].transcript for each in finals))),
        words=f"{len(words)}, in order: {all(a.start <= b.start for a, b in zip(words, words[1:]))}",
        end=f"{heard[-1].type} {events}",
    )


def openai_clients(url, path, pcm):
    from openai import OpenAI

    client = OpenAI(api_key="any", base_url=f"{url}/v1", websocket_base_url=f"{url.replace('http', 'ws', 1)}/v1")
    with open(path, "rb") as file:
        answer = client.audio.transcriptions.create(
            file=file, model="whisper-1", response_format="verbose_json", timestamp_granularities=["word"]
        )
    say("openai file", text=answer.text, words=len(answer.words))
    with open(path, "rb") as file:
        stream = client.audio.transcriptions.create(file=file, model="gpt-4o-transcribe", stream=True)
        say("openai stream", text="".join(each.delta for each in stream if each.type == "transcript.text.delta"))
    with open(path, "rb") as file:
        try:
            say("openai translate", text=client.audio.translations.create(file=file, model="whisper-1").text)
        except Exception as error:  # The server's default model may know English only.
            say("openai translate", refused=error)
    say("openai models", names=[model.id for model in client.models.list()])
    texts, deltas = [], []
    with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        turns = {"type": "server_vad", "silence_duration_ms": 400}
        source = {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": turns}
        connection.session.update(
            session={"type": "transcription", "audio": {"input": {**source, "transcription": {"model": "whisper-1"}}}}
        )
        import numpy

        samples = numpy.frombuffer(pcm, numpy.int16)
        at24 = numpy.interp(numpy.arange(0, len(samples), 2 / 3), numpy.arange(len(samples)), samples)
        for piece in pieces(at24.astype(numpy.int16).tobytes(), 24_000):
            connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        connection.input_audio_buffer.commit()
        committed = 0
        for event in connection:
            committed += event.type == "input_audio_buffer.committed"
            if event.type.endswith("transcription.delta"):
                deltas.append(event.delta)
            if event.type.endswith("transcription.completed"):
                texts.append(event.transcript)
                # The last commit is the one made by hand.
                if event.transcript == "" or len(texts) == committed and committed > 3:
                    break
            if event.type == "error":
                say("openai realtime", error=event.error.message)
                break
    say("openai realtime", text=" ".join(texts), deltas=f"{len(deltas)}, the same: {''.join(deltas).replace(' ', '') == ''.join(texts).replace(' ', '')}")


def assemblyai_client(url, pcm):
    import ssl
    from assemblyai.streaming.v3 import StreamingClient, StreamingClientOptions, StreamingEvents, StreamingParameters

    host = url.split("://")[1]
    address = host if url.startswith("https") else f"ws://{host}"
    client = StreamingClient(StreamingClientOptions(api_key="any", api_host=address))
    turns, told = [], []
    client.on(StreamingEvents.Begin, lambda _, event: told.append("begin"))
    client.on(StreamingEvents.Turn, lambda _, event: turns.append(event))
    client.on(StreamingEvents.Termination, lambda _, event: told.append(f"termination {event.audio_duration_seconds} s"))
    client.on(StreamingEvents.Error, lambda _, error: told.append(f"error {error}"))
    client.connect(StreamingParameters(sample_rate=16_000, format_turns=True, speech_model="universal-streaming-english"))
    client.stream(pieces(pcm))
    client.disconnect(terminate=True)
    last = [turn for turn in turns if turn.turn_is_formatted]
    words = [word for turn in last for word in turn.words]
    say(
        "assemblyai",
        text=" ".join(turn.transcript for turn in last),
        words=f"{len(words)}, in order: {all(a.start <= b.start for a, b in zip(words, words[1:]))}",
        end=told,
    )


async def vosk_client(url, path):
    """As the test script that comes with vosk-server."""
    import websockets

    results = []
    async with websockets.connect(url.replace("http", "ws", 1)) as socket:
        with wave.open(path) as file:
            await socket.send('{ "config" : { "sample_rate" : %d } }' % file.getframerate())
            while data := file.readframes(int(file.getframerate() * 0.2)):
                await socket.send(data)
                results.append(json.loads(await socket.recv()))
        await socket.send('{"eof" : 1}')
        results.append(json.loads(await socket.recv()))
    finals = [each for each in results if each.get("text")]
    words = [word for each in finals for word in each["result"]]
    say(
        "vosk",
        text=" ".join(each["text"] for each in finals),
        words=f"{len(words)}, in order: {all(a['start'] <= b['start'] for a, b in zip(words, words[1:]))}",
    )


def whisper_live_client(url, pcm, lang):
    """The real class; what it wants of a sound card is not there and not needed."""
    sys.modules.setdefault("pyaudio", types.SimpleNamespace(paInt16=8, PyAudio=lambda: None))
    client_module = importlib.import_module("whisper_live.client")
    host, port = url.split("://")[1].split(":")
    committed, closes = [], []
    with client_module.StreamingTranscriptionClient(
        host,
        int(port),
        lang=lang,
        on_committed_transcript=lambda text, _: committed.append(text),
        on_close=lambda: closes.append("close"),
    ) as client:
        client._client.max_retries = 3
        for piece in pieces(pcm):
            client.send(piece)
    say("whisper-live", text=" ".join(committed), end=f"{closes}, retries {client._client._retry_count}")


async def wyoming_client(port, pcm):
    from wyoming.asr import Transcribe, Transcript, TranscriptChunk
    from wyoming.audio import AudioChunk, AudioStart, AudioStop
    from wyoming.client import AsyncTcpClient
    from wyoming.info import Describe, Info

    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await client.read_event())
        chunks = []
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(rate=16_000, width=2, channels=1).event())
        for at in range(0, len(pcm), 2_048):
            await client.write_event(AudioChunk(rate=16_000, width=2, channels=1, audio=pcm[at : at + 2_048]).event())
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            if TranscriptChunk.is_type(event.type):
                chunks.append(TranscriptChunk.from_event(event).text)
            if Transcript.is_type(event.type):
                text = Transcript.from_event(event).text
                break
    say("wyoming", models=[model.name for each in info.asr for model in each.models], text=text, chunks=f"{len(chunks)}, the same: {''.join(chunks) == text}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("recording")
    parser.add_argument("--tls", help="a server with a certificate, for clients that insist on it")
    parser.add_argument("--wyoming", type=int)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    with wave.open(wanted.recording) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        pcm = file.readframes(file.getnframes())
    doors = {
        "deepgram": lambda: deepgram_clients(wanted.url, wanted.recording, pcm),
        "openai": lambda: openai_clients(wanted.url, wanted.recording, pcm),
        "assemblyai": lambda: assemblyai_client(wanted.tls or wanted.url, pcm),
        "vosk": lambda: asyncio.run(vosk_client(wanted.url, wanted.recording)),
        "whisper-live": lambda: whisper_live_client(wanted.url, pcm, "en"),
        "wyoming": lambda: asyncio.run(wyoming_client(wanted.wyoming, pcm)) if wanted.wyoming else None,
    }
    for name, run in doors.items():
        if wanted.only not in ("", name):
            continue
        try:
            run()
        except Exception as error:
            say(name, FAILED=repr(error)[:300])


main()
