"""Pictures of sound: the waveform above its mel spectrogram, with times, frequencies and marked spans.

Owns the layout, the colours and the reduction of any length of sound to the pixels there are. Knows nothing of
libraries or searches: whoever has spans to show passes them in.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sonotheque.audio.features import MelSettings, hz_to_mel, mel_spectrogram
from sonotheque.errors import BadInputError
from sonotheque.units import format_duration
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray, Waveform

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

BACKGROUND: Colour = (17, 18, 24)
PANEL: Colour = (24, 26, 34)
GRID: Colour = (46, 49, 61)
TEXT: Colour = (226, 229, 238)
FAINT_TEXT: Colour = (147, 152, 170)
WAVE_PEAK: Colour = (79, 128, 178)
WAVE_BODY: Colour = (148, 196, 232)
MARK: Colour = (255, 196, 84)

MIN_WIDTH_PX, MIN_HEIGHT_PX = 320, 200
MAX_SIDE_PX = 10_000
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM, PANEL_GAP = 62, 20, 40, 34, 10
WAVE_SHARE = 0.3
TAG_ROWS, TAG_HEIGHT = 3, 19

N_MELS = 96
FRAME_S = 0.048
DYNAMIC_RANGE_DB = 72.0
MAX_SAMPLE = 10.0
MAX_COLUMNS = 2000
FRAMES_PER_COLUMN = 4

TICK_STEPS_S = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
    21600,
)
TICK_FREQUENCIES_HZ = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)

# Colour map in Oklab (Ottosson 2020): lightness rises evenly, so equal steps in dB look equal; the hue turns from night
# blue over violet and rose to pale yellow. Columns: lightness, green-red, blue-yellow.
OKLAB_POINTS = (
    (0.16, 0.00, -0.035), (0.26, 0.03, -0.105), (0.38, 0.10, -0.130), (0.50, 0.165, -0.070),
    (0.62, 0.185, 0.030), (0.73, 0.125, 0.110), (0.84, 0.035, 0.145), (0.96, -0.025, 0.085),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A span of the recording to shade, with what to write on it; `score` is None where there is none."""

    span: Span
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things lie, in pixels, and which seconds the panels show."""

    left: int
    right: int
    wave_top: int
    wave_bottom: int
    mel_top: int
    mel_bottom: int
    start_s: float
    duration_s: float

    @property
    def width(self) -> int:
        return self.right - self.left

    def x_of(self, time_s: float) -> float:
        return self.left + (time_s - self.start_s) / self.duration_s * self.width


def draw(
    waveform: Waveform,
    *,
    spans: Sequence[MarkedSpan] = (),
    title: str = "",
    width_px: int = 1200,
    height_px: int = 520,
) -> Image.Image:
    """A picture of `waveform`, an RGB image of that size; times count from the start of the recording.

    Spans outside the waveform are left out. Samples that are not finite are drawn as silence, others are cut at 10
    times full scale. Raises `BadInputError` for an empty waveform or a size outside 320 x 200 to 10000 x 10000 pixels.
    """
    if len(waveform.samples) == 0:
        raise BadInputError("There is no sound to draw: the waveform has no samples.")
    if not (MIN_WIDTH_PX <= width_px <= MAX_SIDE_PX and MIN_HEIGHT_PX <= height_px <= MAX_SIDE_PX):
        raise BadInputError(
            f"A picture measures {MIN_WIDTH_PX} x {MIN_HEIGHT_PX} to {MAX_SIDE_PX} x {MAX_SIDE_PX} pixels, "
            f"not {width_px} x {height_px}."
        )
    waveform = _tame(waveform)
    layout = _lay_out(waveform, width_px, height_px)
    image = Image.new("RGB", (width_px, height_px), BACKGROUND)
    pen = ImageDraw.Draw(image)
    _draw_spectrogram(image, waveform, layout)
    _draw_time_axis(pen, layout)
    _draw_wave(pen, waveform, layout)
    _draw_frequency_axis(pen, layout, waveform.rate_hz)
    _draw_header(pen, waveform, title, layout)
    return _draw_marks(image, layout, spans)


def save_png(image: Image.Image, path: Path) -> None:
    """Write the picture as PNG; raises `BadInputError` for another ending."""
    if path.suffix.lower() != ".png":
        raise BadInputError(f"A picture is written as PNG, not {path.name!r}.", next_step="Let the name end in .png.")
    image.save(path, format="PNG", optimize=True)


def _tame(waveform: Waveform) -> Waveform:
    """The waveform itself, or, where samples are not finite or absurdly large, a copy that can be squared."""
    samples = waveform.samples
    if max(abs(float(samples.min())), abs(float(samples.max()))) <= MAX_SAMPLE:
        return waveform
    tamed = np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -MAX_SAMPLE, MAX_SAMPLE)
    return Waveform(tamed, waveform.rate_hz, waveform.start_s)


def _lay_out(waveform: Waveform, width_px: int, height_px: int) -> _Layout:
    inner = height_px - MARGIN_TOP - MARGIN_BOTTOM - PANEL_GAP
    wave_bottom = MARGIN_TOP + round(inner * WAVE_SHARE)
    return _Layout(
        left=MARGIN_LEFT,
        right=width_px - MARGIN_RIGHT,
        wave_top=MARGIN_TOP,
        wave_bottom=wave_bottom,
        mel_top=wave_bottom + PANEL_GAP,
        mel_bottom=height_px - MARGIN_BOTTOM,
        start_s=waveform.start_s,
        duration_s=waveform.duration_s,
    )


def reduce_to_peaks(samples: FloatArray, n_columns: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The smallest, the largest and the RMS sample of each of `n_columns` equal parts, each of shape (n_columns,)."""
    edges = np.linspace(0, len(samples), n_columns + 1)
    starts = np.minimum(np.floor(edges[:-1]).astype(np.int64), len(samples) - 1)
    ends = np.clip(np.ceil(edges[1:]).astype(np.int64), starts + 1, len(samples))
    lows, highs, rms = (np.zeros(n_columns, dtype=np.float32) for _ in range(3))
    for column, (start, end) in enumerate(zip(starts, ends, strict=True)):
        part = samples[start:end]
        lows[column], highs[column] = part.min(), part.max()
        rms[column] = math.sqrt(float(np.dot(part, part)) / len(part))
    return lows, highs, rms


