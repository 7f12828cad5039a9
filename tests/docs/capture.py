"""Writes the captured outputs of the documentation anew: `python -m tests.docs.capture [PAGE...]`.

Owns the running of a page's snippets as in a terminal of 100 columns, and the replacement of what stands below the
commands of blocks marked `<!-- captured -->`.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from tests.docs.snippets import PROMPT, Snippet, Workplace, list_pages, read_commands, read_snippets

COLUMNS, ROWS = 100, 50
N_LAST = 3


def run_in_terminal(place: Workplace, command: str) -> str:
    """What a command writes to a terminal, without colour; its progress and remarks (stderr) are left out."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    job = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=place.home, env=place.environment(), stdout=theirs, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        if not part:
            break
        written += part
    os.close(ours)
    if job.wait() != 0:
        raise SystemExit(f"{command} ended with {job.returncode}\n{written.decode(errors='replace')}")
    text = re.sub(r"\x1b\[[0-9;]*m", "", written.decode()).replace("\r\n", "\n")
    return text.replace(f"{place.home}/", "").rstrip()


def capture(place: Workplace, snippet: Snippet) -> str:
    """The new text of a captured block; of long outputs the first lines that the mark asks for, and the last three."""
    lines: list[str] = []
    for command, _ in read_commands(snippet.text):
        output = run_in_terminal(place, command).splitlines()
        if snippet.n_lines is not None and len(output) > snippet.n_lines + N_LAST:
            output = [*output[: snippet.n_lines], "...", *output[-N_LAST:]]
        lines += [PROMPT + command, *(line.rstrip() for line in output)]
    return "\n".join(lines)


def renew(page: Path) -> bool:
    """Runs a page and rewrites its captured blocks; whether anything changed."""
    snippets = [snippet for snippet in read_snippets(page) if snippet.reason is None]
    if not any(snippet.captured for snippet in snippets):
        return False
    old = text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace.make(Path(folder))
        os.environ["HOME"] = folder
        os.chdir(folder)
        for snippet in snippets:
            if snippet.captured:
                text = text.replace(f"```console\n{snippet.text}\n```", f"```console\n{capture(place, snippet)}\n```")
            else:
                place.run(snippet)
        os.chdir("/")
    page.write_text(text, encoding="utf-8")
    return text != old


def main() -> int:
    """Renews the pages given, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path)
    options = parser.parse_args()
    for page in [path.resolve() for path in options.pages] or list_pages():
        if renew(page):
            sys.stdout.write(f"Written: {page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
