"""Client of the Sotto transcription server.

``connect`` opens a live session, ``stream``, ``stream_wav`` and ``microphone`` are for the usual cases, and ``transcribe``
sends a file over HTTP and waits for its text.
"""

from ._connecting import Connecting, connect, stream
from ._options import Changes, Cleanup, Endpoint, Keep, Partials
from .audio import microphone, stream_wav
from .errors import SottoError
from .events import (
    Ack,
    AudioFormat,
    Change,
    Cleaned,
    Done,
    Event,
    Fault,
    Final,
    Flushed,
    Gap,
    Notice,
    Partial,
    Ready,
    Reconnecting,
    Resumed,
    Revised,
    Settled,
    Speech,
    Translated,
    Turn,
    UnknownEvent,
    Word,
)
from .files import Segment, TimedWord, Transcription, transcribe
from .session import Audio, Session

__version__ = "0.1.0"

__all__ = [
    "Ack",
    "Audio",
    "AudioFormat",
    "Change",
    "Changes",
    "Cleaned",
    "Cleanup",
    "Connecting",
    "Done",
    "Endpoint",
    "Event",
    "Fault",
    "Final",
    "Flushed",
    "Gap",
    "Keep",
    "Notice",
    "Partial",
    "Partials",
    "Ready",
    "Reconnecting",
    "Resumed",
    "Revised",
    "Segment",
    "Session",
    "Settled",
    "SottoError",
    "Speech",
    "TimedWord",
    "Transcription",
    "Translated",
    "Turn",
    "UnknownEvent",
    "Word",
    "connect",
    "microphone",
    "stream",
    "stream_wav",
    "transcribe",
]
