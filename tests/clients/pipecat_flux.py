"""Pipecat's Deepgram Flux service against a running server; see README.md beside this file.

python pipecat_flux.py ws://127.0.0.1:8080/v2/listen RECORDING.wav
"""

import asyncio
import sys
import wave

from pipecat.frames.frames import EndFrame, InputAudioRawFrame, TranscriptionFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineTask
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.deepgram.flux.stt import DeepgramFluxSTTService


class Collector(FrameProcessor):
    """Keeps the final transcripts that reach the end of the pipeline."""

    def __init__(self):
        super().__init__()
        self.texts = []

    async def process_frame(self, frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            self.texts.append(frame.text)
        await self.push_frame(frame, direction)


async def main(url, path):
    with wave.open(path) as file:
        rate = file.getframerate()
        pcm = file.readframes(file.getnframes()) + bytes(rate * 2 * 3)
    settings = DeepgramFluxSTTService.Settings(eager_eot_threshold=0.4, keyterm=["Sotto"])
    stt = DeepgramFluxSTTService(api_key="any", url=url, sample_rate=rate, settings=settings)
    told = []
    for name in ("on_start_of_turn", "on_eager_end_of_turn", "on_turn_resumed", "on_end_of_turn", "on_connection_error"):
        async def note(service, *values, name=name):
            told.append((name, *values))

        stt.add_event_handler(name, note)
    collector = Collector()
    task = PipelineTask(Pipeline([stt, collector]))

    async def speak():
        await asyncio.sleep(1)
        step = rate * 2 * 80 // 1_000
        for at in range(0, len(pcm), step):
            await task.queue_frame(InputAudioRawFrame(pcm[at : at + step], rate, 1))
            await asyncio.sleep(0.08)
        await task.queue_frame(EndFrame())

    await asyncio.gather(PipelineRunner(handle_sigint=False).run(task), speak())
    for event in told:
        print(*event)
    print("text", " ".join(collector.texts))


asyncio.run(main(*sys.argv[1:]))
