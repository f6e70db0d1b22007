"""Made recordings of four machines, normal and with faults, to try HearMap without data.

They sound like rotation and blade tones, pressure pulses, rolling, clicks and flowing air in one
small room. Clips of a machine differ as real ones do: level ±2 dB, speed ±2-3 %, phases, noise.
The same seed with and without a fault gives the same recording but for the fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import SettingError
from core.evaluation.datasets.machines import fan, pump, slide_rail, valve
from core.evaluation.datasets.machines.take import Parts, Take, in_room
from core.types import Clip, Float32Array

__all__ = ["FAULTS", "MACHINES", "MadeRecording", "make", "no_machine"]

FAULTS: dict[str, tuple[str, ...]] = {
    "fan": fan.FAULTS,
    "pump": pump.FAULTS,
    "slide rail": slide_rail.FAULTS,
    "valve": valve.FAULTS,
}
MACHINES = tuple(FAULTS)

LEVEL_SPREAD_DB = 2.0
SHORTEST_SECONDS = 2.0
LOWEST_RATE_HZ = 8_000

_SOUND: dict[str, tuple[Callable[[Take, Take, str | None], Parts], float]] = {
    "fan": (fan.fan, 0.075),
    "pump": (pump.pump, 0.10),
    "slide rail": (slide_rail.slide_rail, 0.30),
    "valve": (valve.valve, 0.70),
}


@dataclass(frozen=True, eq=False)
class MadeRecording:
    """A made recording with the truth about its fault.

    Attributes:
        clip: The sound.
        fault: The fault, None of a normal recording.
        fault_times: Start and end in seconds of each moment with the fault; all of the clip where
            the fault lasts, none of a normal recording.
        fault_stem: What the fault changed, [n] float32: the clip less the same clip without it.
    """

    clip: Clip
    fault: str | None
    fault_times: tuple[tuple[float, float], ...]
    fault_stem: Float32Array


def make(
    machine: str,
    *,
    seed: int,
    duration_seconds: float = 5.0,
    sample_rate: int = 44_100,
    fault: str | None = None,
) -> MadeRecording:
    """Make a recording of a machine, normal or with a fault.

    Args:
        machine: One of `MACHINES`.
        seed: What everything random is drawn from, 0 or more.
        duration_seconds: Its length in seconds, at least 2.
        sample_rate: Its rate in Hz, at least 8000.
        fault: One of the machine's `FAULTS`, or None.

    Returns:
        The recording and the truth about its fault. 5 s take about as long as scoring them.

    Raises:
        SettingError: no such machine or fault, or a clip too short or at too low a rate.
    """
    if machine not in MACHINES:
        raise SettingError(no_machine(machine))
    if fault is not None and fault not in FAULTS[machine]:
        known = ", ".join(FAULTS[machine])
        raise SettingError(f"A {machine} has no fault “{fault}”; it has {known}.")
    if duration_seconds < SHORTEST_SECONDS:
        raise SettingError(
            f"A made recording lasts at least {SHORTEST_SECONDS} s, not {duration_seconds}."
        )
    if sample_rate < LOWEST_RATE_HZ:
        raise SettingError(f"A made recording needs at least {LOWEST_RATE_HZ:,} Hz.")
    if seed < 0:
        raise SettingError("A seed is 0 or more.")
    sound, gain = _SOUND[machine]
    n, which = round(duration_seconds * sample_rate), MACHINES.index(machine)
    take, fault_take = (Take((seed, which, i), n, sample_rate) for i in (0, 1))
    parts = sound(take, fault_take, fault)
    gain *= 10 ** (take.between(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB) / 20)
    hall = take.noise([(30, 6), (100, 3), (400, 0), (2_000, -9), (8_000, -24), (2e4, -40)])
    normal = gain * in_room(parts.normal, sample_rate) + 0.0015 * hall
    stem = gain * in_room(parts.change, sample_rate)
    samples = np.clip(normal + stem, -1.0, 1.0).astype(np.float32)
    name = f"{machine} {fault or 'normal'} {seed:04d}.wav"
    clip = Clip.from_samples(samples, sample_rate, name)
    return MadeRecording(clip, fault, parts.times, stem.astype(np.float32))


def no_machine(machine: str) -> str:
    """Say that there is no such machine.

    Args:
        machine: The name that was asked for.

    Returns:
        A sentence that lists `MACHINES`.
    """
    return f"There is no machine “{machine}”; there are {', '.join(MACHINES)}."
