"""What noise costs: label mAP of the model on clips as they are, and with other sound over them.

The clips of one fold of esc50 are embedded as they are, under pink noise, under the babble of four people of
`speakers`, in a room, through a telephone's band, clipped, and quiet; then the class names are asked. The signal's
power in the ratio is that of its audible part (20 ms frames within 30 dB of the loudest), so that silence in a clip
doesn't make the noise faint. Prints mean average precision and its loss in points.

    python benchmarks/noise.py [--data DIR] [--fold 5] [--model NAME] [--snr 10] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from shared_sound import add_data_option, read_manifest

from sonotheque.audio.decode import read
from sonotheque.audio.synthesis.sources import make_noise
from sonotheque.evaluation.retrieval_metrics import average_precision, tie_groups
from sonotheque.models.registry import load_embedder
from sonotheque.models.sounds import MODEL_ID
from sonotheque.values.waveform import Waveform

FloatArray = npt.NDArray[np.float32]
Change = Callable[[FloatArray, np.random.Generator], FloatArray]
MOST_LOST = {"pink noise": 0.08, "babble": 0.08}
"""What the model promises at 10 dB."""
N_VOICES = 4
AUDIBLE_DB = 30.0


def audible_power(samples: FloatArray, rate_hz: int) -> float:
    """Mean power of the 20 ms frames within 30 dB of the loudest."""
    n = rate_hz // 50
    frames = np.pad(samples, (0, -len(samples) % n)).reshape(-1, n)
    powers = (frames.astype(np.float64) ** 2).mean(axis=1)
    return float(powers[powers >= powers.max() * 10.0 ** (-AUDIBLE_DB / 10.0)].mean())


def lay_over(samples: FloatArray, noise: FloatArray, snr_db: float, rate_hz: int) -> FloatArray:
    """`samples` with `noise` at `snr_db` under the audible part."""
    power = float((noise.astype(np.float64) ** 2).mean())
    gain = np.sqrt(audible_power(samples, rate_hz) / max(power, 1e-12)) * 10.0 ** (-snr_db / 20.0)
    return (samples + gain * noise).astype(np.float32)


def changes(rate_hz: int, snr_db: float, voices: list[FloatArray]) -> dict[str, Change]:
    """The conditions by name; each takes a clip and a generator."""

    def pink(x: FloatArray, rng: np.random.Generator) -> FloatArray:
        return lay_over(x, make_noise(rng, len(x), rate_hz, -3.0).astype(np.float32), snr_db, rate_hz)

    def babble(x: FloatArray, rng: np.random.Generator) -> FloatArray:
        together = np.zeros(len(x), np.float32)
        for one in rng.choice(len(voices), N_VOICES, replace=False):
            together += np.resize(voices[one], len(x)) / max(float(np.sqrt((voices[one] ** 2).mean())), 1e-6)
        return lay_over(x, together, snr_db, rate_hz)

    def room(x: FloatArray, rng: np.random.Generator) -> FloatArray:
        n = rate_hz // 2
        tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
        tail[0] = 4.0
        size = len(x) + n
        wet = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)[: len(x)]
        return (wet / max(float(np.abs(wet).max()), 1e-6) * np.abs(x).max()).astype(np.float32)

    def telephone(x: FloatArray, _: np.random.Generator) -> FloatArray:
        spectrum, hz = np.fft.rfft(x), np.fft.rfftfreq(len(x), 1.0 / rate_hz)
        spectrum[(hz < 300.0) | (hz > 3400.0)] *= 0.01
        return np.fft.irfft(spectrum, len(x)).astype(np.float32)

    def clipped(x: FloatArray, _: np.random.Generator) -> FloatArray:
        level = float(np.quantile(np.abs(x), 0.95)) or 1.0
        return np.clip(x, -level, level)

    def quiet(x: FloatArray, _: np.random.Generator) -> FloatArray:
        return x * np.float32(0.1)

    return {
        "pink noise": pink, "babble": babble, "room": room, "telephone": telephone, "clipped": clipped, "-20 dB": quiet,
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    parser.add_argument("--fold", default="5")
    parser.add_argument("--model", default=MODEL_ID)
    parser.add_argument("--snr", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail where more is lost than promised")
    options = parser.parse_args(arguments)
    embedder = load_embedder(options.model)
    rate_hz = embedder.card.rate_hz
    rows = [row for row in read_manifest(options.data, "esc50") if row["fold"] == options.fold]
    clips = [read(options.data / "esc50" / row["path"], rate_hz=rate_hz).samples for row in rows]
    speakers = read_manifest(options.data, "speakers")[:40]
    voices = [read(options.data / "speakers" / row["path"], rate_hz=rate_hz).samples for row in speakers]
    labels = np.array([row["label"] for row in rows])
    names = sorted(set(labels))
    queries = np.stack([embedder.embed_text(name).vector for name in names])

    def judge(change: Change | None) -> float:
        rng = np.random.default_rng(0)
        heard = [clip if change is None else change(clip, rng) for clip in clips]
        vectors = np.stack([embedder.embed_audio(Waveform(samples, rate_hz)).vector for samples in heard])
        groups = tie_groups(queries @ vectors.T, np.array([labels == name for name in names]))
        return float(average_precision(groups).mean())

    found = {"as it is": judge(None)}
    found |= {name: judge(change) for name, change in changes(rate_hz, options.snr, voices).items()}
    lost = {name: found["as it is"] - value for name, value in found.items()}
    if options.json:
        print(json.dumps({name: {"map": round(found[name], 4), "lost": round(lost[name], 4)} for name in found}))
    else:
        print(f"{len(clips)} clips of fold {options.fold}, {embedder.card.space_name}, noise at {options.snr:g} dB")
        for name, value in found.items():
            print(f"{name:12s} {value:.3f}  {-100 * lost[name]:+5.1f} points")
    kept = all(lost[name] <= most for name, most in MOST_LOST.items())
    return 1 if options.check and not kept else 0


if __name__ == "__main__":
    sys.exit(main())
