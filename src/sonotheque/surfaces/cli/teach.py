"""`sono teach`: learn a sound of one's own from a few examples.

Owns the reading of lists of clips after --like and --unlike, and how what was learned is told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sonotheque.errors import NotFoundError
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import Column, print_json, print_table, say
from sonotheque.values.query import Example

if TYPE_CHECKING:
    from sonotheque.library.library import Library
    from sonotheque.library.teaching import Lesson
    from sonotheque.store.taught import TaughtLabel

EXAMPLES = (
    ('sono teach "my door" --like a.wav b.wav long.wav@12-15', "learn it from a few clips, best five or more"),
    ('sono teach "my door" --like 1 3 --unlike 2', "... from hits of the last search; 2 is something else"),
    ('sono teach "my door" --from-label door', "... from what you labelled so"),
    ("sono search my door", "find it"),
    ("sono teach --list", "what was taught"),
    ('sono teach --forget "my door"', "forget it"),
)
LISTS = ("--like", "--unlike")
LAYER = "user"


class ListCommand(TeachingCommand):
    """A command in which every word after an option of `LISTS`, up to the next option, belongs to that option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, after writing the option before each of its words."""
        return super().parse_args(ctx, list(repeat_options(args)))


def repeat_options(args: Sequence[str]) -> Iterator[str]:
    """`--like a b` as `--like a --like b`; what follows `--` is left as it is."""
    name, n_words = "", 0
    for at, word in enumerate(args):
        if word == "--":
            yield from args[at:]
            return
        if word in LISTS:
            name, n_words = word, 0
        elif word.startswith("-") and len(word) > 1:
            name = ""
        elif name:
            if n_words:
                yield name
            n_words += 1
        yield word


@click.command("teach", cls=ListCommand, examples=EXAMPLES)
@click.argument("label", required=False)
@click.option("--like", multiple=True, metavar="CLIP...", help="Clips in which it is heard: N or FILE[@START-END].")
@click.option("--unlike", multiple=True, metavar="CLIP...", help="Clips of something else that it is taken for.")
@click.option("--from-label", metavar="TEXT", help="Learn from the places that you gave this label.")
@click.option("--list", "is_list", is_flag=True, help="List what was taught.")
@click.option("--forget", metavar="LABEL", help="Forget a taught label.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def teach_command(
    invocation: Invocation,
    label: str | None,
    like: tuple[str, ...],
    unlike: tuple[str, ...],
    from_label: str | None,
    is_list: bool,
    forget: str | None,
    as_json: bool,
) -> None:
    """Teach a sound of your own from a handful of clips.

    A search for the label, and sono tag, then use what was learned. The clips need not be in the library. Five clips
    from different recordings do well. It can be done while sono index runs.
    """
    if is_list or forget is not None:
        if label is not None or like or unlike or from_label is not None or (is_list and forget is not None):
            raise click.UsageError("--list and --forget stand alone.")
        with invocation.open_library() as library:
            _list(library, as_json) if forget is None else _forget(library, forget)
        return
    if label is None:
        raise click.UsageError("Say what the label is, before the clips: sono teach LABEL --like FILE ...")
    examples, counterexamples = _clips(invocation, like), _clips(invocation, unlike)
    with invocation.open_library(create=True) as library:
        examples += [] if from_label is None else _labelled(library, from_label)
        lesson = library.teach(label, examples, counterexamples)
    _tell(invocation, lesson, as_json)


def _clips(invocation: Invocation, texts: Sequence[str]) -> list[Example]:
    from sonotheque.surfaces.cli.recall import find_target

    targets = [find_target(invocation, text) for text in texts]
    return [Example(Path(os.fsdecode(target.path)), target.span) for target in targets]


def _labelled(library: Library, text: str) -> list[Example]:
    """The places that a person gave a label, in recordings that are there."""
    labelled = [(row, segment) for row, segment in library.catalogue.segments_labelled(text) if segment.layer == LAYER]
    placed = library.catalogue.recordings_by_ids({row for row, _ in labelled})
    places = [
        Example(Path(os.fsdecode(placed[row].paths[0])), segment.span) for row, segment in labelled if row in placed
    ]
    if not places:
        raise NotFoundError(
            f"No recording that is present has the label “{text}”.", next_step="See them all: sono labels"
        )
    return places


def _forget(library: Library, label: str) -> None:
    library.forget_taught(label)
    say(f"Forgot what “{label}” sounds like.")


def _tell(invocation: Invocation, lesson: Lesson, as_json: bool) -> None:
    taught, chances = lesson.taught, lesson.detector.left_out
    if as_json:
        print_json({**_fields(taught), "left_out": [round(chance, 4) for chance in chances], "notes": lesson.notes})
        return
    n = len(taught.like)
    say(f"Taught “{taught.label}” from {n} {'example' if n == 1 else 'examples'}.")
    if chances:
        n_known = sum(chance >= 0.5 for chance in chances)
        say(f"Each was listened for by what the others teach: {n_known} of {len(chances)} were recognised.")
    for note in lesson.notes:
        invocation.remark(f"note: {note}")
    invocation.remark(f"Find it: sono search {taught.label}")


def _list(library: Library, as_json: bool) -> None:
    labels = library.taught()
    if as_json:
        print_json({"taught": [_fields(taught) for taught in labels]})
    elif not labels:
        say("Nothing was taught yet. Teach a sound: sono teach LABEL --like FILE ...")
    else:
        columns = (Column("Label", keep="start"), Column("Like", right=True), Column("Unlike", right=True))
        print_table(columns, ((row.label, str(len(row.like)), str(len(row.unlike))) for row in labels))


def _fields(taught: TaughtLabel) -> dict[str, Any]:
    from sonotheque.surfaces.cli.hit_formats import path_fields

    def clip_fields(clips: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {
                **path_fields(clip.path),
                "start_s": None if clip.span is None else clip.span.start_s,
                "end_s": None if clip.span is None else clip.span.end_s,
            }
            for clip in clips
        ]

    return {"label": taught.label, "like": clip_fields(taught.like), "unlike": clip_fields(taught.unlike)}
