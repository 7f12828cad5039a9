"""How fast the built-in model listens: log-mel and networks together, on one core.

A signal goes through the model's stream in blocks of ten seconds, as indexing sends it: windows of 5 s every 2.5 s and
a vector for every half second, with the work of overlapping windows shared. One thread; no decoding. Beside it the
log-mel alone and the trunk alone. Prints multiples of real time, best and median of several rounds.

    python benchmarks/embed.py [--minutes 5] [--rounds 5] [--model NAME] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from sonotheque.audio.features import LogMelStream
from sonotheque.models.registry import load_embedder
from sonotheque.models.sound_stream import LOG_FLOOR_POWER, MEL
from sonotheque.models.sounds import MODEL_ID, Sounds

LEAST = 1500.0
"""What the model promises on an idle core, × real time."""
BLOCK_S = 10


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default=MODEL_ID)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail where the best round is slower than promised")
    options = parser.parse_args(arguments)
    model = load_embedder(options.model, n_threads=1)
    if not isinstance(model, Sounds):
        parser.error("only the built-in model and models trained like it are measured here")
    block = BLOCK_S * MEL.rate_hz
    n = max(1, round(options.minutes * 60 / BLOCK_S)) * block
    samples = np.random.default_rng(0).normal(0.0, 0.1, n).astype(np.float32)

    def listen() -> None:
        stream = model.open_stream()
        for at in range(0, n, block):
            stream.push(samples[at : at + block])
        stream.finish()

    def log_mel() -> None:
        stream = LogMelStream(MEL, floor=LOG_FLOOR_POWER)
        for at in range(0, n, block):
            stream.push(samples[at : at + block])
        stream.flush()

    frames = (
        np.random.default_rng(1).normal(-6.9, 4.6, (n // MEL.hop_samples // 16 * 16, MEL.n_mels)).astype(np.float32)
    )
    chunk = 16 * 256

    def trunk() -> None:
        for at in range(0, len(frames), chunk):
            model.networks.hidden(frames[at : at + chunk])

    parts: dict[str, Callable[[], None]] = {"log-mel and networks": listen, "log-mel": log_mel, "trunk": trunk}
    found: dict[str, dict[str, float]] = {}
    for name, work in parts.items():
        work()
        seconds = []
        for _ in range(options.rounds):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
        rates = [n / MEL.rate_hz / taken for taken in seconds]
        found[name] = {"best": round(max(rates)), "median": round(statistics.median(rates))}
    if options.json:
        print(json.dumps({"model": model.card.space_name} | found))
    else:
        print(f"{model.card.space_name}, one thread, {n / MEL.rate_hz / 60:.0f} minutes of sound, × real time")
        for name, rates_of in found.items():
            print(f"{name:22s} best {rates_of['best']:7,.0f}   median {rates_of['median']:7,.0f}")
    return 1 if options.check and found["log-mel and networks"]["best"] < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
