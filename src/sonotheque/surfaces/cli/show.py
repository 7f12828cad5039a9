"""`sono show`: a picture of a sound."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sonotheque.surfaces.cli.arguments import CHANCE
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import say
from sonotheque.values.recording import display_path

if TYPE_CHECKING:
    from sonotheque.audio.picture import MarkedSpan
    from sonotheque.surfaces.cli.recall import Target

EXAMPLES = (
    ("sono show 1", "the recording of the first hit, the hit marked; written to the folder you are in"),
    ("sono show long.wav@60-90 -o part.png", "a part of any file"),
    ('sono show long.wav --query "dog barking"', "with every span marked that fits the words"),
)


@click.command(
    "show", cls=TeachingCommand, examples=EXAMPLES, short_help="Draw a sound: waveform and mel spectrogram, as a PNG."
)
@click.argument("clip", metavar="N|FILE[@START-END]")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Where to; must end in .png.  [default: NAME.png here]"
)
@click.option("--query", metavar="TEXT", help="Mark the spans that fit these words.")
@click.option(
    "--min-score", type=CHANCE, metavar="SCORE", default=0.5, show_default=True, help="How well they must fit."
)
@click.option("--force", is_flag=True, help="Overwrite a picture that is there.")
@click.pass_obj
def show_command(
    invocation: Invocation, /, *, clip: str, out: Path | None, query: str | None, min_score: float, force: bool
) -> None:
    """Draw a sound: its waveform above its mel spectrogram, with times, as a PNG.

    A hit of the last search is shown within its whole recording and marked.
    """
    from sonotheque.audio.picture import MarkedSpan
    from sonotheque.library.clips import draw_clip, write_picture
    from sonotheque.surfaces.cli.recall import find_target

    is_hit = clip.isdecimal()
    target = find_target(invocation, clip)
    marks: list[MarkedSpan] = []
    if query is not None:
        marks = _matching(invocation, target, query, min_score)
    elif is_hit and target.span is not None:
        marks = [MarkedSpan(target.span, target.query or f"hit {clip}")]
    image = draw_clip(target.path, None if is_hit else target.span, marks=marks)
    path = out or Path(f"{Path(target.name).stem}.png")
    write_picture(image, path, source=target.path, overwrite=force)
    say(f"{display_path(os.fsencode(path))} ({image.width} × {image.height} pixels)")


def _matching(invocation: Invocation, target: Target, query: str, min_score: float) -> list[MarkedSpan]:
    """The spans of the file that fit the words."""
    from sonotheque.audio.picture import MarkedSpan
    from sonotheque.surfaces.cli.tag import hear

    tags = hear(target.path, target.span, [query], min_score)
    if not tags:
        invocation.remark(f"note: nothing in it reaches {min_score:.0%} for “{query}”; no span is marked.")
    return [MarkedSpan(tag.span, tag.label, tag.score) for tag in tags]
