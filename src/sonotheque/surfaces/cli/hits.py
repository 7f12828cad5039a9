"""`sono play` and `sono cut`: hear a hit, or keep it as a file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.surfaces.cli.arguments import SECONDS
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import say
from sonotheque.units import format_duration
from sonotheque.values.recording import display_path
from sonotheque.values.span import Span

# Each takes a WAV file as its last argument, plays it without a window, and ends.
PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("mpv", "--no-video", "--really-quiet"),
    ("cvlc", "--play-and-exit", "--quiet"),
    ("vlc", "--intf", "dummy", "--play-and-exit", "--quiet"),
    ("play", "-q"),
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
)
MAX_PLAYED_S = 600.0

PLAY_EXAMPLES = (
    ("sono play 1", "the first hit of the last search"),
    ("sono play 3 --pad 2", "with two seconds more on both sides"),
    ("sono play long.wav@1:02-1:10", "a part of any file"),
    ("sono play 1 --player 'mpv --volume=50'", "with a player of your choice"),
)
CUT_EXAMPLES = (
    ("sono cut 1 -o clip.wav", "the first hit of the last search"),
    ("sono cut 1 -o clip.flac --pad 0.5", "half a second more on both sides, as FLAC"),
    ("sono cut long.wav@12.5-15 -o part.wav", "a part of any file"),
)


@click.command("play", cls=TeachingCommand, examples=PLAY_EXAMPLES)
@click.argument("clip", metavar="N|FILE[@START-END]")
@click.option("--pad", "pad_s", type=SECONDS, default=0.0, help="Play this much more on both sides.")
@click.option("--player", metavar="CMD", help="The program that plays; it is given a WAV file.")
@click.pass_obj
def play_command(invocation: Invocation, /, clip: str, pad_s: float, player: str | None) -> None:
    """Play a hit of the last search, or a part of a file.

    The clip is cut first, so that any player of WAV files will do.
    """
    from sonotheque.library.clips import cut
    from sonotheque.surfaces.cli.hit_table import clock_span
    from sonotheque.surfaces.cli.recall import find_target

    command = find_player(player)
    target = find_target(invocation, clip)
    span = target.span or Span(0.0, MAX_PLAYED_S)
    if span.duration_s > MAX_PLAYED_S:
        invocation.remark(f"note: only the first {format_duration(MAX_PLAYED_S)} are played.")
        span = Span(span.start_s, span.start_s + MAX_PLAYED_S)
    with tempfile.TemporaryDirectory(prefix="sonotheque-") as folder:
        wav = Path(folder) / "clip.wav"
        heard = cut(target.path, span, wav, pad_s=pad_s)
        invocation.remark(f"{target.name}  {clock_span(heard)}")
        _run_player([*command, str(wav)])


def find_player(given: str | None) -> list[str]:
    """The command line of the player, without the file. Raises `UnavailableError` where there is none."""
    if given is not None:
        try:
            words = shlex.split(given)
        except ValueError as error:
            raise BadInputError(f"--player {given!r} can't be read: {error}.") from error
        if not words or shutil.which(words[0]) is None:
            raise UnavailableError(
                f"There is no program {words[0] if words else given!r}.", next_step="Check --player."
            )
        return words
    for command in PLAYERS:
        if shutil.which(command[0]) is not None:
            return list(command)
    raise UnavailableError(
        "No player was found on this machine.",
        next_step="Install ffmpeg (ffplay), mpv, VLC or SoX, or name another with --player; sono cut saves a clip.",
    )


def _run_player(command: list[str]) -> None:
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UnavailableError(f"{command[0]} can't be started: {error.strerror}.") from error
    if code != 0:
        raise UnavailableError(
            f"{command[0]} ended with code {code}.", next_step="Choose another player with --player, or use sono cut."
        )


@click.command(
    "cut",
    cls=TeachingCommand,
    examples=CUT_EXAMPLES,
    short_help="Save a hit, or a part of a file, as a file of its own.",
)
@click.argument("clip", metavar="N|FILE[@START-END]")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Where to: .wav, .flac or .ogg.")
@click.option("--pad", "pad_s", type=SECONDS, default=0.0, help="Take this much more on both sides.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.pass_obj
def cut_command(invocation: Invocation, /, clip: str, out: Path, pad_s: float, force: bool) -> None:
    """Save a hit of the last search, or a part of a file, as a file of its own.

    The cut is exact to the sample, at the rate and with the channels of the source.
    """
    from sonotheque.library.clips import cut
    from sonotheque.surfaces.cli.hit_table import clock_span
    from sonotheque.surfaces.cli.recall import find_target

    target = find_target(invocation, clip)
    taken = cut(target.path, target.span, out, pad_s=pad_s, overwrite=force)
    say(f"{display_path(os.fsencode(out))}: {clock_span(taken)} of {target.name}")
