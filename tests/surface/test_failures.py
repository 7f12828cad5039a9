"""How the command line ends when something goes wrong, and that it starts light."""

from __future__ import annotations

import os
import pty
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonotheque.errors import BadInputError, CorruptError, NotFoundError, UnavailableError
from sonotheque.library.library import Library

from .conftest import Run

SONO = (sys.executable, "-m", "sonotheque")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("That is wrong.", next_step="Do this."), 2),
        (NotFoundError("That is wrong.", next_step="Do this."), 1),
        (UnavailableError("That is wrong.", next_step="Do this."), 1),
        (CorruptError("That is wrong.", next_step="Do this."), 1),
    ],
)
def test_errors_have_a_message_a_next_step_and_a_code(
    sono: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Library, "search", fail)
    result = sono("search", "x")
    assert result.exit_code == code
    assert result.stderr == "sono: That is wrong.\n      Do this.\n"


@pytest.mark.parametrize("debug", [False, True])
def test_the_unforeseen_is_one_line_and_a_traceback_only_on_request(
    sono: Run, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by \x1b[31mzero")

    monkeypatch.setattr(Library, "search", fail)
    result = sono("search", "x", *(["--debug"] if debug else []))
    assert result.exit_code == 1
    assert ("Traceback" in result.stderr) == debug
    assert "this should not have happened: ZeroDivisionError: by \\x1b[31mzero" in result.stderr


def test_what_the_system_refuses_is_told_in_its_words(sono: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/disk/clip.wav")

    monkeypatch.setattr(Library, "search", fail)
    result = sono("search", "x")
    assert result.exit_code == 1
    assert result.stderr == "sono: /disk/clip.wav: no space left on device\n"


def test_an_interruption_is_no_traceback(sono: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "search", interrupt)
    result = sono("search", "x")
    assert result.exit_code == 130
    assert result.stderr.strip() == "sono: interrupted"


def test_a_library_that_refuses_the_note_still_answers(sono: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonotheque.store.writer import Writer

    def refuse(*_: object) -> None:
        raise UnavailableError("The disk is full.")

    monkeypatch.setattr(Writer, "write_note", refuse)
    result = sono("search", "rain")
    assert result.exit_code == 0
    assert "roof.wav" in result.stdout


def test_a_library_that_cannot_be_written_can_be_searched(sono: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    result = sono("search", "rain")
    assert result.exit_code == 0, result.stderr
    assert "roof.wav" in result.stdout
    assert sono("label", "1", "x").exit_code == 1


def test_a_reader_that_leaves_is_no_error_message(library: Path) -> None:
    command = f"{' '.join(SONO)} --library {library} search rain -k 1000 --json | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "{"
    assert done.stderr == ""


def test_a_search_loads_neither_rich_nor_the_network(library: Path) -> None:
    code = (
        "import sys; from sonotheque.surfaces.cli.app import cli\n"
        f"try: cli.main(['--library', {str(library)!r}, 'search', 'rain', '--json'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'rich', 'onnxruntime', 'av', 'soundfile', 'PIL', 'torch'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def on_terminal(args: list[str], columns: int, **variables: str) -> str:
    """What a terminal of that width is sent."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "TERM"}}
    environment |= {"COLUMNS": str(columns), "TERM": "xterm"} | variables
    process = subprocess.Popen([*SONO, *args], stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # the other end was closed
        pass
    os.close(ours)
    assert process.wait(timeout=30) == 0
    return b"".join(parts).decode()


def test_a_terminal_gets_colour_and_lines_that_fit(library: Path) -> None:
    search = ["--library", str(library), "search", "rain"]
    shown = on_terminal(search, 60)
    assert "\x1b[" in shown
    for columns in (60, 80, 120):
        plain = on_terminal(search, columns, NO_COLOR="1")
        assert "\x1b[" not in plain
        assert ("Folder" in plain) == (columns >= 80)
        assert max(len(line) for line in plain.splitlines()) <= columns


def write_hours_of_silence(path: Path, hours: int) -> None:
    """A WAV file of 16 kHz that takes no room: its samples are a hole."""
    n_bytes = hours * 3600 * 16_000 * 2
    header = b"RIFF" + (n_bytes + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16) + b"data" + n_bytes.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + n_bytes)


def test_an_index_run_that_is_interrupted_ends_with_130(sounds: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    (many / "siren.wav").write_bytes((sounds / "siren.wav").read_bytes())
    write_hours_of_silence(many / "silence.wav", 6)  # longer than any machine takes to be interrupted
    command = [*SONO, "--library", str(tmp_path / "library"), "index", str(many)]
    # What a shell starts in the background ignores interrupts, and so does all that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 30
    while not (tmp_path / "library" / "catalogue.sqlite3").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "nterrupted" in said
