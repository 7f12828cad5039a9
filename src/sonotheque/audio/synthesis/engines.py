"""Engines and vehicles: firing pulses with jitter through exhaust resonances, rotors, rails."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import (
    apply_formants,
    band_pass,
    convolve,
    finish,
    follow_resonances,
    high_pass,
    low_pass,
    resonate,
)
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    find_cycle_starts,
    follow_points,
    make_harmonics,
    make_noise,
    place_pulses,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def make_firing(
    rng: np.random.Generator, firings_hz: Array, rate_hz: int, *, n_cylinders: int, unevenness: float, pipe_hz: float
) -> Array:
    """Exhaust pulses at a changing firing rate, through the resonances of a pipe, with breath and valve clatter.

    Cylinders differ by a share of `unevenness` in strength and timing: that is what makes an engine lope.
    """
    n = len(firings_hz)
    times_s = find_cycle_starts(firings_hz, rate_hz)
    cylinder = np.arange(len(times_s)) % n_cylinders
    strength = (1 + unevenness * rng.uniform(-1, 1, n_cylinders))[cylinder] * rng.normal(1, 0.08, len(times_s))
    period_s = 1 / float(np.median(firings_hz))
    times_s = times_s + period_s * (0.08 * unevenness * rng.uniform(-1, 1, n_cylinders))[cylinder]
    times_s = times_s + period_s * 0.012 * rng.standard_normal(len(times_s))
    pulses = place_pulses(times_s, strength, n, rate_hz)
    width_s = rng.uniform(0.0025, 0.005)
    pressure = convolve(pulses, strike_envelope(max(2, round(0.04 * rate_hz)), rate_hz, 0.0008, width_s))
    pipe = [(pipe_hz * k * rng.uniform(0.95, 1.05), 0.03 / k**0.7, 1.0 / k**0.5) for k in (1, 2.1, 3.3, 5.2, 8.4, 13)]
    exhaust = resonate(pulses, rate_hz, pipe)
    breath = band_pass(make_noise(rng, n, rate_hz) * (pressure + 0.08), rate_hz, 300, 2500, order=1)
    clatter = high_pass(convolve(pulses, rng.standard_normal(round(0.006 * rate_hz))), rate_hz, 1800)
    return (
        exhaust / _rms(exhaust)
        + 0.6 * pressure / _rms(pressure)
        + 0.25 * breath / _rms(breath)
        + (rng.uniform(0.04, 0.15) * clatter / _rms(clatter))
    )


def _rms(samples: Array) -> float:
    return max(1e-9, float(np.sqrt(np.mean(samples**2))))


def engine_idling(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A car engine at 650-950 revolutions a minute."""
    n = count_samples(duration_s, rate_hz)
    n_cylinders = int(rng.choice([3, 4, 4, 6]))
    firings_hz = rng.uniform(650, 950) / 60 * n_cylinders / 2 * wander(rng, n, rate_hz, 2.0, 0.97, 1.03)
    sound = make_firing(
        rng,
        firings_hz,
        rate_hz,
        n_cylinders=n_cylinders,
        unevenness=rng.uniform(0.1, 0.35),
        pipe_hz=rng.uniform(55, 110),
    )
    return finish(rng, low_pass(sound, rate_hz, rng.uniform(1200, 4000), order=1), rate_hz)


