"""`sono tag`: what is heard in a file, with times."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sonotheque.errors import NotFoundError
from sonotheque.surfaces.cli.arguments import CHANCE
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation, model_option
from sonotheque.surfaces.cli.rendering import Column, print_json, print_table, say

if TYPE_CHECKING:
    from sonotheque.search.tagging import Tag
    from sonotheque.values.span import Span

EXAMPLES = (
    ("sono tag street.wav", "everything it knows by name"),
    ("sono tag street.wav@60-90", "in a part of the file"),
    ("sono tag 1", "in the first hit of the last search"),
    ('sono tag street.wav --label "dog barking" --label siren', "only what you ask for, in any words"),
    ("sono tag street.wav --min-score 0.8 --json", "only what is sure, for another program"),
)


@click.command("tag", cls=TeachingCommand, examples=EXAMPLES)
@click.argument("clip", metavar="N|FILE[@START-END]")
@click.option("--label", "labels", multiple=True, metavar="TEXT", help="Listen for this; may be given again.")
@click.option(
    "--min-score", type=CHANCE, metavar="SCORE", default=0.5, show_default=True, help="Leave out what is less likely."
)
@model_option("Listen with this model instead of the built-in one:")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def tag_command(
    invocation: Invocation, clip: str, labels: tuple[str, ...], min_score: float, model: str | None, as_json: bool
) -> None:
    """List what is heard in a file, with times. The file need not be in the library.

    Labels taught to the library are listened for too.
    """
    from sonotheque.surfaces.cli.hit_formats import path_fields
    from sonotheque.surfaces.cli.hit_table import clock_span
    from sonotheque.surfaces.cli.recall import find_target

    target = find_target(invocation, clip)
    tags = _hear_in_library(invocation, target.path, target.span, labels or None, min_score, model)
    if as_json:
        print_json({**path_fields(target.path), "tags": [_fields(tag) for tag in tags]})
    elif not tags:
        say(f"Nothing is heard with a score of at least {min_score:.0%}.")
        say("Lower --min-score, or listen for something else with --label.")
    else:
        columns = (Column("Time"), Column("Score", right=True), Column("Heard", keep="start"))
        print_table(columns, ((clock_span(tag.span), f"{tag.score:.0%}", tag.label) for tag in tags))


def _hear_in_library(
    invocation: Invocation,
    path: bytes,
    span: Span | None,
    labels: Sequence[str] | None,
    min_score: float,
    model: str | None,
) -> list[Tag]:
    """As `hear`, with what the library was taught where there is one that was taught anything."""
    try:
        with invocation.open_library(model=model) as library:
            if library.taught():
                return library.tag(os.fsdecode(path), span, labels=labels, min_score=min_score)
    except NotFoundError:
        if not Path(os.fsdecode(path)).exists():
            raise
    return hear(path, span, labels, min_score, model)


def hear(
    path: bytes, span: Span | None, labels: Sequence[str] | None, min_score: float, model: str | None = None
) -> list[Tag]:
    """Tags of a file, or of a span of it, with the model of that name or the built-in one; no library is needed."""
    from sonotheque.library.listening import embed_file
    from sonotheque.models.registry import load_embedder
    from sonotheque.search.tagging import tag_windows

    embedder = load_embedder() if model is None else load_embedder(model)
    heard = embed_file(Path(os.fsdecode(path)), embedder, span)
    return tag_windows(heard, embedder, embedder.labels if labels is None else labels, min_score=min_score)


def _fields(tag: Tag) -> dict[str, object]:
    return {
        "label": tag.label,
        "start_s": round(tag.span.start_s, 4),
        "end_s": round(tag.span.end_s, 4),
        "score": round(tag.score, 6),
    }
