"""Single blows, scrapes and creaks of things, by what they are made of."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.impacts import make_noise_burst
from sonotheque.audio.synthesis.kind import Renderer, SoundKind
from sonotheque.audio.synthesis.shaping import band_pass, convolve, finish, high_pass, resonate
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_times,
    find_cycle_starts,
    follow_points,
    gate,
    lay_grains,
    place_pulses,
    ring_modes,
    strike_envelope,
    wander,
)
from sonotheque.values.waveform import Waveform

# Lowest mode (from, to) in Hz, its decay in s, how much faster higher modes die, ratios, brightness of the blow in Hz.
# Damping rises with frequency in wood and plastic and hardly in metal and glass (Chaigne and Lambourg 2001).
_BAR, _PLATE = (1.0, 2.756, 5.404, 8.933), (1.0, 1.41, 2.08, 2.33, 3.0, 3.7, 4.6, 5.9)
_SHELL = (1.0, 2.32, 4.25, 6.63, 9.38)
MATERIALS = {
    "wood": ((220.0, 900.0), (0.02, 0.06), 1.0, _BAR, 2500.0),
    "metal": ((250.0, 1800.0), (0.25, 1.2), 0.35, _PLATE, 7000.0),
    "glass": ((1200.0, 3600.0), (0.12, 0.7), 0.4, _SHELL, 7500.0),
    "plastic": ((180.0, 800.0), (0.008, 0.025), 1.1, _PLATE, 3000.0),
    "ceramic": ((700.0, 2200.0), (0.06, 0.2), 0.6, _SHELL, 6000.0),
    "stone": ((500.0, 1800.0), (0.006, 0.02), 0.8, _PLATE, 5000.0),
}


def make_blow(rng: np.random.Generator, material: str, rate_hz: int, *, size: float | None = None) -> Array:
    """One blow on a thing of `material`, peak about one; `size` from 0 (large, low) to 1 (small, high) or drawn."""
    (lowest_hz, highest_hz), decays_s, damping, ratios, brightness_hz = MATERIALS[material]
    share = rng.uniform(0, 1) if size is None else size
    base_hz, decay_s = lowest_hz * (highest_hz / lowest_hz) ** share, rng.uniform(*decays_s)
    modes = []
    for ratio in ratios:
        for split in (1.0, rng.uniform(1.002, 1.03)):
            modes.append(
                (
                    base_hz * ratio * split * rng.uniform(0.97, 1.03),
                    decay_s / ratio**damping,
                    rng.uniform(0.2, 1) / ratio**0.4,
                )
            )
    sound = ring_modes(modes, count_samples(min(3.0, 0.05 + 7 * decay_s), rate_hz), rate_hz)
    sound /= max(1e-9, float(np.max(np.abs(sound))))
    click = make_noise_burst(rng, rate_hz, 200, brightness_hz, 0.003)[: len(sound)]
    sound[: len(click)] += rng.uniform(0.2, 0.7) * click
    return sound


def _make_hitter(material: str) -> Renderer:
    def render(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
        n_hits, gap_s, size = int(rng.choice([1, 1, 2, 3, 4])), rng.uniform(0.2, 0.6), rng.uniform(0, 1)
        n = count_samples(min(duration_s, n_hits * gap_s + 2.0), rate_hz)
        grains = [make_blow(rng, material, rate_hz, size=size) * rng.uniform(0.6, 1) for _ in range(n_hits)]
        onsets_s = [0.01 + k * gap_s * rng.uniform(0.9, 1.1) for k in range(n_hits)]
        return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, dies_away=True)

    render.__doc__ = f"One to four blows on something of {material}."
    return render


def metal_pipe(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A pipe dropped on concrete: it rings, bounces ever sooner and rolls to rest."""
    n, size = count_samples(min(duration_s, 4.0), rate_hz), rng.uniform(0.1, 0.6)
    gaps_s = rng.uniform(0.3, 0.5) * rng.uniform(0.55, 0.72) ** np.arange(9)
    onsets_s = 0.01 + np.concatenate([[0.0], np.cumsum(gaps_s)])
    grains = [make_blow(rng, "metal", rate_hz, size=size) * 0.75**k for k in range(len(onsets_s))]
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.8, dies_away=True)


