"""Drum patterns: what the kit plays in a bar of sixteenths, by style.

A row is a General MIDI drum key and sixteen or twelve steps: `x` a hit, `X` an accent, `-` none, `?` a hit by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sonotheque.training.synthetic.midi import Note

KICK, SNARE, CLAP, CLOSED, OPEN, RIDE, STICK, PEDAL, CRASH = 36, 38, 39, 42, 46, 51, 37, 44, 49
VELOCITIES = {"x": 88, "X": 115, "?": 62}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Rows of steps, the tempo in quarter notes a minute (lowest, highest) and captions, the plain name first."""

    rows: Mapping[int, str]
    tempo: tuple[float, float]
    captions: tuple[str, ...]


_ROCK = {CLOSED: "x-x-x-x-x-x-x-x-", KICK: "X-----?-X-x---?-", SNARE: "----X--?----X---"}
_FOUR = {KICK: "X---X---X---X---", OPEN: "--x---x---x---x-", CLAP: "----x-------x---", CLOSED: "x?-?x?-?x?-?x?-?"}
_BOSSA = {KICK: "X--xX--xX--xX--x", STICK: "X--x--x---x--x--", CLOSED: "x-x-x-x-x-x-x-x-", PEDAL: "----x-------x---"}
_SAMBA = {KICK: "x--Xx--Xx--Xx--X", 70: "XxxXXxxXXxxXXxxX", 67: "x-x--x-xx--x-x--", 54: "x-xxx-xxx-xxx-xx"}
_HIP_HOP = {KICK: "X--x--x---xX----", SNARE: "----X-------X---", CLOSED: "x-x-x-x-x-x-x-xx"}
_BREAK = {KICK: "X-x-------x?----", SNARE: "----X--x-x--X--?", RIDE: "x-x-x-x-x-x-x-x-"}
_TRAP = {KICK: "X-----x---x-----", SNARE: "--------X-------", CLOSED: "xxxxx-xxxxxxXxxx"}
_SWING = {RIDE: "X-----X---x-X-----X---x-"[:12], PEDAL: "---x-----x--", SNARE: "-----?--?---", KICK: "x-----x-----"}
_MARCH = {SNARE: "X-xxX-xxX-xxXxxx", KICK: "X---x---X---x---"}
_REGGAE = {KICK: "--------X-------", STICK: "--------X-----?-", CLOSED: "x-x-x-x-x-x-x-x-"}
_DISCO = {KICK: "X---X---X---X---", SNARE: "----X-------X---", OPEN: "--X---X---X---X-"}
_METAL = {KICK: "xxxxxxxxxxxxxxxx", SNARE: "----X-------X---", CRASH: "X---x---x---x---"}
_CONGA = {62: "x---x---x---x---", 63: "------xX------xX", 64: "x-----------x---", 69: "x-x-x-x-x-x-x-x-"}
_BONGO = {60: "X-x-x-xxX-x-x-xx", 61: "---x------x-x---"}
_SALSA = {56: "X-x-X-x-X-x-X-x-", 75: "X--x--x---x-x---", 63: "------xx------xx", 65: "-?--x--?-?--x--?"}
_TOMS = {50: "xxxx------------", 48: "----xxxx--------", 45: "--------xxxx----", 41: "------------xxxX"}
_ROLL = {SNARE: "xxxxxxxxxxxxxxxx"}
_HATS = {CLOSED: "x-x-x-x-x-x-x-xx", OPEN: "------?-------?-"}
_TRIBAL = {41: "X--x--x-X--x--x-", 43: "--x--x----x--x-x", 64: "x-xx--x-x-xx--x-"}
_SHAKER = {70: "XxxxXxxxXxxxXxxx"}
_TAMBOURINE = {54: "x-x-X-x-x-x-X-x-"}
_CLAPS = {CLAP: "X---X---X---X---"}
_BLOCKS = {76: "X---x---x---x---"}
_BELL = {56: "X---X---X---X---"}
_WALTZ = {KICK: "X-----------"[:12], SNARE: "----x---x---", CLOSED: "x---x---x---"}
_KICKS = {KICK: "X---X---X---X---"}

PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        "rock": Pattern(_ROCK, (85, 150), ("rock drum beat", "drum beat", "rock drums", "drummer playing a rock beat")),
        "house": Pattern(
            _FOUR, (112, 135), ("house drum loop", "four on the floor beat", "techno drums", "dance beat")
        ),
        "bossa": Pattern(_BOSSA, (65, 90), ("bossa nova drum loop", "bossa nova beat", "latin jazz drums")),
        "samba": Pattern(_SAMBA, (90, 125), ("samba drums", "samba percussion", "carnival drumming", "batucada")),
        "hip hop": Pattern(_HIP_HOP, (75, 102), ("hip hop drum loop", "hip hop beat", "boom bap drums", "rap beat")),
        "break": Pattern(_BREAK, (120, 175), ("breakbeat", "drum break", "jungle drum loop", "drum and bass beat")),
        "trap": Pattern(_TRAP, (68, 80), ("trap beat", "trap drum loop", "fast rolling hi-hats with kick and snare")),
        "swing": Pattern(_SWING, (110, 190), ("jazz drums", "swing drum beat", "jazz drummer on the ride cymbal")),
        "march": Pattern(_MARCH, (90, 125), ("marching drums", "military snare drum", "marching band drums")),
        "reggae": Pattern(_REGGAE, (65, 85), ("reggae drum beat", "one drop reggae drums", "reggae drums")),
        "disco": Pattern(_DISCO, (108, 128), ("disco drum beat", "disco drums", "disco beat with open hi-hats")),
        "metal": Pattern(_METAL, (110, 160), ("metal drums", "double bass drumming", "heavy metal drum beat")),
        "conga": Pattern(
            _CONGA, (85, 125), ("conga rhythm", "congas playing", "latin percussion", "hand drums playing")
        ),
        "bongo": Pattern(_BONGO, (90, 140), ("bongo rhythm", "bongos playing", "bongo drums", "hand drums playing")),
        "salsa": Pattern(_SALSA, (85, 115), ("salsa percussion", "latin percussion loop", "cowbell and congas")),
        "fill": Pattern(_TOMS, (80, 150), ("drum fill", "tom-tom fill", "drummer rolling around the toms", "tom roll")),
        "roll": Pattern(_ROLL, (140, 210), ("drum roll", "snare drum roll", "snare roll", "suspenseful drum roll")),
        "hi-hat": Pattern(_HATS, (90, 150), ("hi-hat pattern", "hi-hat loop", "hi-hats", "ticking hi-hats")),
        "tribal": Pattern(_TRIBAL, (85, 130), ("tribal drums", "African drumming", "low drums in a tribal rhythm")),
        "shaker": Pattern(_SHAKER, (85, 130), ("shaker rhythm", "maracas shaken in rhythm", "shaker loop", "maracas")),
        "tambourine": Pattern(_TAMBOURINE, (85, 140), ("tambourine rhythm", "tambourine playing", "tambourine shaken")),
        "claps": Pattern(_CLAPS, (80, 140), ("hand claps in rhythm", "clap loop", "steady hand claps")),
        "blocks": Pattern(_BLOCKS, (60, 180), ("metronome", "woodblock ticking in time", "metronome clicking a tempo")),
        "cowbell": Pattern(_BELL, (80, 140), ("cowbell rhythm", "cowbell being played", "someone beats a cowbell")),
        "waltz": Pattern(_WALTZ, (90, 140), ("waltz drum beat", "drums in three four time", "waltz drums")),
        "kicks": Pattern(_KICKS, (100, 150), ("kick drum beat", "thumping kick drum", "steady bass drum beat")),
    }
)


def play_pattern(rng: np.random.Generator, pattern: Pattern, length_s: float) -> tuple[tuple[Note, ...], str]:
    """Notes of `pattern` again and again for `length_s` at a tempo of its range, and the word for that tempo."""
    tempo = float(rng.uniform(*pattern.tempo))
    n_steps = min(len(row) for row in pattern.rows.values())
    step_s = 60.0 / tempo / 4.0
    notes = []
    for k in range(int(length_s / step_s)):
        for key, row in pattern.rows.items():
            mark = row[k % n_steps]
            if mark == "-" or (mark == "?" and rng.random() < 0.5):
                continue
            velocity = int(np.clip(VELOCITIES[mark] + rng.integers(-12, 13), 1, 127))
            onset_s = max(0.0, k * step_s + float(rng.normal(0, 0.004)))
            notes.append(Note(onset_s, min(step_s, 0.2), key, velocity))
    low, high = pattern.tempo
    share = (tempo - low) / (high - low)
    return tuple(notes), "slow" if share < 0.25 else "fast" if share > 0.75 else ""
