"""What a session is asked for. Names are those of the protocol, as Python writes them: ``min_ms`` is ``minMs`` there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from ._read_event import to_camel_case


class Partials(TypedDict, total=False):
    """Which partials come: also the tail that may change (``revisable``), only stable words, or none (``off``)."""

    mode: Literal["revisable", "stable", "off"]
    every_ms: int


class Cleanup(TypedDict, total=False):
    """Who cleans finals; ``instruction`` is for instruct models, such as "British spelling"."""

    mode: Literal["default", "llm", "openai", "rules", "off"]
    instruction: str


class Endpoint(TypedDict, total=False):
    """How long a silence has to be to end a sentence."""

    min_ms: int
    max_ms: int
    confidence: float
    eager_confidence: float | None
    gap_ms: int


class Keep(TypedDict, total=False):
    """Store what is said as a transcript; with ``transcript``, an id, append to that one."""

    transcript: str
    title: str
    audio: bool


class Changes(TypedDict, total=False):
    """Settings that may change while a session runs."""

    language: str
    languages: Sequence[str]
    vocabulary: Sequence[str]
    partials: Partials
    cleanup: Cleanup
    endpoint: Endpoint


def to_wire(value: Any) -> Any:
    """Options as they are on the wire, without those that are None at the top."""
    return {
        to_camel_case(name): _convert(each)
        for name, each in value.items()
        if each is not None
    }


def _convert(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {to_camel_case(name): _convert(each) for name, each in value.items()}
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else value
