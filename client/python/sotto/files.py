"""Transcribing a file in one request."""

from __future__ import annotations

import json
import os
import ssl as tls
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Union

from ._target import Target, parse_refusal
from .errors import SottoError

__all__ = ["Segment", "Transcription", "TimedWord", "transcribe"]

Path = Union[str, "os.PathLike[str]"]
UPLOAD_PATH = "/v1/audio/transcriptions"
READ_BYTES = 65_536


@dataclass(frozen=True)
class TimedWord:
    """A word; times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Segment:
    """A sentence; times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcription:
    """What was said in a file; ``duration`` in seconds, ``raw`` is the whole answer."""

    text: str
    language: str
    duration: float
    segments: tuple[Segment, ...]
    words: tuple[TimedWord, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False)


def transcribe(
    path: Path,
    url: str | None = None,
    *,
    key: str | None = None,
    language: str | None = None,
    vocabulary: Sequence[str] = (),
    cleanup: bool = False,
    timeout: float = 3_600.0,
    ssl: tls.SSLContext | None = None,
) -> Transcription:
    """Transcribes a recording in any format that the server reads, and returns when it is done. Not for use in a coroutine:
    call it with ``asyncio.to_thread`` there.

    ``url``, ``key`` and ``ssl`` are those of ``connect``. ``cleanup`` replaces the sentences with cleaned ones, without
    hesitations. ``timeout`` is the longest silence of the server, s; it is silent while it decodes.

    Raises ``SottoError``. The endpoint is that of OpenAI's API, and so are the codes of its refusals, such as
    ``invalid_api_key``; ``data`` has the HTTP ``status``. Raises ``OSError`` for a file that cannot be read.
    """
    target = Target.resolve(url, key, ssl)
    fields = [("model", "whisper-1"), ("response_format", "verbose_json")]
    fields += [("timestamp_granularities[]", each) for each in ("segment", "word")]
    fields += [("keywords[]", word) for word in vocabulary]
    fields += [("language", language)] if language is not None else []
    fields += [("cleanup", "true")] if cleanup else []
    with open(path, "rb") as file:
        form = _Form(fields, file, os.path.basename(os.fspath(path)))
        headers = {"Content-Type": form.content_type, "Content-Length": str(form.size)}
        status, body = target.request(target.http_url(UPLOAD_PATH), timeout=timeout, body=form, headers=headers)
    if status != 200:
        raise parse_refusal(status, body)
    try:
        return _to_transcription(json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        raise SottoError("connection.refused", "The answer is not a transcription.", data={"status": status}) from error


class _Form:
    """A form with one file, read while it is sent."""

    def __init__(self, fields: Sequence[tuple[str, str]], file: BinaryIO, name: str) -> None:
        self._file = file
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{each}\r\n' for key, each in fields]
        safe = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n\r\n')
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._file_bytes = os.fstat(file.fileno()).st_size
        self.size = len(self._head) + self._file_bytes + len(self._tail)
        self.content_type = f"multipart/form-data; boundary={boundary}"

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        left = self._file_bytes
        # No more than was announced, should the file grow meanwhile.
        while left > 0 and (piece := self._file.read(min(READ_BYTES, left))):
            left -= len(piece)
            yield piece
        yield self._tail


def _to_transcription(answer: Mapping[str, Any]) -> Transcription:
    return Transcription(
        text=answer["text"],
        language=answer.get("language") or "",
        duration=float(answer.get("duration") or 0),
        segments=tuple(Segment(each["text"], each["start"], each["end"]) for each in answer.get("segments") or ()),
        words=tuple(TimedWord(each["word"], each["start"], each["end"]) for each in answer.get("words") or ()),
        raw=answer,
    )
