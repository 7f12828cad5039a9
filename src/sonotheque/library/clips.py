"""Clips: naming them, cutting them out of their files, drawing them.

Owns the reading of FILE@START-END, the exact cut at the source's own rate and channels, and the choice of how finely a
long file is drawn. Source files are only read. Knows nothing of catalogues.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError, NotFoundError, UnavailableError
from sonotheque.units import format_duration, parse_seconds
from sonotheque.values.query import Example
from sonotheque.values.recording import display_path
from sonotheque.values.span import Span

if TYPE_CHECKING:
    from PIL import Image

    from sonotheque.audio.picture import MarkedSpan
    from sonotheque.audio.probe import Probe
    from sonotheque.values.waveform import FloatArray

CUT_FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG"}
MAX_CUT_BYTES = 2 << 30
MAX_FULL_RATE_S = 600.0
MAX_DRAWN_S = 7200.0
DRAWN_RATE_HZ = 16_000

_SPAN = re.compile(r"^(?P<path>.+)@(?P<start>[^@/]+?)\s*-\s*(?P<end>[^@/-]+)$", re.DOTALL)
_PCM_16_CODECS = ("pcm_16", "pcm_s16", "pcm_s8", "pcm_u8", "pcm_8", "ulaw", "alaw", "pcm_mulaw", "pcm_alaw")


def parse_clip(text: str) -> Example:
    """A clip from `FILE` or `FILE@START-END`, times as `parse_seconds` takes them.

    A file may have `@` in its name: what stands behind the last one counts as a span only where it reads as one and no
    file bears the whole name. Raises `BadInputError` for a span that ends before it starts.
    """
    match = _SPAN.match(text)
    if match is None or os.path.lexists(text):
        return Example(Path(text))
    try:
        start_s, end_s = parse_seconds(match["start"]), parse_seconds(match["end"])
    except BadInputError:
        return Example(Path(text))
    return Example(Path(match["path"]), Span(start_s, end_s))


def base_name(path: bytes) -> str:
    """The last part of a path, safe to print."""
    return display_path(path).rpartition("/")[2]


def probe_file(path: bytes) -> Probe:
    """What a file says of itself. Raises `NotFoundError` and `BadInputError` with the reason."""
    from sonotheque.audio.decode import open_regular
    from sonotheque.audio.probe import probe

    with open_regular(path) as file:
        return probe(file, path)


def cut(path: bytes, span: Span | None, out: Path, *, pad_s: float = 0.0, overwrite: bool = False) -> Span:
    """Writes a span of a file (None: all of it) as wav, flac or ogg, by the ending of `out`; returns what was cut.

    Sample-exact at the source's rate and channels; sources of at most 16 bits stay bit for bit as they are in wav and
    flac, others get 24. `pad_s` seconds are added on both sides as far as there are any. Raises `BadInputError` for
    another ending, for an existing `out` unless `overwrite`, and always where `out` is the source itself.
    """
    from sonotheque.audio.decode import read_native

    if out.suffix.lower() not in CUT_FORMATS:
        raise BadInputError(
            f"A clip is written as {', '.join(CUT_FORMATS)}, not as {_shown(out)}.", next_step="Choose such an ending."
        )
    _check_output(path, out, overwrite)
    facts = probe_file(path)
    wanted = None if span is None else Span(max(0.0, span.start_s - pad_s), span.end_s + pad_s)
    length_s = facts.duration_s if wanted is None else wanted.duration_s
    if length_s is not None and length_s * facts.rate_hz * facts.n_channels * 4 > MAX_CUT_BYTES:
        raise BadInputError(
            f"A clip of {format_duration(length_s)} is too long to cut.", next_step="Name a shorter span."
        )
    samples, rate_hz = read_native(path, wanted)
    _write(samples, rate_hz, out, n_bits=16 if facts.codec.startswith(_PCM_16_CODECS) else 24)
    start_s = 0.0 if wanted is None else wanted.start_s
    return Span(start_s, start_s + len(samples) / rate_hz)


def _check_output(source: bytes, out: Path, overwrite: bool) -> None:
    if not out.exists():
        return
    original = Path(os.fsdecode(source))
    if original.exists() and original.samefile(out):
        raise BadInputError(
            f"{_shown(out)} is the source itself, which is only ever read.", next_step="Choose another name."
        )
    if not overwrite:
        raise BadInputError(
            f"{_shown(out)} exists already.", next_step="Choose another name, or overwrite it with --force."
        )


def _write(samples: FloatArray, rate_hz: int, out: Path, n_bits: int) -> None:
    """Writes beside `out` first, so that a full disk leaves no half a clip."""
    import soundfile

    kind = CUT_FORMATS[out.suffix.lower()]
    coding = "VORBIS" if kind == "OGG" else f"PCM_{n_bits}"
    data = samples if kind == "OGG" else to_integers(samples, n_bits)
    part = out.with_name(f".{out.name[:80]}.{os.getpid()}.part")
    try:
        soundfile.write(part, data, rate_hz, format=kind, subtype=coding)
        part.replace(out)
    except (OSError, soundfile.LibsndfileError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "error_string", None) or str(error)
        raise UnavailableError(
            f"{_shown(out)} can't be written as {kind}: {reason.rstrip('.')}.",
            next_step="Check the folder and its free space; flac takes up to 8 channels, wav any number.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def to_integers(samples: FloatArray, n_bits: int) -> npt.NDArray[np.int16] | npt.NDArray[np.int32]:
    """Full-scale 1.0 as integers of 16 bits, or of 24 in the upper part of 32, as libsndfile takes them.

    Its own conversion scales by 32767 where reading divides by 32768, which changes samples; this one is the inverse.
    """
    scale = float(1 << (n_bits - 1))
    whole = np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1)
    return whole.astype(np.int16) if n_bits == 16 else whole.astype(np.int32) << (32 - n_bits)


def draw_clip(
    path: bytes, span: Span | None = None, *, marks: Sequence[MarkedSpan] = (), title: str = ""
) -> Image.Image:
    """A picture of a file, or of a span of it, with spans of the file marked.

    Drawn from all frequencies up to ten minutes, from those below 8 kHz beyond. Raises `BadInputError` above two hours.
    """
    from sonotheque.audio.decode import read
    from sonotheque.audio.picture import draw

    length_s = probe_file(path).duration_s if span is None else span.duration_s
    if length_s is not None and length_s > MAX_DRAWN_S:
        raise BadInputError(
            f"{_shown(path)} is {format_duration(length_s)} long; a picture takes {format_duration(MAX_DRAWN_S)}.",
            next_step="Name a span, for instance FILE@0-1:00:00.",
        )
    is_long = length_s is None or length_s > MAX_FULL_RATE_S
    waveform = read(path, span, DRAWN_RATE_HZ if is_long else None)
    return draw(waveform, spans=marks, title=title or base_name(path))


def write_picture(image: Image.Image, out: Path, *, source: bytes, overwrite: bool = False) -> None:
    """Writes a picture as PNG. Raises as `cut` does for an `out` that must not be written."""
    from sonotheque.audio.picture import save_png

    _check_output(source, out, overwrite)
    try:
        save_png(image, out)
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no folder {_shown(out.parent)}.", next_step="Make it first.") from error
    except OSError as error:
        raise UnavailableError(f"{_shown(out)} can't be written: {error.strerror}.") from error


def _shown(path: Path | bytes) -> str:
    return display_path(os.fsencode(path))
