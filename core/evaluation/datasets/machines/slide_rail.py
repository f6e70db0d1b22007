"""A slide rail: a carriage runs to and fro, its balls roll and whine, and it hits its stops."""

from __future__ import annotations

import numpy as np

from core.evaluation.datasets.machines.take import Change, Intervals, Parts, Take, at_level
from core.types import Float64Array

FAULTS = ("scrape", "missed stroke")

STROKE_SECONDS = 0.62
DWELL_SECONDS = 0.22
STOP = ((92.0, 0.030, 1.0), (205.0, 0.022, 0.8), (470.0, 0.012, 0.5), (1_350.0, 0.006, 0.3))
SCREECH_HZ = (2_350.0, 3_900.0, 6_100.0)


def slide_rail(take: Take, fault_take: Take, fault: str | None) -> Parts:
    """Make a slide rail's sound.

    Args:
        take: The draws of the rail's own sound.
        fault_take: The draws of the fault, so that it changes none of the rail's own.
        fault: “scrape”, “missed stroke”, or None.

    Returns:
        The sound of the normal rail and what the fault changes in it, [n] each.
    """
    strokes = _strokes(take)
    carriage, speed = _carriage(take, strokes)
    drive = take.tones(50 * take.time, [(1, 0.02), (2, 0.03), (3, 0.015)]) + 0.02 * take.noise(
        [(100, 0), (1_000, -6), (8_000, -24), (2e4, -36)]
    )
    normal = carriage + drive
    if fault == "scrape":
        return Parts(normal, *_scrape(normal, strokes, speed, fault_take))
    if fault == "missed stroke":
        return Parts(normal, *_missed_stroke(carriage, strokes, fault_take))
    return Parts(normal, take.zeros(), ())


def _strokes(take: Take) -> Intervals:
    # When the carriage runs, in seconds; the first run may have begun before the take.
    pace = 1 + take.between(-0.03, 0.03)
    period = (STROKE_SECONDS + DWELL_SECONDS) * pace
    first = take.between(-period, 0.0)
    starts = np.arange(first, take.seconds, period)
    starts = starts + take.random.normal(0, 0.004, starts.size)
    return tuple((float(start), float(start) + STROKE_SECONDS * pace) for start in starts)


def _carriage(take: Take, strokes: Intervals) -> tuple[Float64Array, Float64Array]:
    # The carriage's sound and its speed, 0 to 1, both [n].
    speed, thumps = take.zeros(), take.zeros()
    for start, stop in strokes:
        run = (take.time - start) / (stop - start)
        # Quick to speed, a steady run, a shorter brake.
        speed += np.clip(np.minimum(run / 0.28, (1 - run) / 0.16), 0.0, 1.0)
        if stop > 0:
            take.place(thumps, take.ring(STOP, 0.55 * take.between(0.8, 1.2)), stop)
    speed = speed * speed * (3 - 2 * speed)
    turns = np.cumsum(speed) / take.rate
    low, middle, high = (
        take.band_noise(a, b) for a, b in ((250, 900), (800, 2_600), (2_400, 7_500))
    )
    rolling = 0.16 * speed**0.8 * low + 0.16 * speed**1.6 * middle + 0.055 * speed**3.0 * high
    balls = speed * take.tones(610 * turns, [(1, 0.07), (2, 0.04), (3, 0.02)])
    whine = speed**1.5 * take.tones(1_870 * turns, [(1, 0.05), (2, 0.015)])
    return rolling * (1 + take.wander(0.2, 8.0)) + balls + whine + thumps, speed


def _scrape(
    normal: Float64Array, strokes: Intervals, speed: Float64Array, fault_take: Take
) -> Change:
    # A chip on the rail, always at the same place: stick and slip that makes the rail screech.
    inside = [s for s in strokes if s[0] >= 0 and s[1] <= fault_take.seconds]
    place, length = fault_take.between(0.3, 0.55), fault_take.between(0.22, 0.32)
    forward = inside[int(fault_take.random.integers(0, 2)) :: 2] or inside
    times = tuple(
        (start + place * (stop - start), start + (place + length) * (stop - start))
        for start, stop in forward[: int(fault_take.random.integers(1, 4))]
    )
    slips = fault_take.turns(95.0, spread=0.1, drift=0.2) + 0.05 * np.cumsum(
        fault_take.random.normal(0, 0.02, fault_take.n)
    )
    grip = 1 - np.mod(slips, 1.0)  # each slip excites the rail anew, then it dies away
    screech = sum(
        gain * np.sin(2 * np.pi * hz * fault_take.time + 6 * fault_take.wander(1.0, 20.0))
        for hz, gain in zip(SCREECH_HZ, (0.5, 1.0, 0.6), strict=True)
    )
    rough = 0.8 * fault_take.band_noise(2_000, 7_000)
    sound = (screech + rough) * grip**2 * speed * fault_take.gate(times, 0.02)
    return at_level(sound, normal, fault_take, (2_000.0, 7_000.0), times, least_db=3.0), times


def _missed_stroke(carriage: Float64Array, strokes: Intervals, fault_take: Take) -> Change:
    # The carriage sticks for a stroke: no run, no thump, only the motor straining.
    inside = [s for s in strokes if s[0] >= 0 and s[1] + DWELL_SECONDS <= fault_take.seconds]
    start, stop = inside[int(fault_take.random.integers(0, len(inside)))]
    times = ((start, stop + 0.9 * DWELL_SECONDS),)
    missing = np.zeros(fault_take.n)
    missing[round(times[0][0] * fault_take.rate) : round(times[0][1] * fault_take.rate)] = 1.0
    strain = fault_take.tones(50 * fault_take.time, [(2, 1.0), (4, 0.7), (6, 0.5), (10, 0.3)])
    buzz = 0.05 * strain * fault_take.gate(((start, stop),), 0.05)
    return buzz - missing * carriage, times
