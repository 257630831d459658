"""Reading events from text frames of the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

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
    Revised,
    Settled,
    Speech,
    Translated,
    Turn,
    UnknownEvent,
    Word,
)

_SERVER_EVENTS: tuple[Any, ...] = (
    *(Ready, Speech, Turn, Gap, Settled, Partial, Final, Revised, Cleaned, Translated),
    *(Notice, Ack, Flushed, Done, Fault),
)
_BY_TYPE: Mapping[str, Any] = {each.type: each for each in _SERVER_EVENTS}
_LISTS: Mapping[str, Any] = {"words": Word, "changes": Change}


def parse_message(message: str) -> dict[str, Any] | None:
    """A text frame of the server as a dictionary; None for anything that is not a JSON object with a ``type``."""
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("type"), str) else None


def read_event(value: Mapping[str, Any]) -> Event:
    """The event of a parsed text frame. One that is unknown, or lacks a field, becomes an ``UnknownEvent``."""
    kind = _BY_TYPE.get(value["type"])
    event = None if kind is None else _build(kind, {**value, "raw": value})
    if event is None:
        seq = value.get("seq")
        return UnknownEvent(type=value["type"], seq=seq if isinstance(seq, int) else 0, raw=value)
    return event  # type: ignore[no-any-return]


def to_camel_case(name: str) -> str:
    """``from_ms`` as it is on the wire: ``fromMs``."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


@lru_cache(maxsize=None)
def _wire_names(kind: Any) -> tuple[tuple[str, str, bool], ...]:
    """Of each field: its name, its name on the wire, and whether it must be there."""
    return tuple(
        (each.name, each.metadata.get("wire", to_camel_case(each.name)), _is_required(each)) for each in fields(kind)
    )


def _is_required(each: Any) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _build(kind: Any, value: Any) -> Any:
    """An instance of a data class from what is on the wire; None when it is not an object, or a required field is missing."""
    if not isinstance(value, Mapping):
        return None
    arguments: dict[str, Any] = {}
    for name, wire, is_required in _wire_names(kind):
        if wire not in value:
            if is_required:
                return None
            continue
        arguments[name] = _convert(name, value[wire])
    return kind(**arguments)


def _convert(name: str, value: Any) -> Any:
    if name in _LISTS and isinstance(value, list):
        items = (_build(_LISTS[name], each) for each in value)
        return tuple(each for each in items if each is not None)
    if name == "audio":
        return _build(AudioFormat, value) or AudioFormat()
    return value
