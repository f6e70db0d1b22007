"""A fan: seven blades at about 16 turns a second, their tones, a motor, and flowing air."""

from __future__ import annotations

import numpy as np

from core.evaluation.datasets.machines.take import Change, Parts, Take, at_level
from core.types import Float64Array

FAULTS = ("imbalance", "bearing knock", "blade rub")

ROTATION_HZ = 16.3
N_BLADES = 7
RACE_ORDER = 4.58  # how often a ball passes a defect of the outer race, per turn
HOUSING = ((2_750.0, 0.004, 1.0), (4_300.0, 0.003, 0.7), (6_900.0, 0.002, 0.4))


def fan(take: Take, fault_take: Take, fault: str | None) -> Parts:
    """Make a fan's sound.

    Args:
        take: The draws of the fan's own sound.
        fault_take: The draws of the fault, so that it changes none of the fan's own.
        fault: “imbalance”, “bearing knock”, “blade rub”, or None.

    Returns:
        The sound of the normal fan and what the fault changes in it, [n] each.
    """
    turns = take.turns(ROTATION_HZ, spread=0.025, drift=0.006)
    blades = [(N_BLADES * k, 0.5 / k**0.8) for k in range(1, 9)]
    rotation = [(1.0, 0.05), (2.0, 0.06), (3.0, 0.03)]
    hum = take.tones(100 * take.time, [(1, 0.07), (2, 0.05), (3, 0.02)])
    flow = take.noise(
        [(40, 4), (150, 2), (500, 0), (900, 2), (1_500, -1), (4_000, -11), (9_000, -22), (2e4, -34)]
    )
    chopped = 1 + 0.15 * np.sin(2 * np.pi * N_BLADES * turns) + take.wander(0.1)
    normal = take.tones(turns, blades + rotation) + hum + 0.45 * flow * chopped
    if fault is None:
        return Parts(normal, take.zeros(), ())
    change = {"imbalance": _imbalance, "bearing knock": _bearing_knock, "blade rub": _blade_rub}
    return Parts(normal, *change[fault](normal, turns, fault_take))


def _imbalance(normal: Float64Array, turns: Float64Array, fault_take: Take) -> Change:
    # The heavy side shakes the frame once a turn: a low thump, and all else beats with it.
    times = ((0.0, fault_take.seconds),)
    angle = fault_take.between(0, 1)
    swing = np.cos(2 * np.pi * (turns + angle))
    thump = sum(
        gain * np.cos(2 * np.pi * k * (turns + angle))
        for k, gain in ((1, 0.4), (2, 0.7), (3, 1.0), (4, 1.0), (5, 0.7), (6, 0.4))
    )
    thump = at_level(np.asarray(thump), normal, fault_take, (20.0, 130.0), times)
    return thump + fault_take.between(0.4, 0.6) * swing * normal, times


def _bearing_knock(normal: Float64Array, turns: Float64Array, fault_take: Take) -> Change:
    # A pitted race: trains of small metallic knocks, strongest when the load is on the pit.
    times = fault_take.intervals(n_most=4, shortest=0.25, longest=0.6)
    knocks = fault_take.zeros()
    for hit in np.flatnonzero(np.diff(np.floor(RACE_ORDER * turns)) > 0):
        at = hit / fault_take.rate
        if any(start <= at < stop - 0.02 for start, stop in times):
            load = 0.6 + 0.4 * np.cos(2 * np.pi * turns[hit])
            slip = fault_take.between(0.0, 1e-3)
            gain = load * fault_take.between(0.7, 1.2)
            fault_take.place(knocks, fault_take.ring(HOUSING, gain), at + slip)
    return at_level(knocks, normal, fault_take, (2_000.0, 8_000.0), times), times


def _blade_rub(normal: Float64Array, turns: Float64Array, fault_take: Take) -> Change:
    # One blade touches the housing over a third of each turn: a scrape at the rotation rate.
    times = fault_take.intervals(n_most=3, shortest=0.4, longest=1.0)
    contact = np.clip(np.cos(2 * np.pi * (turns + fault_take.between(0, 1))), 0, None) ** 3
    scrape = fault_take.band_noise(2_200, 6_000) * contact * fault_take.gate(times, 0.06)
    return at_level(scrape, normal, fault_take, (2_000.0, 6_500.0), times), times
