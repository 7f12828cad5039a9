"""Reads single files for the facade: examples to search by, files to tag, spans to cut.

Owns the use of a decoding process for files that someone just gives, because they may be as bad as any other.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path

import numpy as np

from sonotheque.audio.decode import RATE_HZ
from sonotheque.audio.pool import Block, DecoderPool, Failed, Finished
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.models.roles import EmbeddedWindows, Embedder
from sonotheque.units import format_duration
from sonotheque.values.query import Example
from sonotheque.values.recording import display_path
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray, Waveform

MAX_EXAMPLE_S = 600.0


def load_clip(example: Example, rate_hz: int = RATE_HZ) -> Waveform:
    """The example's samples at `rate_hz`. Raises `NotFoundError` and `BadInputError` as `decoded_blocks` does.

    An example is a moment: a file longer than ten minutes needs a span.
    """
    parts, n_samples = [], 0
    with contextlib.closing(decoded_blocks(example.path, example.span, rate_hz=rate_hz)) as blocks:
        for block in blocks:
            parts.append(block.copy())
            n_samples += len(block)
            if n_samples > MAX_EXAMPLE_S * rate_hz:
                raise BadInputError(
                    f"{_shown(example.path)} is longer than {format_duration(MAX_EXAMPLE_S)}.",
                    next_step=f"Name the moment you mean, for instance {example.path.name}@12.5-15.",
                )
    if not n_samples:
        raise BadInputError(f"There is no sound in {example}.", next_step="Give a span inside the file.")
    start_s = 0.0 if example.span is None else example.span.start_s
    return Waveform(np.concatenate(parts), rate_hz, start_s)


def decoded_blocks(
    path: Path, span: Span | None = None, *, rate_hz: int = RATE_HZ
) -> Generator[FloatArray, None, None]:
    """Mono blocks at `rate_hz` of a file, or of a span of it, each valid until the next is asked for.

    Raises `NotFoundError` where there is no such file and `BadInputError` with the reason where it can't be read.
    """
    if not os.path.lexists(path):
        raise NotFoundError(f"There is no file at {_shown(path)}.", next_step="Check the path.")
    with DecoderPool(1, rate_hz=rate_hz) as pool:
        pool.submit(0, os.fsencode(path.absolute()), span=span)
        for event in pool.events():
            if isinstance(event, Block):
                yield event.samples
            elif isinstance(event, Failed):
                raise BadInputError(f"{_shown(path)} {event.reason}.")
            elif isinstance(event, Finished):
                return


def embed_file(path: Path, embedder: Embedder, span: Span | None = None) -> EmbeddedWindows:
    """All rows of a file, or of a span of it; times count from the start of the file."""
    stream = embedder.open_stream()
    parts = [stream.push(block) for block in decoded_blocks(path, span, rate_hz=embedder.card.rate_hz)]
    parts = [part for part in (*parts, stream.finish()) if len(part.spans) or len(part.fine)]
    if not parts:
        raise BadInputError(f"There is no sound in {_shown(path)}.")
    offset_s = 0.0 if span is None else span.start_s
    vectors = [part.vectors for part in parts if len(part.vectors)]
    fine = [part.fine for part in parts if len(part.fine)]
    return EmbeddedWindows(
        np.concatenate([part.spans for part in parts]) + offset_s,
        np.concatenate(vectors),
        np.concatenate(fine),
        parts[0].fine_start_s + offset_s,
        parts[0].fine_hop_s,
    )


def _shown(path: Path) -> str:
    return display_path(os.fsencode(path))