def dishes(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Plates, cups and cutlery put about at random."""
    n, times_s = count_samples(duration_s, rate_hz), draw_times(rng, rng.uniform(3, 8), duration_s)
    times_s = np.append(times_s, 0.05 * duration_s)
    grains = [make_blow(rng, str(rng.choice(["ceramic", "glass", "metal"])), rate_hz) for _ in times_s]
    return finish(rng, lay_grains([g * rng.uniform(0.1, 1) for g in grains], times_s, n, rate_hz), rate_hz)


def metal_scrape(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Metal dragged over metal: a rough push on long, high modes."""
    n = count_samples(min(duration_s, rng.uniform(0.8, 3.0)), rate_hz)
    press = wander(rng, n, rate_hz, rng.uniform(3, 10), 0.1, 1.0) * gate(n, rate_hz, 0.1)
    modes = [(f, rng.uniform(0.01, 0.06), rng.uniform(0.2, 1)) for f in np.exp(rng.uniform(6.2, 8.8, 14))]
    return finish(rng, resonate(rng.standard_normal(n) * press, rate_hz, modes), rate_hz)


def door_creak(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Stick and slip of a hinge: pulses 20 to 200 a second, faster and slower, through the wood of the door."""
    n = count_samples(min(duration_s, rng.uniform(1.0, 3.5)), rate_hz)
    low_hz = rng.uniform(15, 60)
    rate_curve = wander(rng, n, rate_hz, rng.uniform(1, 3), low_hz, low_hz * rng.uniform(3, 6))
    times_s = find_cycle_starts(rate_curve, rate_hz)
    times_s = times_s * (1 + rng.normal(0, 0.0005, len(times_s)))
    pulses = place_pulses(times_s, rng.uniform(0.4, 1, len(times_s)), n, rate_hz)
    modes = [(f, rng.uniform(0.004, 0.014), rng.uniform(0.3, 1)) for f in np.exp(rng.uniform(5.8, 8.2, 10))]
    force = wander(rng, n, rate_hz, 2.0, 0.3, 1.0) * gate(n, rate_hz, 0.06)
    return finish(rng, resonate(pulses, rate_hz, modes) * force, rate_hz, room=0.6)


def paper(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Paper crumpled: bursts of thousands of little snaps."""
    n = count_samples(duration_s, rate_hz)
    times_s = draw_times(rng, rng.uniform(200, 700), duration_s)
    snaps = place_pulses(times_s, rng.lognormal(0, 1.2, len(times_s)) * rng.choice([-1, 1], len(times_s)), n, rate_hz)
    snaps += 0.02 * rng.standard_normal(n)
    grip = wander(rng, n, rate_hz, rng.uniform(2, 5), 0.0, 1.0) ** 2 + 0.02
    return finish(rng, band_pass(snaps, rate_hz, rng.uniform(700, 1800), 7000, order=1) * grip, rate_hz, room=0.2)


def paper_tear(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A sheet torn: one long rip of noise that grows brighter."""
    n = count_samples(min(duration_s, rng.uniform(0.25, 1.4)), rate_hz)
    time_share = np.arange(n) / n
    roughness = rng.standard_normal(n) * (wander(rng, n, rate_hz, 40, 0.2, 1.0) ** 2) * (0.4 + 0.6 * time_share)
    return finish(
        rng, high_pass(roughness, rate_hz, rng.uniform(900, 2200), order=1) * gate(n, rate_hz, 0.01), rate_hz, room=0.2
    )


def zipper(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Teeth closing one by one, 60 to 400 a second, faster towards the end, bright and thin."""
    n = count_samples(min(duration_s, rng.uniform(0.3, 1.2)), rate_hz)
    first_hz, last_hz = rng.uniform(50, 140), rng.uniform(180, 420)
    if rng.random() < 0.3:
        first_hz, last_hz = last_hz, first_hz
    length_s = n / rate_hz
    times_s = find_cycle_starts(follow_points(n, rate_hz, [(0.0, first_hz), (length_s, last_hz)]), rate_hz)
    pulses = place_pulses(times_s, rng.uniform(0.5, 1, len(times_s)), n, rate_hz)
    teeth = make_noise_burst(rng, rate_hz, 1800, 7500, 0.0015)
    sound = convolve(pulses, teeth) + 0.05 * band_pass(rng.standard_normal(n), rate_hz, 2000, 7000)
    return finish(rng, sound * gate(n, rate_hz, 0.02), rate_hz, room=0.2)


def rattle(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Small hard things shaken in a box or a tin: many blows in each shake."""
    n, material = count_samples(duration_s, rate_hz), str(rng.choice(["wood", "metal", "plastic"]))
    times_s = draw_times(rng, rng.uniform(60, 180), duration_s)
    shake = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(2.5, 5) * times_s)
    hits = place_pulses(times_s, rng.uniform(0.1, 1, len(times_s)) * shake**3, n, rate_hz)
    hits[min(n - 1, rate_hz // 50)] += 0.5
    body = make_blow(rng, material, rate_hz)[: rate_hz // 3]
    return finish(rng, convolve(hits, body), rate_hz)


def pop(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A cork or a cheek: a short boom of air whose pitch leaps up, with a click."""
    n = count_samples(min(duration_s, 0.4), rate_hz)
    pitch_hz = rng.uniform(250, 700)
    track = follow_points(n, rate_hz, [(0.0, pitch_hz), (0.05, pitch_hz * rng.uniform(1.3, 2.2))])
    boom = np.sin(2 * np.pi * np.cumsum(track) / rate_hz) * strike_envelope(
        n, rate_hz, 0.002, rng.uniform(0.012, 0.035)
    )
    click = make_noise_burst(rng, rate_hz, 500, 5000, 0.004)[:n]
    boom[: len(click)] += rng.uniform(0.2, 0.6) * click
    return finish(rng, boom, rate_hz, dies_away=True)


def balloon_pop(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A balloon bursts: a click of all frequencies and the room's answer."""
    n = count_samples(min(duration_s, 1.2), rate_hz)
    bang = make_noise_burst(rng, rate_hz, 150, 7000, rng.uniform(0.003, 0.009))[:n]
    return finish(rng, lay_grains([bang], [0.005], n, rate_hz), rate_hz, room=1.2, dies_away=True)


KINDS = (
    SoundKind(
        "wood hit",
        ("a wooden thing being hit", "a stick hits wood", "a blow on a wooden board", "wooden clack", "wood impact",
         "two pieces of wood knocked together"),
        _make_hitter("wood"), False),
    SoundKind(
        "metal hit",
        ("metal being struck", "a metallic clang", "hitting a metal pipe", "a ringing metal impact", "clank of iron",
         "a steel bar struck with a hammer"),
        _make_hitter("metal"), False),
    SoundKind(
        "glass clink",
        ("glasses clinking", "a clink of glass", "toasting with two glasses", "a spoon taps a wine glass",
         "tapping on a bottle", "glass impact that rings"),
        _make_hitter("glass"), False),
    SoundKind(
        "plastic hit",
        ("a plastic thing being hit", "plastic clack", "tapping on a plastic box", "dull hit on a plastic bucket",
         "a plastic bottle knocked"),
        _make_hitter("plastic"), False),
    SoundKind(
        "ceramic clink",
        ("a cup put on a saucer", "porcelain clinking", "a plate being tapped", "crockery clink", "ceramic impact",
         "pottery tapped"),
        _make_hitter("ceramic"), False),
    SoundKind(
        "stone hit",
        ("two stones knocked together", "a rock hits a rock", "pebbles clicked together", "stone impact",
         "a hard click of stone"),
        _make_hitter("stone"), False),
    SoundKind(
        "metal pipe falling",
        ("a metal pipe dropped on the floor", "a steel rod falls and bounces", "metal clattering to the ground",
         "something made of metal falls down", "a crowbar dropped on concrete"),
        metal_pipe, False),
    SoundKind(
        "dishes",
        ("dishes clattering", "plates and cutlery in a kitchen", "washing the dishes", "cutlery and cups clinking",
         "setting the table", "tableware rattling in a restaurant"),
        dishes, True),
    SoundKind(
        "metal scrape",
        ("metal scraping on metal", "scraping a metal sheet", "dragging a piece of metal", "a grating metallic scrape",
         "a blade drawn over steel"),
        metal_scrape, False),
    SoundKind(
        "creaking door",
        ("an old door creaks open", "creaking wood", "a squeaky hinge", "a door creaking slowly", "haunted house door",
         "a wooden floor board creaks"),
        door_creak, False),
    SoundKind(
        "paper crumpling",
        ("paper being crumpled", "crumpling a sheet into a ball", "rustling paper", "unwrapping a present",
         "a crinkling bag of crisps", "foil being crumpled"),
        paper, True),
    SoundKind(
        "paper tearing",
        ("tearing paper", "a sheet of paper ripped apart", "ripping cloth", "something being torn", "a short rip",
         "tape torn off"),
        paper_tear, False),
    SoundKind(
        "zipper",
        ("a zipper being closed", "zip of a jacket", "someone zips a bag", "zipping up", "opening a tent's zip",
         "a fast zip"),
        zipper, False),
    SoundKind(
        "rattle",
        ("a rattle being shaken", "shaking a box of small things", "rattling tin", "beads shaken in a jar",
         "a baby's rattle", "pills shaken in a bottle"),
        rattle, True),
    SoundKind(
        "pop",
        ("a pop", "cork pulled out of a bottle", "a short popping noise", "mouth pop", "champagne cork popping",
         "a bubble bursts with a pop"),
        pop, False),
    SoundKind(
        "balloon pop",
        ("a balloon bursts", "popping a balloon", "a paper bag popped", "a sudden sharp pop in a room",
         "a burst balloon at a party"),
        balloon_pop, False),
)  # fmt: skip
