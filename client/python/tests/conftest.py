"""Tests of the client against servers that ``tests/flow/python-client.test.ts`` starts.

``SOTTO_TEST_SERVERS`` describes them as JSON; without it, tests that need one are skipped. ``SOTTO_TEST_REPORT`` names a
file that gets a line of JSON for each test.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import wave
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

T = TypeVar("T")
REPORT = os.environ.get("SOTTO_TEST_REPORT")


class Servers:
    """What the tests know of the servers: addresses, keys, and what their recordings say."""

    def __init__(self, values: dict[str, Any]) -> None:
        #: A server whose words come from a script; it waits 10 s for a lost client.
        self.url: str = values["url"]
        #: The same, but it waits for 0.4 s.
        self.impatient_url: str = values["impatientUrl"]
        #: The same, but it has no place for a session.
        self.full_url: str = values["fullUrl"]
        #: The same, but it requires a key.
        self.keyed_url: str = values["keyedUrl"]
        self.key: str = values["key"]
        #: A key that may not open sessions.
        self.other_key: str = values["otherKey"]
        #: The recording of which the script is, and its sentences.
        self.wav: str = values["wav"]
        self.sentences: list[str] = values["sentences"]
        #: A server with a real model, a recording of speech, and the words in it.
        self.model_url: str = values["modelUrl"]
        self.speech_wav: str = values["speechWav"]
        self.speech_text: str = values["speechText"]


@pytest.fixture
def servers() -> Servers:
    described = os.environ.get("SOTTO_TEST_SERVERS")
    if described is None:
        pytest.skip("there is no server: run `npm test -- python-client`")
    return Servers(json.loads(described))


def run(work: Coroutine[Any, Any, T], seconds: float = 60) -> T:
    """Runs a coroutine, for so long at most."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, seconds)

    return asyncio.run(bounded())


def read_samples(path: str) -> bytes:
    with wave.open(path) as file:
        return file.readframes(file.getnframes())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """One line for each test: its name, its outcome and why."""
    is_outcome = report.when == "call" or report.outcome != "passed"
    if REPORT is None or not is_outcome:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    with open(REPORT, "a", encoding="utf8") as file:
        file.write(json.dumps({"name": report.nodeid, "outcome": report.outcome, "reason": reason}) + "\n")
