"""`sono demo`: the whole of it on sounds made for the purpose, or on a folder of your own.

Owns the demonstration: what is asked and how it is told. The sounds and their truth come from `audio.synthesis.demo`.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sonotheque.errors import EXIT_ERROR, EXIT_OK, BadInputError, NotFoundError
from sonotheque.library.clips import base_name
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.index import print_report
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import paint, printable, say
from sonotheque.values.query import EvidenceKind
from sonotheque.values.recording import absolute_path
from sonotheque.values.span import Span

if TYPE_CHECKING:
    from sonotheque.audio.synthesis.demo import DemoQuery, DemoSound
    from sonotheque.library.library import Library
    from sonotheque.values.hit import Hit, SearchResult
    from sonotheque.values.query import Example, Query

N_SHOWN = 3
SOUND_ALONE: frozenset[EvidenceKind] = frozenset({"sound"})
MAX_EXAMPLE_S = 5.0
GENERAL_QUERIES = ("someone speaking", "music", "birds singing", "rain or running water", "an engine")
EXAMPLES = (
    ("sono demo", "make 24 recordings, listen to them, and ask six questions"),
    ("sono demo --folder ~/Sounds", "the same on your own sounds"),
    ("sono demo --out /tmp/demo", "put everything somewhere else"),
)


@click.command(
    "demo", cls=TeachingCommand, examples=EXAMPLES, short_help="See all of it work on sounds made for the purpose."
)
@click.option("--folder", type=click.Path(path_type=Path), help="Use the sound in this folder instead of made sounds.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo-out"),
    show_default=True,
    help="Where the demo puts what it makes: sounds, a library, a picture.",
)
@click.pass_obj
def demo_command(invocation: Invocation, folder: Path | None, out: Path) -> int:
    """Show what it does: index a small library, search it by words and by example, draw the best hit.

    The made recordings have names that say nothing, so what is found is found by its sound. Your own library is left
    alone: the demo has one in its folder.
    """  # fmt: skip
    from sonotheque.library.library import open_library

    if out.exists() and not out.is_dir():
        raise BadInputError(f"{out} is a file.", next_step="Name a folder with --out.")
    truth: tuple[DemoSound, ...] = () if folder is not None else _make_sounds(out / "sounds")
    place = out / "sounds" if folder is None else folder
    out.mkdir(parents=True, exist_ok=True)
    with open_library(out / ("library" if folder is None else "library-of-folder")) as library:
        _index(invocation, library, place)
        story = _Story(library, place, out, truth)
        if truth:
            story.ask_made()
        else:
            story.ask_general()
        story.draw_best()
    n_right, n_asked = sum(story.verdicts), len(story.verdicts)
    if n_asked:
        say(f"The right recording came first in {n_right} of {n_asked} searches, by sound alone.")
    say(f'Ask it yourself: sono --library {shlex.quote(str(library.folder))} search "a dog barking"')
    return EXIT_OK if n_right or not n_asked else EXIT_ERROR


def _make_sounds(folder: Path) -> tuple[DemoSound, ...]:
    from sonotheque.audio.synthesis.demo import write_demo_library

    sounds = write_demo_library(folder)
    say(f"Made {len(sounds)} recordings in {folder}.")
    return sounds


def _index(invocation: Invocation, library: Library, place: Path) -> None:
    from sonotheque.surfaces.cli.progress import show_progress

    with show_progress(invocation.quiet) as on_progress:
        report = library.index([place], on_progress=on_progress)
    print_report(report)
    if library.status().n_recordings == 0:
        raise NotFoundError(f"No sound was found in {place}.", next_step="Name a folder with sound files.")


@dataclass(slots=True)
class _Story:
    """Asks a library and tells the answers; verdicts are kept where the truth is known."""

    library: Library
    place: Path
    out: Path
    truth: tuple[DemoSound, ...]
    answers: list[tuple[str, SearchResult]] = field(default_factory=list)
    verdicts: list[bool] = field(default_factory=list)

    def ask_made(self) -> None:
        """The demo's own questions, by sound alone; the answers are known."""
        from sonotheque.audio.synthesis.demo import DEMO_QUERIES
        from sonotheque.values.query import Query

        for asked in DEMO_QUERIES:
            if asked.text is not None:
                query, title = Query(asked.text, k=N_SHOWN, evidence=SOUND_ALONE), f"“{asked.text}”"
            else:
                example = self._write_example(asked)
                query = Query(like=(example,), k=N_SHOWN, evidence=SOUND_ALONE)
                title = f"like {example.path.name}, a sound that is in no recording"
            result = self.ask(title, query)
            expected = {absolute_path(self.place / path) for path in asked.expected}
            self.verdicts.append(bool(result.hits) and result.hits[0].path in expected)

    def _write_example(self, asked: DemoQuery) -> Example:
        import soundfile

        from sonotheque.values.query import Example

        assert asked.like is not None
        path, waveform = self.out / f"example-{asked.like[0].replace(' ', '-')}.wav", asked.render_example()
        soundfile.write(path, waveform.samples, waveform.rate_hz, subtype="PCM_16")
        return Example(path)

    def ask_general(self) -> None:
        """Questions that suit most collections, and one by an example from the collection itself."""
        from sonotheque.values.query import Example, Query

        for text in GENERAL_QUERIES:
            self.ask(f"“{text}”", Query(text, k=N_SHOWN))
        hits = [hit for _, result in self.answers for hit in result.hits]
        if hits:
            best = max(hits, key=lambda hit: hit.score)
            span = Span(best.span.start_s, min(best.span.end_s, best.span.start_s + MAX_EXAMPLE_S))
            name = f"{base_name(best.path)}@{span.start_s:.1f}-{span.end_s:.1f}"
            example = Example(Path(os.fsdecode(best.path)), span)
            self.ask(f"like {name}, which should find itself first", Query(like=(example,), k=N_SHOWN))

    def ask(self, title: str, query: Query) -> SearchResult:
        """Searches and prints the hits under a title."""
        from sonotheque.surfaces.cli.hit_table import print_hits

        result = self.library.search(query)
        self.answers.append((title, result))
        click.echo(f"\n{paint(printable(title), 'bold')}", color=True)
        if result.hits:
            print_hits(result.hits, ("Truth", self._truth_of) if self.truth else None)
        else:
            say("Nothing was found.")
        return result

    def _truth_of(self, hit: Hit) -> str:
        """What really is heard in the hit's span, longest first."""
        for sound in self.truth:
            if absolute_path(self.place / sound.path) == hit.path:
                heard = sorted((-event.span.overlap_s(hit.span), event.kind) for event in sound.truth)
                return ", ".join(dict.fromkeys(kind for overlap, kind in heard if overlap < 0))
        return ""

    def draw_best(self) -> None:
        """A picture of the surest answer, rather of one that is only a part of its recording."""
        from sonotheque.audio.picture import MarkedSpan
        from sonotheque.library.clips import MAX_DRAWN_S, draw_clip, write_picture

        right = self.verdicts or [True] * len(self.answers)
        firsts = [
            (title, result.hits[0])
            for (title, result), is_right in zip(self.answers, right, strict=True)
            if is_right and result.hits and result.hits[0].duration_s <= MAX_DRAWN_S
        ]
        say()
        if not firsts:
            return
        title, hit = max(firsts, key=lambda first: (_is_part(first[1]), first[1].score))
        picture = self.out / "best-hit.png"
        image = draw_clip(hit.path, marks=[MarkedSpan(hit.span, title.strip("“”"), hit.score)])
        write_picture(image, picture, source=hit.path, overwrite=True)
        say(f"A picture of the best hit: {picture}")


def _is_part(hit: Hit) -> bool:
    return hit.span.duration_s < 0.8 * hit.duration_s
