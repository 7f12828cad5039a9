"""How far an index run is, on stderr: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sonotheque.surfaces.cli.rendering import is_interactive, printable, say_aside, shorten, width_of
from sonotheque.units import format_duration

if TYPE_CHECKING:
    from sonotheque.ingest.report import Progress

OnProgress = Callable[["Progress"], None]
LINE_EVERY_S = 5.0
BAR_WIDTH = 20
MIN_NAME_WIDTH = 16


@contextlib.contextmanager
def show_progress(quiet: bool) -> Iterator[OnProgress | None]:
    """A function to be called with each state of the run; None where nothing is to be shown."""
    if quiet:
        yield None
    elif is_interactive(sys.stderr):
        with _bar() as on_progress:
            yield on_progress
    else:
        yield Lines()


class Lines:
    """Prints a line now and then."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Takes a state of the run."""
        now = time.monotonic()
        if now - self._told_at >= LINE_EVERY_S:
            self._told_at = now
            say_aside(f"{share_done(progress):>4.0%}  {describe(progress)}")


def describe(progress: Progress) -> str:
    """`120 of 310 files, 96 × real time, 1 min 20 s left, 2 failed`."""
    parts = [f"{progress.n_done} of {progress.n_files} files"]
    if progress.audio_s > 0:
        parts.append(f"{progress.speed:.0f} × real time")
    if progress.remaining_s is not None and progress.n_done < progress.n_files:
        parts.append(f"{format_duration(progress.remaining_s)} left")
    if progress.n_failed:
        parts.append(f"{progress.n_failed} failed")
    return ", ".join(parts)


def share_done(progress: Progress) -> float:
    """How much is done, by bytes, in [0, 1]; by files where there are no bytes."""
    if progress.bytes_total > 0:
        return progress.bytes_done / progress.bytes_total
    return progress.n_done / progress.n_files if progress.n_files else 1.0


@contextlib.contextmanager
def _bar() -> Iterator[OnProgress]:
    # Loaded only here: a search needs none of it.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.percentage:>3.0f}%", markup=False),
        BarColumn(bar_width=BAR_WIDTH),
        TextColumn("{task.description}", markup=False),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, refresh_per_second=8) as bar:
        task = bar.add_task("Looking for sound ...", total=None)

        def on_progress(progress: Progress) -> None:
            told = describe(progress)
            room = console.width - width_of(told) - BAR_WIDTH - 12
            if progress.current and room > MIN_NAME_WIDTH:
                told += f"  {shorten(printable(progress.current), room, 'ends')}"
            bar.update(task, total=1.0, completed=share_done(progress), description=told)

        yield on_progress