def engine_revving(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A car engine blipped by the throttle again and again: quick rise, slower fall."""
    n = count_samples(duration_s, rate_hz)
    idle, points, t = rng.uniform(800, 1100), [(0.0, 900.0)], rng.uniform(0.1, 0.4)
    while t < duration_s:
        top, rise_s = rng.uniform(3000, 6500), rng.uniform(0.3, 0.7)
        fall_s = rng.uniform(0.6, 1.1)
        points += [(t, idle), (t + rise_s, top), (t + rise_s + rng.uniform(0.05, 0.3), top * 0.97)]
        points += [(t + rise_s + 0.35 + fall_s / 2, idle + 0.35 * (top - idle)), (t + rise_s + 0.4 + fall_s, idle)]
        t += rise_s + fall_s + rng.uniform(0.5, 1.0)
    rpm = follow_points(n, rate_hz, points) * wander(rng, n, rate_hz, 4.0, 0.98, 1.02)
    sound = make_firing(rng, rpm / 30, rate_hz, n_cylinders=4, unevenness=0.2, pipe_hz=rng.uniform(80, 150))
    return finish(rng, sound * (0.3 + rpm / 6000), rate_hz)


def motorcycle(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A big twin: two uneven, loud pulses a cycle, speeding up and slowing down."""
    n = count_samples(duration_s, rate_hz)
    rpm = wander(rng, n, rate_hz, 0.5, rng.uniform(900, 1600), rng.uniform(2200, 4500))
    sound = make_firing(rng, rpm / 60, rate_hz, n_cylinders=2, unevenness=0.6, pipe_hz=rng.uniform(90, 170))
    sound = np.tanh(0.7 * sound)
    return finish(rng, sound * (0.5 + rpm / 4000), rate_hz)


def diesel_truck(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A slow heavy diesel with hard injection knock."""
    n = count_samples(duration_s, rate_hz)
    firings_hz = rng.uniform(500, 800) / 60 * 3 * wander(rng, n, rate_hz, 1.0, 0.97, 1.03)
    sound = make_firing(rng, firings_hz, rate_hz, n_cylinders=6, unevenness=0.3, pipe_hz=rng.uniform(35, 60))
    hits = place_pulses(find_cycle_starts(firings_hz, rate_hz), 1.0, n, rate_hz)
    knock = resonate(hits, rate_hz, [(f * rng.uniform(0.9, 1.1), 0.004, 1.0) for f in (900, 1400, 2100, 3000)])
    return finish(rng, sound + 0.5 * knock / _rms(knock), rate_hz)


def chainsaw(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A two-stroke screaming at full throttle, bogging down when it cuts."""
    n = count_samples(duration_s, rate_hz)
    load = wander(rng, n, rate_hz, 0.8, 0.0, 1.0) ** 2
    firings_hz = rng.uniform(120, 160) * (1 - 0.4 * load) * wander(rng, n, rate_hz, 8.0, 0.98, 1.02)
    sound = make_firing(rng, firings_hz, rate_hz, n_cylinders=1, unevenness=0.0, pipe_hz=rng.uniform(220, 380))
    teeth = band_pass(make_noise(rng, n, rate_hz), rate_hz, 1500, 6000, order=1) * (0.25 + load)
    return finish(rng, np.tanh(sound) + 0.35 * teeth, rate_hz)


def lawn_mower(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One cylinder at a governed speed, with the rush of the blade."""
    n = count_samples(duration_s, rate_hz)
    firings_hz = rng.uniform(22, 30) * wander(rng, n, rate_hz, 3.0, 0.985, 1.015)
    sound = make_firing(rng, firings_hz, rate_hz, n_cylinders=2, unevenness=0.5, pipe_hz=rng.uniform(100, 180))
    blade = band_pass(make_noise(rng, n, rate_hz), rate_hz, 300, 2500, order=1)
    turning = 1 + 0.3 * np.sin(4 * np.pi * np.cumsum(firings_hz) / rate_hz)
    return finish(rng, sound + 0.9 * blade * turning, rate_hz)


def helicopter(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Blade slap 10-18 times a second over rotor wash and turbine whine, near or far."""
    n = count_samples(duration_s, rate_hz)
    blades_hz = np.full(n, rng.uniform(10, 18)) * wander(rng, n, rate_hz, 0.5, 0.99, 1.01)
    times_s = find_cycle_starts(blades_hz, rate_hz)
    slaps = place_pulses(times_s, rng.normal(1, 0.1, len(times_s)), n, rate_hz)
    thump = resonate(slaps, rate_hz, [(rng.uniform(40, 60), 0.022, 1.0), (rng.uniform(85, 160), 0.02, 0.8)])
    chop = convolve(slaps, strike_envelope(round(0.09 * rate_hz), rate_hz, 0.009, 0.02))
    wash = band_pass(make_noise(rng, n, rate_hz, -3.0), rate_hz, 100, rng.uniform(500, 1500), order=2) * (0.25 + chop)
    whine = make_harmonics(rng.uniform(500, 1100) * blades_hz / blades_hz[0], [0.5, 1.0, 0.3], n, rate_hz)
    sound = thump / _rms(thump) + rng.uniform(0.8, 1.6) * wash / _rms(wash) + rng.uniform(0, 0.06) * whine
    return finish(rng, sound * wander(rng, n, rate_hz, 0.3, 0.5, 1.0), rate_hz)


def propeller_plane(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A light aircraft passing: a steady drone whose pitch sinks as it goes by (Doppler) and swells in between."""
    n = count_samples(duration_s, rate_hz)
    closest_s, width_s = duration_s * rng.uniform(0.35, 0.65), rng.uniform(1.0, 3.0)
    away = (time_axis(n, rate_hz) - closest_s) / width_s
    doppler = 1 - rng.uniform(0.06, 0.16) * away / np.sqrt(1 + away**2)
    firings_hz = rng.uniform(70, 100) * doppler
    sound = make_firing(rng, firings_hz, rate_hz, n_cylinders=4, unevenness=0.15, pipe_hz=rng.uniform(90, 140))
    prop = make_harmonics(firings_hz, 1 / np.arange(1, 60) ** 1.2, n, rate_hz)
    return finish(rng, (sound + prop) * (0.15 + 1 / (1 + away**2)), rate_hz, room=0.1)


def jet_flyover(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A jet overhead: a roar that swells, brightens and dulls, with a falling compressor whine."""
    n = count_samples(duration_s, rate_hz)
    away = (time_axis(n, rate_hz) - duration_s * rng.uniform(0.35, 0.6)) / rng.uniform(1.0, 2.5)
    near = 1 / (1 + away**2)
    roar = make_noise(rng, n, rate_hz, -4.0)
    roar = follow_resonances(roar, rate_hz, [(150 + 900 * near, 0.6, 1.0)], floor=0.1)
    whine = make_harmonics(rng.uniform(1400, 2400) * (1 - 0.12 * away / np.sqrt(1 + away**2)), [1.0, 0.4], n, rate_hz)
    return finish(rng, (roar / _rms(roar) + 0.08 * whine * near) * (0.05 + near), rate_hz, room=0.15)


def train_on_rails(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Wheels over rail joints: paired clacks above a rolling rumble."""
    n = count_samples(duration_s, rate_hz)
    gap_s, axle_s = rng.uniform(0.55, 1.1), rng.uniform(0.1, 0.16)
    joints_s = draw_steady_times(rng, gap_s, 0.02, duration_s, rng.uniform(0, gap_s))
    hits_s = np.concatenate([joints_s, joints_s + axle_s, joints_s + 0.45 * gap_s, joints_s + 0.45 * gap_s + axle_s])
    hits = place_pulses(hits_s, rng.uniform(0.6, 1.0, len(hits_s)), n, rate_hz)
    body = [(95, 0.03, 1.0), (210, 0.025, 0.8), (540, 0.014, 0.7), (1250, 0.01, 0.4), (2300, 0.006, 0.25)]
    clacks = resonate(hits, rate_hz, [(f * rng.uniform(0.9, 1.1), d, g) for f, d, g in body])
    rumble = apply_formants(
        make_noise(rng, n, rate_hz, -3.0), rate_hz, [(90, 120, 1.0), (420, 500, 0.5), (1400, 1800, 0.4)]
    )
    return finish(rng, clacks / _rms(clacks) + rng.uniform(0.9, 2.5) * rumble / _rms(rumble), rate_hz)


KINDS = (
    SoundKind(
        "engine idling",
        (
            "an engine idling",
            "a car engine running in neutral",
            "motor idling roughly",
            "a parked car with its engine on",
            "the low rumble of an idling engine",
            "vehicle engine ticking over",
        ),
        engine_idling,
        True,
    ),
    SoundKind(
        "engine revving",
        (
            "an engine revving",
            "someone revs a car engine",
            "a car accelerating its engine again and again",
            "motor racing up and down in speed",
            "revving up the motor loudly",
            "throttle being blipped on a sports car",
        ),
        engine_revving,
        True,
    ),
    SoundKind(
        "motorcycle",
        (
            "a motorcycle",
            "motorbike riding along",
            "a loud motorcycle engine",
            "the throaty growl of a motorbike",
            "a biker riding a chopper",
            "two-cylinder motorcycle speeding up",
        ),
        motorcycle,
        True,
    ),
    SoundKind(
        "diesel truck",
        (
            "a diesel truck idling",
            "lorry with a heavy diesel engine",
            "a tractor engine chugging",
            "bus engine rattling at a stop",
            "the knocking of a diesel engine",
            "heavy vehicle with its engine running",
        ),
        diesel_truck,
        True,
    ),
    SoundKind(
        "chainsaw",
        (
            "a chainsaw",
            "chainsaw cutting through wood",
            "someone felling a tree with a power saw",
            "a two-stroke saw buzzing",
            "logging with a chainsaw in the forest",
            "the scream of a chainsaw",
        ),
        chainsaw,
        True,
    ),
    SoundKind(
        "lawn mower",
        (
            "a lawn mower",
            "someone mowing the grass",
            "lawnmower running in the garden",
            "petrol mower cutting the lawn",
            "yard work with a mower",
            "a small petrol engine with a spinning blade",
        ),
        lawn_mower,
        True,
    ),
    SoundKind(
        "helicopter",
        (
            "a helicopter",
            "helicopter flying overhead",
            "chopper blades beating the air",
            "the thumping rotor of a helicopter",
            "a helicopter hovering",
            "rotor blades whirring",
        ),
        helicopter,
        True,
    ),
    SoundKind(
        "propeller plane",
        (
            "a propeller plane flying past",
            "small aircraft droning overhead",
            "a light airplane passes by",
            "an old propeller aeroplane in the sky",
            "the drone of a prop plane",
            "single-engine aircraft flying over",
        ),
        propeller_plane,
        True,
    ),
    SoundKind(
        "jet flyover",
        (
            "a jet plane flying over",
            "airplane roaring overhead",
            "a jet aircraft passes above",
            "passenger jet taking off",
            "the roar of a jet engine",
            "aircraft flyby",
        ),
        jet_flyover,
        True,
    ),
    SoundKind(
        "train",
        (
            "a train passing over rail joints",
            "train wheels clacking on the tracks",
            "the clickety-clack of a railway",
            "railroad cars rolling by",
            "riding on a train",
            "a freight train rumbling along",
        ),
        train_on_rails,
        True,
    ),
)
