"""Reads the snippets of a page and runs them, in order, where they can do no harm.

Owns the form in which a page says what is run: every fenced block in sh, console or python is, unless the line above it
begins with `*Not run by the tests:` and gives the reason. In a console block the lines after `$ ` are run; what stands
below them must be what is printed (`...` stands for anything), unless the block is marked `<!-- captured -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from sonotheque.audio.synthesis import render_kind

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RUNNABLE = ("sh", "console", "python")
NOT_RUN = "*Not run by the tests:"
CAPTURED = re.compile(r"<!-- captured(?: lines=(\d+))? -->")
PROMPT = "$ "
TIME_LIMIT_S = 120

# The sounds that the pages speak of: path below the home folder, kind, seconds.
COLLECTION = (
    ("Sounds/field/harbour.wav", "sea waves", 8.0),
    ("Sounds/field/morning.wav", "songbird", 8.0),
    ("Sounds/field/roof.wav", "heavy rain", 12.0),
    ("Sounds/street/siren.wav", "siren wail", 8.0),
    ("Sounds/street/dog.wav", "dog bark", 6.0),
    ("Sounds/drafts/tone.wav", "pure tone", 3.0),
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fenced block: its language, text and first line; why it is not run, or how much of it was captured."""

    page: Path
    line: int
    language: str
    text: str
    reason: str | None = None
    captured: bool = False
    n_lines: int | None = None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def list_pages() -> list[Path]:
    """Every page of the documentation."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def read_snippets(page: Path) -> Iterator[Snippet]:
    """The blocks of a page that could be run, in order. Blocks may be indented, as in lists."""
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opening = re.fullmatch(r"( *)```(\w+)", lines[number])
        if opening is None:
            number += 1
            continue
        indent, first = len(opening[1]), number + 1
        end = next(at for at in range(first, len(lines)) if lines[at].strip() == "```")
        above = next((line.strip() for line in reversed(lines[:number]) if line.strip()), "")
        mark = CAPTURED.fullmatch(above)
        if opening[2] in RUNNABLE:
            yield Snippet(
                page,
                first + 1,
                opening[2],
                "\n".join(line[indent:] for line in lines[first:end]),
                above.removeprefix(NOT_RUN).strip(" *") if above.startswith(NOT_RUN) else None,
                mark is not None,
                None if mark is None or mark[1] is None else int(mark[1]),
            )
        number = end + 1


def read_commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that stand below it."""
    commands: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(PROMPT):
            commands.append((line.removeprefix(PROMPT), []))
        elif commands:
            commands[-1][1].append(line)
    return commands


@dataclass(slots=True)
class Workplace:
    """A home folder with a small collection of made sounds, and the program on its path."""

    home: Path
    names: dict[str, object] = field(default_factory=dict)

    @classmethod
    def make(cls, home: Path) -> Workplace:
        """Fills an empty folder; the collection is indexed into the default library."""
        for name, kind, seconds in COLLECTION:
            waveform = render_kind(kind, len(name), seconds)
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(home / name, waveform.samples, waveform.rate_hz, subtype="PCM_16")
        place = cls(home)
        place.write_programs()
        place.shell("sono --quiet index ~/Sounds")
        return place

    def write_programs(self) -> None:
        """What the pages call: the program itself, a player that plays nothing, and `make`.

        `make` checks that the Makefile has the target; of targets it runs the demo only, from nothing, since the tests
        are running already.
        """
        python = f'exec "{sys.executable}" -m sonotheque "$@"'
        programs = {
            "sono": python,
            "sonotheque": python,
            "ffplay": 'test -s "$(eval echo \\${$#})"',
            "make": f'grep -q "^$1:" "{ROOT}/Makefile" || exit 2\n[ "$1" = test ] || (rm -rf demo-out && sono demo)',
        }
        bin_folder = self.home / ".bin"
        bin_folder.mkdir()
        for name, script in programs.items():
            (bin_folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (bin_folder / name).chmod(0o755)

    def environment(self) -> dict[str, str]:
        """The environment of a command: this home, no library chosen, no colour."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SONOTHEQUE_", "XDG_"))}
        return kept | {
            "HOME": str(self.home),
            "PATH": f"{self.home / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "NO_COLOR": "1",
        }

    def shell(self, script: str) -> str:
        """What a script prints; raises `AssertionError` with all it said where it fails."""
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.home, env=self.environment(), capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S,
        )  # fmt: skip
        assert ended.returncode == 0, f"exit code {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def run(self, snippet: Snippet) -> None:
        """Runs one snippet; raises where it fails or prints something else than the page says."""
        if snippet.language == "python":
            source = "\n" * (snippet.line - 1) + snippet.text
            exec(compile(source, str(snippet.page), "exec", dont_inherit=True), self.names)
        elif snippet.language == "sh":
            self.shell(snippet.text)
        else:
            for command, shown in read_commands(snippet.text):
                printed = self.shell(command)
                if not snippet.captured and shown:
                    assert is_as_shown(printed, shown), f"{command}\nprints\n{printed}\nnot\n" + "\n".join(shown)


def is_as_shown(printed: str, shown: list[str]) -> bool:
    """Whether an output is what a page shows; `...` stands for anything, runs of spaces count as one."""
    parts = [re.escape(" ".join(part.split())) for part in " ".join(shown).split("...")]
    return re.fullmatch(r"\s*" + ".*".join(parts) + r"\s*", " ".join(printed.split())) is not None
