"""A solenoid valve: it clicks open, air hisses through, and it clicks shut."""

from __future__ import annotations

import numpy as np

from core.evaluation.datasets.machines.take import Change, Parts, Take, at_level
from core.types import Float64Array

FAULTS = ("missed stroke", "air leak", "double click")

PERIOD_SECONDS = 0.82
OPEN_SECONDS = 0.30
OPENING = ((1_250.0, 0.010, 0.7), (3_150.0, 0.006, 1.0), (5_600.0, 0.004, 0.6), (420.0, 0.016, 0.4))
SHUTTING = ((860.0, 0.012, 0.9), (2_200.0, 0.007, 0.7), (4_700.0, 0.003, 0.3), (300.0, 0.02, 0.5))


def valve(take: Take, fault_take: Take, fault: str | None) -> Parts:
    """Make a valve's sound.

    Args:
        take: The draws of the valve's own sound.
        fault_take: The draws of the fault, so that it changes none of the valve's own.
        fault: “missed stroke”, “air leak”, “double click”, or None.

    Returns:
        The sound of the normal valve and what the fault changes in it, [n] each.
    """
    openings = _openings(take)
    hiss = take.noise([(300, -20), (1_500, -4), (3_500, 0), (7_000, -2), (12_000, -10), (2e4, -20)])
    coil = take.tones(100 * take.time, [(1, 0.010), (2, 0.006), (3, 0.004)])
    strokes = [_stroke(take, at, hiss, coil) for at in openings]
    supply = 0.012 * take.noise([(80, 0), (400, -4), (2_000, -8), (8_000, -16), (2e4, -30)])
    mains = take.tones(50 * take.time, [(1, 0.004), (2, 0.006), (4, 0.002)])
    normal = np.sum(strokes, axis=0) + supply + mains
    if fault == "missed stroke":
        return Parts(normal, *_missed_stroke(openings, strokes, fault_take))
    if fault == "air leak":
        return Parts(normal, *_air_leak(normal, fault_take))
    if fault == "double click":
        return Parts(normal, *_double_click(normal, openings, fault_take))
    return Parts(normal, take.zeros(), ())


def _openings(take: Take) -> list[float]:
    # When the valve opens, in seconds; the first opening may lie before the take.
    period = PERIOD_SECONDS * (1 + take.between(-0.03, 0.03))
    starts = np.arange(take.between(-OPEN_SECONDS, PERIOD_SECONDS / 2), take.seconds, period)
    return [float(at) for at in starts + take.random.normal(0, 0.006, starts.size)]


def _stroke(take: Take, at: float, hiss: Float64Array, coil: Float64Array) -> Float64Array:
    # One opening and shutting, [n].
    sound = take.zeros()
    shut = at + OPEN_SECONDS * (1 + take.between(-0.02, 0.02))
    take.place(sound, take.ring(OPENING, 0.30 * take.between(0.85, 1.15)), at)
    take.place(sound, take.ring(SHUTTING, 0.17 * take.between(0.85, 1.15)), shut)
    since = take.time - at
    flow = np.clip(since / 0.02, 0, 1) * np.exp(-np.clip(since, 0, None) / 0.16)
    flow *= np.clip((shut + 0.03 - take.time) / 0.03, 0, 1)
    start, stop = (min(max(round(t * take.rate), 0), take.n) for t in (at, shut + 0.03))
    sound[start:stop] += (0.045 * flow * hiss + flow**0.3 * coil)[start:stop]
    return sound


def _missed_stroke(openings: list[float], strokes: list[Float64Array], fault_take: Take) -> Change:
    # The plunger sticks: no click and no air, only the coil buzzing against it.
    whole = [k for k, at in enumerate(openings) if 0 <= at <= fault_take.seconds - 0.45]
    n_missed = min(int(fault_take.random.integers(1, 3)), len(whole))
    missed = sorted(fault_take.random.choice(whole, n_missed, replace=False).tolist())
    times = tuple((openings[k], openings[k] + OPEN_SECONDS + 0.12) for k in missed)
    held = tuple((openings[k], openings[k] + OPEN_SECONDS) for k in missed)
    rattle = np.sign(np.sin(2 * np.pi * 100 * fault_take.time)) * fault_take.band_noise(300, 1_200)
    buzz = fault_take.tones(100 * fault_take.time, [(k, 1 / k**0.7) for k in range(1, 12)])
    stuck = (0.016 * buzz + 0.006 * rattle) * fault_take.gate(held, 0.015)
    return stuck - np.sum([strokes[k] for k in missed], axis=0), times


def _air_leak(normal: Float64Array, fault_take: Take) -> Change:
    # The seat does not seal for a while: air whistles through, between the strokes too.
    times = fault_take.intervals(n_most=2, shortest=0.6, longest=1.2)
    whistle = np.sin(2 * np.pi * 6_300 * fault_take.time + 9 * fault_take.wander(1.0, 9.0))
    air = fault_take.band_noise(4_500, 9_000) * (1 + fault_take.wander(0.3, 5.0)) + 0.7 * whistle
    air = air * fault_take.gate(times, 0.08)
    return at_level(air, normal, fault_take, (4_000.0, 9_500.0), times, least_db=1.5), times


def _double_click(normal: Float64Array, openings: list[float], fault_take: Take) -> Change:
    # The plunger bounces: a second click, a little lower, soon after the first.
    inside = [at for at in openings if 0 <= at <= fault_take.seconds - 0.25]
    count = min(int(fault_take.random.integers(2, 4)), len(inside))
    chosen = sorted(fault_take.random.choice(inside, count, replace=False).tolist())
    bounces, times = fault_take.zeros(), []
    lower = tuple((0.82 * hz, decay, gain) for hz, decay, gain in OPENING)
    for at in chosen:
        second = at + fault_take.between(0.07, 0.12)
        fault_take.place(bounces, fault_take.ring(lower, fault_take.between(0.8, 1.2)), second)
        times.append((second, second + 0.05))
    truth = tuple(times)
    return at_level(bounces, normal, fault_take, (300.0, 6_000.0), truth, least_db=9.0), truth
