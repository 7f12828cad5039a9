"""`sono search`: words, examples, or both, and the moments that answer.

Owns the options of a search and the choice of how its answer is written.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from sonotheque.surfaces.cli.arguments import CHANCE, DATE, SECONDS
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation, model_option
from sonotheque.surfaces.cli.rendering import is_interactive, print_json, say
from sonotheque.values.query import EVIDENCE_KINDS

if TYPE_CHECKING:
    from sonotheque.library.library import Library
    from sonotheque.values.hit import SearchResult
    from sonotheque.values.query import Query

EXAMPLES = (
    ("sono search rain on a tin roof", "by words"),
    ("sono search --like door.wav", "what sounds like a file"),
    ("sono search --like long.wav@12.5-15", "... or like a part of it"),
    ("sono search creaking --like door.wav --like-weight 0.7", "both, the example counting more"),
    ("sono search birds --path 'field/**' --longer 2m --after 2026-05", "only among some recordings"),
    ("sono search siren --evidence sound", "by sound alone, whatever files are called"),
    ("sono search applause -k 100 --m3u > applause.m3u8", "as a playlist"),
)


@click.command("search", cls=TeachingCommand, examples=EXAMPLES)
@click.argument("words", nargs=-1)
@click.option("--like", multiple=True, metavar="FILE[@START-END]", help="A clip to resemble; may be given again.")
@click.option(
    "--like-weight",
    type=CHANCE,
    metavar="SHARE",
    default=0.5,
    show_default=True,
    help="The share of the examples where there are words too.",
)
@click.option(
    "-k", "k", metavar="N", type=click.IntRange(1, 10_000), default=10, show_default=True, help="How many hits at most."
)
@click.option(
    "--min-score",
    type=CHANCE,
    metavar="SCORE",
    default=0.0,
    help="Only hits with at least this score, such as 0.5 or 50%.",
)
@click.option(
    "--path", metavar="GLOB", help="Only recordings whose path matches: * within a folder, ** across folders."
)
@click.option("--longer", type=SECONDS, help="Only recordings of at least this length: 12.5, 1:02 or 2m30s.")
@click.option("--shorter", type=SECONDS, help="Only recordings of at most this length.")
@click.option("--after", type=DATE, help="Only recordings from this date on: 2026, 2026-07, 2026-07-04.")
@click.option("--before", type=DATE, help="Only recordings from before this date.")
@click.option("--label", metavar="TEXT", help="Only recordings that you gave this label.")
@click.option(
    "--evidence",
    type=click.Choice(EVIDENCE_KINDS),
    multiple=True,
    help="What may speak for a hit: its sound, its name (with folders and tags). Both unless given.",
)
@model_option("Search what this model has heard, instead of the library's own:")
@click.option("--json", "form", flag_value="json", help="Print one JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV with a heading.")
@click.option("--m3u", "form", flag_value="m3u", help="Print a playlist that plays the moments found.")
@click.pass_obj
def search_command(
    invocation: Invocation,
    /,
    *,
    words: tuple[str, ...],
    like: tuple[str, ...],
    like_weight: float,
    k: int,
    min_score: float,
    evidence: tuple[str, ...],
    form: str | None,
    longer: float | None,
    shorter: float | None,
    model: str | None,
    **filters: Any,
) -> None:
    """Find moments by words, by example, or by both.

    Hits are spans of time, best first, with a score (how likely the moment is what you mean) and the reasons for it.
    Below 50% a hit is weak. `sono play 1` plays the first.
    """  # fmt: skip
    from sonotheque.library.clips import parse_clip
    from sonotheque.surfaces.cli.recall import remember
    from sonotheque.values.query import Filters, Query

    query = Query(
        " ".join(words), tuple(parse_clip(text) for text in like), like_weight, k, min_score,
        Filters(min_duration_s=longer, max_duration_s=shorter, **filters), frozenset(evidence or EVIDENCE_KINDS),  # type: ignore[arg-type]
    )  # fmt: skip
    with invocation.open_library(model=model) as library:
        result = library.search(query)
        remember(library, result)
        if form is None:
            _print_answer(invocation, library, result)
        else:
            _write(result, form)
            for note in result.notes if form != "json" else ():
                invocation.remark(f"note: {note}")


def _write(result: SearchResult, form: str) -> None:
    from sonotheque.surfaces.cli import hit_formats

    if form == "json":
        print_json(hit_formats.as_json(result))
    else:
        text = hit_formats.as_csv(result) if form == "csv" else hit_formats.as_m3u(result)
        click.echo(text, nl=False)


def _print_answer(invocation: Invocation, library: Library, result: SearchResult) -> None:
    from sonotheque.surfaces.cli.hit_table import print_hits

    if not result.hits:
        say("Nothing was found.")
        say(_advise(library, result.query))
    else:
        if result.is_weak:
            say("Nothing fits well; these are the nearest.")
        print_hits(result.hits)
    for note in result.notes:
        invocation.remark(f"note: {note}")
    if result.hits and is_interactive() and is_interactive(sys.stderr):
        n, ms = len(result.hits), result.seconds * 1000
        invocation.remark(f"{n} {'hit' if n == 1 else 'hits'} in {ms:.0f} ms. Hear one: sono play 1")


def _advise(library: Library, query: Query) -> str:
    """What to do where there is no hit at all."""
    if library.status().n_recordings == 0:
        return f"The library at {library.folder} is empty. Fill it: sono index FOLDER"
    if query.min_score > 0:
        return f"No hit reaches {query.min_score:.0%}. Lower --min-score to see what is nearest."
    if not query.filters.is_empty:
        return "Take a filter away (--path, --longer, --shorter, --after, --before, --label), or use other words."
    if query.evidence == {"name"}:
        return "No name holds these words. Without --evidence name the sound is searched too."
    return "Use other words, or an example: sono search --like FILE"
