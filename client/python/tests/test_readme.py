"""Runs the programs of the README as they stand there."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from conftest import Servers

FOLDER = Path(__file__).parent.parent
PROGRAMS = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf8"), re.DOTALL)
FAKE_SOUNDDEVICE = '''
import threading, time, wave

class RawInputStream:
    def __init__(self, *, blocksize, callback, **_):
        with wave.open("talk.wav") as file:
            self.blocks = [file.readframes(blocksize) for _ in range(file.getnframes() // blocksize)]
        self.callback = callback

    def speak(self):
        for block in self.blocks:
            time.sleep(0.005)
            self.callback(block, 1600, None, None)

    def __enter__(self):
        threading.Thread(target=self.speak).start()

    def __exit__(self, *_):
        pass
'''


def start(program: str, url: str, wav: str, folder: Path) -> "subprocess.Popen[str]":
    shutil.copy(wav, folder / "talk.wav")
    (folder / "sounddevice.py").write_text(FAKE_SOUNDDEVICE)
    env = {
        **os.environ,
        "SOTTO_URL": url,
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(folder)]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    env.pop("SOTTO_KEY", None)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", program], cwd=folder, env=env, text=True, encoding="utf8", **pipes)  # type: ignore[call-overload,no-any-return]


def output_of(program: str, url: str, wav: str, folder: Path) -> str:
    process = start(program, url, wav, folder)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_the_programs_are_those_that_are_run_here() -> None:
    assert len(PROGRAMS) == 5
    assert PROGRAMS[0] in (FOLDER.parent.parent / "README.md").read_text(encoding="utf8"), "that of Sotto's README is the first"
    marks = ["microphone()", "transcribe(", "stream_wav(", "connect(", "except sotto.SottoError"]
    assert all(mark in program for mark, program in zip(marks, PROGRAMS))


def test_the_program_for_a_microphone_prints_sentences_until_it_is_interrupted(servers: Servers, tmp_path: Path) -> None:
    process = start(PROGRAMS[0], servers.url, servers.wav, tmp_path)
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in servers.sentences[:-1]]
        assert said == servers.sentences[:-1]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode != 0
    finally:
        timer.cancel()
        process.kill()


def test_the_program_for_a_file_prints_its_text_and_words(servers: Servers, tmp_path: Path) -> None:
    lines = output_of(PROGRAMS[1], servers.url, servers.wav, tmp_path).splitlines()
    words = " ".join(servers.sentences).split()
    assert lines[0].split() == words
    assert [line.split()[1] for line in lines[1:]] == [word.rstrip(".") for word in words]


def test_the_program_for_a_wav_prints_its_sentences(servers: Servers, tmp_path: Path) -> None:
    lines = output_of(PROGRAMS[2], servers.url, servers.wav, tmp_path).splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == servers.sentences


def test_the_program_for_a_session_prints_partials_finals_and_cleanings(servers: Servers, tmp_path: Path) -> None:
    lines = output_of(PROGRAMS[3], servers.url, servers.wav, tmp_path).splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines if line.startswith("final")] == servers.sentences
    assert sum(line.startswith("cleaned") for line in lines) == len(servers.sentences)
    assert any(line.startswith("…") for line in lines)
    assert lines[-1] == f"{len(servers.sentences)} sentences"


def test_the_program_for_errors_prints_the_code(servers: Servers, tmp_path: Path) -> None:
    assert output_of(PROGRAMS[4], servers.keyed_url, servers.wav, tmp_path).startswith("invalid_api_key ")


def test_with_a_real_model_the_words_are_those_that_were_said(servers: Servers, tmp_path: Path) -> None:
    lines = output_of(PROGRAMS[2], servers.model_url, servers.speech_wav, tmp_path).splitlines()
    said = " ".join(line.split(maxsplit=1)[1] for line in lines)
    assert words_of(said) == words_of(servers.speech_text)


def words_of(text: str) -> "list[str]":
    return re.findall(r"[a-z']+", text.lower())
