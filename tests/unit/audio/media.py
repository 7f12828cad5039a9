"""Sound files for tests, synthesised and encoded here.

Owns the signals and their encoding through soundfile and PyAV. Knows nothing of the code under test.
"""

from __future__ import annotations

import functools
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoding:
    """One way to store sound: the suffix, who encodes it, and the encoder's words for container and codec."""

    suffix: str
    library: str
    container: str
    codec: str
    rate_hz: int = 44_100
    tolerance: float = 0.02
    """Largest root mean square of the difference from the original, for a signal of root mean square 0.2 or so."""

    def __str__(self) -> str:
        return f"{self.codec} in {self.container}"


ENCODINGS = (
    Encoding(".wav", "soundfile", "WAV", "PCM_U8"),
    Encoding(".wav", "soundfile", "WAV", "PCM_16"),
    Encoding(".wav", "soundfile", "WAV", "PCM_24"),
    Encoding(".wav", "soundfile", "WAV", "PCM_32"),
    Encoding(".wav", "soundfile", "WAV", "FLOAT"),
    Encoding(".wav", "soundfile", "WAV", "DOUBLE"),
    Encoding(".wav", "soundfile", "WAV", "ULAW"),
    Encoding(".wav", "soundfile", "WAV", "IMA_ADPCM"),
    Encoding(".w64", "soundfile", "W64", "PCM_16"),
    Encoding(".rf64", "soundfile", "RF64", "PCM_16"),
    Encoding(".aiff", "soundfile", "AIFF", "PCM_24"),
    Encoding(".au", "soundfile", "AU", "PCM_16"),
    Encoding(".caf", "soundfile", "CAF", "PCM_16"),
    Encoding(".caf", "soundfile", "CAF", "ALAC_16"),
    Encoding(".flac", "soundfile", "FLAC", "PCM_16"),
    Encoding(".flac", "soundfile", "FLAC", "PCM_24"),
    Encoding(".ogg", "soundfile", "OGG", "VORBIS"),
    Encoding(".opus", "soundfile", "OGG", "OPUS", rate_hz=48_000),
    Encoding(".opus", "soundfile", "OGG", "OPUS", rate_hz=16_000),
    Encoding(".mp3", "soundfile", "MP3", "MPEG_LAYER_III"),
    Encoding(".m4a", "av", "mp4", "aac"),
    Encoding(".m4a", "av", "mp4", "alac"),
    Encoding(".aac", "av", "adts", "aac"),
    Encoding(".mp4", "av", "mp4", "aac"),
    Encoding(".mov", "av", "mov", "pcm_s16le"),
    Encoding(".mov", "av", "mov", "aac"),
    Encoding(".mkv", "av", "matroska", "flac"),
    Encoding(".mkv", "av", "matroska", "aac"),
    Encoding(".mka", "av", "matroska", "mp3"),
    Encoding(".webm", "av", "webm", "libopus", rate_hz=48_000),
    Encoding(".wma", "av", "asf", "wmav2"),
    Encoding(".caf", "av", "caf", "adpcm_ima_qt"),
    Encoding(".avi", "av", "avi", "pcm_s16le"),
    Encoding(".3gp", "av", "3gp", "aac"),
    Encoding(".flv", "av", "flv", "aac"),
    Encoding(".mts", "av", "mpegts", "aac"),
    Encoding(".mp2", "av", "mp2", "mp2"),
    Encoding(".ac3", "av", "ac3", "ac3"),
    Encoding(".wv", "av", "wv", "wavpack"),
    Encoding(".tta", "av", "tta", "tta"),
    Encoding(".ogg", "av", "ogg", "flac"),
)


