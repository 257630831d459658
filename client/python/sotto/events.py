"""The events of a session. Times (``…_ms``) are whole milliseconds from the first sample of the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Union

__all__ = [
    "Ack",
    "AudioFormat",
    "Change",
    "Cleaned",
    "Done",
    "Event",
    "Fault",
    "Final",
    "Flushed",
    "Gap",
    "Notice",
    "Partial",
    "Ready",
    "Reconnecting",
    "Resumed",
    "Revised",
    "Settled",
    "Speech",
    "Translated",
    "Turn",
    "UnknownEvent",
    "Word",
]


@dataclass(frozen=True)
class Word:
    """A word with its punctuation; ``confidence`` is from 0 to 1."""

    text: str
    from_ms: int
    to_ms: int
    confidence: float


@dataclass(frozen=True)
class Change:
    """What a cleaning changed: ``removed``, ``replaced`` or ``inserted``. Offsets count UTF-16 units of the text before."""

    kind: str
    text: str
    from_offset: int = field(metadata={"wire": "from"})
    to_offset: int = field(metadata={"wire": "to"})


@dataclass(frozen=True)
class AudioFormat:
    """What the server expects audio to be."""

    encoding: str = "pcm_s16le"
    sample_rate: int = 16_000
    channels: int = 1
    channel_mode: str = "mix"

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return {"pcm_f32le": 4, "mulaw": 1, "alaw": 1}.get(self.encoding, 2) * self.channels


@dataclass(frozen=True, kw_only=True)
class _Event:
    #: Number of the event in its session, from 1 without a gap; 0 for events of this client.
    seq: int = 0
    #: The event as it came, with fields that this version of the client does not know.
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class _SentenceEvent(_Event):
    #: Number of the sentence in its channel, from 1.
    sentence: int
    #: Channel of the audio, from 0; always 0 when channels are mixed.
    channel: int = 0


@dataclass(frozen=True, kw_only=True)
class Ready(_Event):
    """The session has begun. The first event."""

    type: ClassVar[str] = "ready"
    session: str
    secret: str = field(repr=False)
    resume_ms: int = 0
    alive_ms: int = 0
    model: str = ""
    engine: str = ""
    language: str = ""
    languages: str | list[str] = "all"
    audio: AudioFormat = AudioFormat()
    transcript: str | None = None
    part: int | None = None
    transcript_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Speech(_Event):
    """Speech begins (``state`` is ``start``) or has ended (``end``)."""

    type: ClassVar[str] = "speech"
    state: str
    at_ms: int
    channel: int = 0
    confidence: float | None = None
    continues: bool = False


@dataclass(frozen=True, kw_only=True)
class Turn(_Event):
    """Speech is probably over (``state`` is ``eager``), or goes on after all (``resumed``)."""

    type: ClassVar[str] = "turn"
    state: str
    at_ms: int
    channel: int = 0
    text: str | None = None
    words: tuple[Word, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Gap(_Event):
    """No word has followed the one that ended at ``word_ms`` for the time that was asked for."""

    type: ClassVar[str] = "gap"
    word_ms: int
    channel: int = 0


@dataclass(frozen=True, kw_only=True)
class Settled(_Event):
    """The last final of the speech that ended at ``at_ms`` is there."""

    type: ClassVar[str] = "settled"
    at_ms: int
    channel: int = 0


@dataclass(frozen=True, kw_only=True)
class Partial(_SentenceEvent):
    """The open sentence so far. Show ``stable + tentative``; ``stable`` never changes."""

    type: ClassVar[str] = "partial"
    revision: int
    stable: str
    tentative: str
    words: tuple[Word, ...] = ()
    stable_words: int = 0
    from_ms: int = 0
    to_ms: int = 0

    @property
    def text(self) -> str:
        return self.stable + self.tentative


@dataclass(frozen=True, kw_only=True)
class Final(_SentenceEvent):
    """A sentence, as it was spoken. Comes once and never changes."""

    type: ClassVar[str] = "final"
    text: str
    words: tuple[Word, ...] = ()
    from_ms: int = 0
    to_ms: int = 0
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Revised(_SentenceEvent):
    """A second hearing of the sentence heard other words than the final has."""

    type: ClassVar[str] = "revised"
    text: str
    words: tuple[Word, ...] = ()
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class Cleaned(_SentenceEvent):
    """The sentence without hesitations and slips; with ``revised``, that of the second hearing."""

    type: ClassVar[str] = "cleaned"
    text: str
    changes: tuple[Change, ...] = ()
    revised: bool = False
    model: str = ""
    took_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Translated(_SentenceEvent):
    """The sentence in another language."""

    type: ClassVar[str] = "translated"
    language: str
    text: str
    model: str = ""
    took_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Notice(_Event):
    """Something worth knowing; ``code`` is for programs, ``text`` for people."""

    type: ClassVar[str] = "notice"
    code: str
    text: str
    sentence: int | None = None
    channel: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    behind_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ack(_Event):
    """How much audio the server has received."""

    type: ClassVar[str] = "ack"
    audio_ms: int
    samples: int = 0


@dataclass(frozen=True, kw_only=True)
class Flushed(_Event):
    """Everything before ``audio_ms`` is final: the answer to ``flush``."""

    type: ClassVar[str] = "flushed"
    audio_ms: int
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Done(_Event):
    """The session is complete. The last event."""

    type: ClassVar[str] = "done"
    audio_ms: int
    sentences: int


@dataclass(frozen=True, kw_only=True)
class Fault(_Event):
    """Something failed. When it is ``fatal`` the session ends, and reading its events raises what this says."""

    type: ClassVar[str] = "fault"
    code: str
    text: str
    retry: str = "never"
    fatal: bool = False


@dataclass(frozen=True, kw_only=True)
class Reconnecting(_Event):
    """Of this client: the connection was lost, and attempt number ``attempt`` to resume the session follows."""

    type: ClassVar[str] = "reconnecting"
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Resumed(_Event):
    """Of this client: the session continues. ``lost_ms`` of audio were dropped since the last time, at the bound of the buffer."""

    type: ClassVar[str] = "resumed"
    lost_ms: int


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(_Event):
    """An event that this version of the client does not know; ``raw`` has all of it."""

    type: str


Event = Union[
    Ready,
    Speech,
    Turn,
    Gap,
    Settled,
    Partial,
    Final,
    Revised,
    Cleaned,
    Translated,
    Notice,
    Ack,
    Flushed,
    Done,
    Fault,
    Reconnecting,
    Resumed,
    UnknownEvent,
]
