"""`sono label` and `sono labels`: a person's own words on recordings and moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sonotheque.errors import NotFoundError
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import Column, print_json, print_table, say

if TYPE_CHECKING:
    from sonotheque.library.library import Library
    from sonotheque.surfaces.cli.recall import Target

LAYER = "user"
LABEL_EXAMPLES = (
    ('sono label 1 "kitchen door"', "the first hit of the last search"),
    ('sono label street.wav "good take"', "a whole recording"),
    ("sono label street.wav@12.5-15 bird", "a part of one"),
    ("sono label street.wav bird --remove", "take labels away again"),
    ('sono search door --label "good take"', "search among labelled recordings"),
)
LABELS_EXAMPLES = (
    ("sono labels", "every label, most frequent first"),
    ('sono labels "good take"', "where one of them stands"),
)


@click.command("label", cls=TeachingCommand, examples=LABEL_EXAMPLES)
@click.argument("clip", metavar="N|FILE[@START-END]")
@click.argument("text")
@click.option("--remove", is_flag=True, help="Take the label away, from the whole recording or from within the span.")
@click.pass_obj
def label_command(invocation: Invocation, clip: str, text: str, remove: bool) -> None:
    """Put a label on a recording or on a part of it.

    Labels belong to the content: they stay when a file is moved or renamed. They can be added while sono index runs.
    """
    from sonotheque.surfaces.cli.recall import find_target

    target = find_target(invocation, clip)
    with invocation.open_library() as library:
        if remove:
            n = _remove(library, target, text)
            say(f"Removed {n} {'label' if n == 1 else 'labels'} “{text}” from {target}.")
        else:
            library.label(target.path, text, target.span)
            say(f"Labelled {target}: “{text}”.")


def _remove(library: Library, target: Target, text: str) -> int:
    placed = library.recording_at(target.path)
    found = [
        segment.id
        for recording_id, segment in library.catalogue.segments_labelled(text)
        if recording_id == placed.id
        and segment.layer == LAYER
        and segment.id is not None
        and (target.span is None or segment.span.overlap_s(target.span) > 0)
    ]
    if not found:
        raise NotFoundError(f"{target} has no label “{text}”.", next_step="See them all: sono labels")
    with library.catalogue.write() as writer:
        for segment_id in found:
            writer.delete_segment(segment_id)
    return len(found)


@click.command("labels", cls=TeachingCommand, examples=LABELS_EXAMPLES)
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def labels_command(invocation: Invocation, text: str | None, as_json: bool) -> None:
    """List your labels, or the places where one of them stands."""
    with invocation.open_library() as library:
        if text is not None:
            _print_places(library, text, as_json)
            return
        counts = dict(library.catalogue.labels(LAYER))
    if as_json:
        print_json({"labels": counts})
    elif not counts:
        say("There are no labels yet. Put one on a hit: sono label 1 TEXT")
    else:
        print_table(
            (Column("Label", keep="start"), Column("Count", right=True)), ((t, str(n)) for t, n in counts.items())
        )


def _print_places(library: Library, text: str, as_json: bool) -> None:
    from sonotheque.surfaces.cli.hit_formats import path_fields
    from sonotheque.surfaces.cli.hit_table import clock_span
    from sonotheque.values.recording import display_path

    labelled = [(row, segment) for row, segment in library.catalogue.segments_labelled(text) if segment.layer == LAYER]
    placed = library.catalogue.recordings_by_ids({row for row, _ in labelled})
    places = [(placed[row].paths[0], segment) for row, segment in labelled if row in placed]
    if as_json:
        fields = [
            {**path_fields(path), "start_s": s.span.start_s, "end_s": s.span.end_s, "text": s.text}
            for path, s in places
        ]
        print_json({"places": fields})
    elif not places:
        raise NotFoundError(
            f"No recording that is present has the label “{text}”.", next_step="See them all: sono labels"
        )
    else:
        columns = (Column("Time"), Column("Path", keep="end"))
        print_table(columns, ((clock_span(segment.span), display_path(path)) for path, segment in places))