def _draw_wave(pen: ImageDraw.ImageDraw, waveform: Waveform, layout: _Layout) -> None:
    middle = (layout.wave_top + layout.wave_bottom) / 2
    lows, highs, rms = reduce_to_peaks(waveform.samples, layout.width)
    # The loudest peak fills most of the panel, but silence isn't blown up.
    loudest = max(0.02, float(np.max(np.abs([lows, highs]))))
    half = (layout.wave_bottom - layout.wave_top) / 2 - 3
    pen.line((layout.left, middle, layout.right, middle), fill=GRID)
    for column in range(layout.width):
        x = layout.left + column
        pen.line(
            (x, middle - highs[column] / loudest * half, x, middle - lows[column] / loudest * half), fill=WAVE_PEAK
        )
        body = min(rms[column], max(-lows[column], highs[column])) / loudest * half
        pen.line((x, middle - body, x, middle + body), fill=WAVE_BODY)
    font = _load_font(11)
    text = f"{20 * math.log10(loudest):+.0f} dB"
    pen.text((layout.left - 8, layout.wave_top + 1), text, font=font, fill=FAINT_TEXT, anchor="rt")


def measure_mel_columns(waveform: Waveform, n_columns: int) -> FloatArray:
    """The mel spectrogram in dB, shape (N_MELS, at most n_columns): each column the mean power of up to four frames.

    The work does not grow with the length of the sound: frames lie further apart in a longer one.
    """
    samples = waveform.samples
    window = 1 << max(5, round(math.log2(FRAME_S * waveform.rate_hz)))
    # Twice the window's length as FFT, so that the lowest bands are wider than a bin and none is empty.
    settings = MelSettings(
        rate_hz=waveform.rate_hz,
        n_fft=2 * window,
        win_length=window,
        hop_samples=max(window // 16, math.ceil(len(samples) / (n_columns * FRAMES_PER_COLUMN))),
        n_mels=N_MELS,
        htk=True,
        norm=None,
    )
    power = mel_spectrogram(samples, settings)
    n_shown = min(n_columns, len(power))
    firsts = np.arange(n_shown) * len(power) // n_shown
    columns = np.add.reduceat(power, firsts, axis=0) / np.diff(np.append(firsts, len(power)))[:, None]
    return np.asarray(10 * np.log10(np.maximum(columns, 1e-12)).T, dtype=np.float32)


def make_colour_table() -> Pixels:
    """256 colours from the Oklab points, shape (256, 3)."""
    points = np.array(OKLAB_POINTS)
    share = np.linspace(0, len(points) - 1, 256)
    lab = np.stack([np.interp(share, np.arange(len(points)), points[:, axis]) for axis in range(3)], axis=1)
    to_cone = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((lab @ to_cone.T) ** 3 @ to_linear.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(encoded * 255), dtype=np.uint8)


def _draw_spectrogram(image: Image.Image, waveform: Waveform, layout: _Layout) -> None:
    level_db = measure_mel_columns(waveform, min(MAX_COLUMNS, layout.width))
    top_db = max(float(level_db.max()), -40.0)
    share = np.clip((level_db - top_db) / DYNAMIC_RANGE_DB + 1, 0, 1)
    grey = Image.fromarray((share[::-1] * 255).astype(np.uint8))
    grey = grey.resize((layout.width, layout.mel_bottom - layout.mel_top), Image.Resampling.BILINEAR)
    image.paste(Image.fromarray(make_colour_table()[np.asarray(grey)]), (layout.left, layout.mel_top))


def choose_tick_step(duration_s: float, n_ticks: int) -> float:
    """The smallest round step in seconds that needs at most `n_ticks` steps for `duration_s`."""
    for step_s in TICK_STEPS_S:
        if duration_s / step_s <= n_ticks:
            return float(step_s)
    return math.ceil(duration_s / n_ticks / 86_400) * 86_400.0


def format_tick(time_s: float, step_s: float) -> str:
    """Clock time with as many decimals as the step needs: `0:05`, `1:02:03`, `0:00.25`."""
    decimals = 0 if step_s >= 1 else (1 if step_s >= 0.1 else 2)
    units = 10**decimals
    seconds_units = round(time_s * units)
    whole, fraction = divmod(seconds_units, units)
    hours, rest = divmod(whole, 3600)
    clock = f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return f"{clock}.{fraction:0{decimals}d}" if decimals else clock


def _draw_time_axis(pen: ImageDraw.ImageDraw, layout: _Layout) -> None:
    pen.rectangle((layout.left, layout.wave_top, layout.right - 1, layout.wave_bottom), fill=PANEL)
    step_s = choose_tick_step(layout.duration_s, max(2, layout.width // 95))
    font = _load_font(12)
    for number in range(math.ceil(layout.start_s / step_s - 1e-9), math.floor(_end_s(layout) / step_s + 1e-9) + 1):
        x = layout.x_of(number * step_s)
        pen.line((x, layout.wave_top, x, layout.wave_bottom), fill=GRID)
        pen.line((x, layout.mel_bottom, x, layout.mel_bottom + 5), fill=FAINT_TEXT)
        text = format_tick(number * step_s, step_s)
        half = pen.textlength(text, font=font) / 2
        x_text = min(max(x, layout.left - 10 + half), layout.right + MARGIN_RIGHT - 3 - half)
        pen.text((x_text, layout.mel_bottom + 8), text, font=font, fill=TEXT, anchor="mt")


def _end_s(layout: _Layout) -> float:
    return layout.start_s + layout.duration_s


def _draw_frequency_axis(pen: ImageDraw.ImageDraw, layout: _Layout, rate_hz: int) -> None:
    font, top_mel = _load_font(12), hz_to_mel(rate_hz / 2, htk=True)
    last_y = math.inf
    for frequency_hz in (hz for hz in TICK_FREQUENCIES_HZ if hz <= rate_hz / 2):
        y = layout.mel_bottom - hz_to_mel(frequency_hz, htk=True) / top_mel * (layout.mel_bottom - layout.mel_top)
        if last_y - y < 15:
            continue
        last_y = y
        text = f"{frequency_hz // 1000} kHz" if frequency_hz >= 1000 else f"{frequency_hz} Hz"
        pen.line((layout.left - 5, y, layout.left - 1, y), fill=FAINT_TEXT)
        pen.text((layout.left - 9, max(y, layout.mel_top + 5)), text, font=font, fill=TEXT, anchor="rm")


def _draw_header(pen: ImageDraw.ImageDraw, waveform: Waveform, title: str, layout: _Layout) -> None:
    small = _load_font(12)
    facts = f"{format_duration(waveform.duration_s)}  ·  {waveform.rate_hz / 1000:g} kHz"
    pen.text((layout.right, 21), facts, font=small, fill=FAINT_TEXT, anchor="rm")
    font = _load_font(16)
    room = layout.width - pen.textlength(facts, font=small) - 24
    pen.text((layout.left, 20), _shorten(pen, _printable(title), font, room), font=font, fill=TEXT, anchor="lm")


def _draw_marks(image: Image.Image, layout: _Layout, spans: Sequence[MarkedSpan]) -> Image.Image:
    shown = sorted((mark for mark in spans if _is_visible(mark.span, layout)), key=lambda mark: mark.span)
    if not shown:
        return image
    veil = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(veil)
    for mark in shown:
        left, right = _columns_of(mark.span, layout)
        pen.rectangle((left, layout.wave_top, right, layout.wave_bottom), fill=(*MARK, 42))
        pen.rectangle((left, layout.mel_top, right, layout.mel_bottom - 1), fill=(*MARK, 20))
        for x in (left, right):
            pen.line((x, layout.wave_top, x, layout.mel_bottom - 1), fill=(*MARK, 215))
        pen.line((left, layout.mel_bottom - 1, right, layout.mel_bottom - 1), fill=(*MARK, 255), width=2)
    _draw_tags(pen, layout, shown)
    return Image.alpha_composite(image.convert("RGBA"), veil).convert("RGB")


def _draw_tags(pen: ImageDraw.ImageDraw, layout: _Layout, shown: Sequence[MarkedSpan]) -> None:
    """A tag per span, from the top of the waveform down; one that would cover another goes lower or is left out."""
    font, row_ends = _load_font(12), [-math.inf] * TAG_ROWS
    for mark in shown:
        text = _printable(mark.label) + ("" if mark.score is None else f"  {mark.score:.2f}")
        text = _shorten(pen, text, font, layout.width * 0.5)
        tag_width = pen.textlength(text, font=font) + 10
        left = min(_columns_of(mark.span, layout)[0], layout.right - tag_width)
        row = next((number for number, end in enumerate(row_ends) if left > end + 2), None)
        if row is not None and text:
            row_ends[row] = left + tag_width
            top = layout.wave_top + row * (TAG_HEIGHT + 2)
            pen.rectangle((left, top, left + tag_width, top + TAG_HEIGHT), fill=(*MARK, 240))
            pen.text((left + 5, top + TAG_HEIGHT / 2), text, font=font, fill=(28, 22, 8, 255), anchor="lm")


def _is_visible(span: Span, layout: _Layout) -> bool:
    return span.end_s > layout.start_s and span.start_s < _end_s(layout)


def _columns_of(span: Span, layout: _Layout) -> tuple[float, float]:
    left = max(layout.x_of(span.start_s), layout.left)
    return left, max(left + 1, min(layout.x_of(span.end_s), layout.right - 1))


def _printable(text: str) -> str:
    """One line, with control and lone surrogate characters shown as a question mark (file names may hold them)."""
    return "".join(char if char.isprintable() else "?" for char in text.replace("\n", " "))


def _shorten(pen: ImageDraw.ImageDraw, text: str, font: Font, room_px: float) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    # No character is narrower than a pixel here, so what is cut first would not fit anyway.
    text = text[: max(0, math.ceil(room_px)) + 1]
    if pen.textlength(text, font=font) <= room_px:
        return text
    n_kept = bisect.bisect_right(range(1, len(text)), room_px, key=lambda n: pen.textlength(text[:n] + "…", font=font))
    return text[:n_kept] + "…" if n_kept else ""


def _load_font(size_px: int) -> Font:
    return ImageFont.load_default(size=size_px)
