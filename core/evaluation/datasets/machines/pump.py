"""A piston pump: an induction motor's hum, pressure pulses, and water with bubbles in it."""

from __future__ import annotations

import numpy as np

from core.evaluation.datasets.machines.take import Change, Parts, Take, at_level
from core.types import Float64Array

FAULTS = ("leak", "knocking", "clogging")

STROKE_HZ = 2.7
N_PISTONS = 3
MOTOR_HZ = 48.6
ROD = ((310.0, 0.022, 0.8), (690.0, 0.014, 1.0), (1_480.0, 0.008, 0.7), (2_900.0, 0.004, 0.35))


def pump(take: Take, fault_take: Take, fault: str | None) -> Parts:
    """Make a pump's sound.

    Args:
        take: The draws of the pump's own sound.
        fault_take: The draws of the fault, so that it changes none of the pump's own.
        fault: “leak”, “knocking”, “clogging”, or None.

    Returns:
        The sound of the normal pump and what the fault changes in it, [n] each.
    """
    strokes = take.turns(STROKE_HZ, spread=0.025, drift=0.008)
    motor = take.turns(MOTOR_HZ, spread=0.008, drift=0.002)
    hum = take.tones(motor, [(1, 0.10), (2, 0.30), (4, 0.16), (6, 0.10), (8, 0.05), (16, 0.03)])
    pulse = _pulse(N_PISTONS * strokes)
    thrust = pulse * take.tones(motor, [(1.3, 0.2), (2.7, 0.2), (3.9, 0.15)])
    water = take.noise(
        [(60, -8), (250, 0), (700, 2), (1_600, 0), (3_500, -9), (8_000, -22), (2e4, -36)]
    )
    stream = 0.30 * water * (0.35 + 1.1 * pulse)
    bubbles = _bubbles(take, per_second=55.0)
    normal = hum + thrust + stream + bubbles
    if fault == "leak":
        return Parts(normal, *_leak(normal, fault_take))
    if fault == "knocking":
        return Parts(normal, *_knocking(normal, strokes, fault_take))
    if fault == "clogging":
        return Parts(normal, *_clogging(normal, stream + bubbles, thrust, strokes, fault_take))
    return Parts(normal, take.zeros(), ())


def _pulse(turns: Float64Array) -> Float64Array:
    # Pressure over a piston's turn, 0 to 1: a quick rise, a slow fall.
    return np.asarray(
        np.exp(2.2 * (np.cos(2 * np.pi * turns + 0.6 * np.sin(2 * np.pi * turns)) - 1))
    )


def _bubbles(take: Take, per_second: float) -> Float64Array:
    # Bubbles ring at their own pitch (Minnaert), which rises a little as they shrink.
    sound = take.zeros()
    for at in take.random.uniform(0, take.seconds, take.random.poisson(per_second * take.seconds)):
        hz = take.between(500, 2_400)
        decay = 14 / hz
        time = np.arange(int(5 * decay * take.rate)) / take.rate
        ringing = np.sin(2 * np.pi * hz * (1 + 2.0 * time) * time) * np.exp(-time / decay)
        take.place(sound, 0.14 * take.random.exponential() * ringing, float(at))
    return sound


def _leak(normal: Float64Array, fault_take: Take) -> Change:
    # A seal gives way for a moment: a fluttering spray, high and broad.
    times = fault_take.intervals(n_most=3, shortest=0.4, longest=1.0)
    flutter = 1 + 0.4 * np.sin(2 * np.pi * 23 * fault_take.time) + fault_take.wander(0.3, 6.0)
    hiss = fault_take.band_noise(3_500, 11_000) * flutter * fault_take.gate(times, 0.08)
    return at_level(hiss, normal, fault_take, (3_500.0, 11_000.0), times, least_db=6.0), times


def _knocking(normal: Float64Array, strokes: Float64Array, fault_take: Take) -> Change:
    # A worn rod bearing: a knock at one piston's turn, for some turns on end.
    spans = fault_take.intervals(n_most=2, shortest=0.8, longest=1.6)
    knocks = fault_take.zeros()
    angle = fault_take.between(0, 1)
    struck = np.flatnonzero(np.diff(np.floor(strokes + angle)) > 0) / fault_take.rate
    times = []
    for at in struck:
        if any(start <= at < stop for start, stop in spans) and at + 0.08 < fault_take.seconds:
            fault_take.place(knocks, fault_take.ring(ROD, fault_take.between(0.7, 1.2)), at)
            times.append((float(at), float(at) + 0.08))
    truth = tuple(times)
    return at_level(knocks, normal, fault_take, (250.0, 3_200.0), truth, least_db=6.0), truth


def _clogging(
    normal: Float64Array,
    stream: Float64Array,
    thrust: Float64Array,
    strokes: Float64Array,
    fault_take: Take,
) -> Change:
    # A blocked inlet: less water flows, the pulses hammer, and the pipe gurgles.
    times = ((0.0, fault_take.seconds),)
    suck = _pulse(N_PISTONS * strokes + 0.5)
    gurgle = fault_take.band_noise(180, 420) * suck * (1 + fault_take.wander(0.6, 3.0))
    gurgle = at_level(gurgle, normal, fault_take, (150.0, 500.0), times)
    return gurgle + 0.8 * thrust - fault_take.between(0.55, 0.7) * stream, times