@functools.cache
def melody(duration_s: float = 2.0, rate_hz: int = 44_100, n_channels: int = 1) -> FloatArray:
    """Gliding tones, of shape (n_frames, n_channels): no stretch is like another, so a shift or a cut shows."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    tones = [
        0.2 * np.sin(2 * np.pi * (300.0 + 170.0 * channel) * time_s + 40.0 * np.sin(1.7 * time_s + channel))
        + 0.1 * np.sin(2 * np.pi * (900.0 + 55.0 * time_s) * time_s)
        for channel in range(n_channels)
    ]
    return np.stack(tones, axis=1).astype(np.float32)


def encode(encoding: Encoding, samples: FloatArray, **extra: Any) -> bytes:
    """`samples` of shape (n_frames, n_channels) as the bytes of a file."""
    buffer = io.BytesIO()
    if "options" in extra:
        # FFmpeg moves the index to the front by opening the file a second time, so it needs one with a name.
        with tempfile.NamedTemporaryFile() as file:
            encode_av(file.name, encoding, samples, **extra)
            return Path(file.name).read_bytes()
    if encoding.library == "soundfile":
        soundfile.write(buffer, samples, encoding.rate_hz, format=encoding.container, subtype=encoding.codec)
    else:
        encode_av(buffer, encoding, samples, **extra)
    return buffer.getvalue()


def encode_av(
    buffer: io.BytesIO | str,
    encoding: Encoding,
    samples: FloatArray,
    *,
    options: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    n_pictures: int = 0,
    more_tracks: tuple[FloatArray, ...] = (),
    pts_offset: int = 0,
) -> None:
    """Write a container with one sound track per signal, and `n_pictures` grey frames (25 a second) beside them."""
    with av.open(buffer, "w", format=encoding.container, options=options or {}) as output:
        output.metadata.update(tags or {})
        video = output.add_stream("mpeg4", rate=25) if n_pictures else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        tracks = [(add_track(output, encoding, signal), signal) for signal in (samples, *more_tracks)]
        if video is not None:
            for _ in range(n_pictures):
                grey = np.full((48, 64, 3), 90, dtype=np.uint8)
                output.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
            output.mux(video.encode(None))
        for track, signal in tracks:
            encode_track(output, track, signal, encoding.rate_hz, pts_offset)


def add_track(output: Any, encoding: Encoding, signal: FloatArray) -> Any:
    """A sound track for `signal` in an opened output."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[signal.shape[1]]
    track = output.add_stream(encoding.codec, rate=encoding.rate_hz, layout=layout)
    if "pcm" not in encoding.codec:
        track.codec_context.bit_rate = 160_000
    if encoding.codec == "libvorbis":
        track.codec_context.format = "fltp"
    return track


def encode_track(output: Any, track: Any, signal: FloatArray, rate_hz: int, pts_offset: int = 0) -> None:
    """Encode a whole signal into a track."""
    context = track.codec_context
    context.open(strict=False)
    size = context.frame_size or 1024
    resampler = av.AudioResampler(format=context.format.name, layout=context.layout.name, rate=rate_hz)
    for start in range(0, len(signal), size):
        piece = np.ascontiguousarray(signal[start : start + size].T)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=context.layout.name)
        frame.sample_rate, frame.pts = rate_hz, start + pts_offset
        for converted in resampler.resample(frame):
            output.mux(track.encode(converted))
    output.mux(track.encode(None))


def wav_header(data_bytes: int, rate_hz: int = 16_000, n_channels: int = 1, bits: int = 16) -> bytes:
    """A 44-byte RIFF header that promises `data_bytes`, whatever follows it."""
    frame_bytes = n_channels * bits // 8
    fields = (b"fmt ", 16, 1, n_channels, rate_hz, rate_hz * frame_bytes, frame_bytes, bits)
    header = fields[0] + b"".join(
        value.to_bytes(width, "little") for value, width in zip(fields[1:], (4, 2, 2, 4, 4, 2, 2), strict=True)
    )
    riff_bytes = min(data_bytes + 36, 0xFFFFFFFF)
    return b"RIFF" + riff_bytes.to_bytes(4, "little") + b"WAVE" + header + b"data" + data_bytes.to_bytes(4, "little")
