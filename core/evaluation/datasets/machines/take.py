"""One take of a made recording: its random draws, and the sounds machines are built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from core.types import Float64Array

Intervals = tuple[tuple[float, float], ...]
Modes = Sequence[tuple[float, float, float]]
# What a fault changes in the normal sound, [n], and when, in seconds.
Change = tuple[Float64Array, Intervals]

ROOM_SEED = 20
ROOM_DECAY_SECONDS = 0.035
ROOM_LEVEL_DB = -9.0


@dataclass(frozen=True)
class Parts:
    """What a machine gives; the faulty sound is normal + change.

    Attributes:
        normal: Its normal sound, [n].
        change: What a fault changed, [n].
        times: When, in seconds.
    """

    normal: Float64Array
    change: Float64Array
    times: Intervals


class Take:
    """One take of a recording: equal seeds give equal takes.

    Args:
        seed: What everything is drawn from.
        n: How many samples.
        rate: The sample rate in Hz.
    """

    def __init__(self, seed: Sequence[int], n: int, rate: int) -> None:
        self.random = np.random.default_rng(seed)
        self.n = n
        self.rate = rate
        self.time: Float64Array = np.arange(n) / rate

    @property
    def seconds(self) -> float:
        """Length of the take."""
        return self.n / self.rate

    def between(self, low: float, high: float) -> float:
        """Draw a number.

        Args:
            low: The lowest.
            high: The highest.

        Returns:
            A number between them, all equally likely.
        """
        return float(self.random.uniform(low, high))

    def zeros(self) -> Float64Array:
        """Make silence.

        Returns:
            Zeros [n].
        """
        return np.zeros(self.n)

    def noise(self, shape: Sequence[tuple[float, float]]) -> Float64Array:
        """Make noise of a spectrum.

        Args:
            shape: Points (Hz, dB) that the spectrum runs through, straight between them in log Hz.

        Returns:
            Noise [n] of RMS 1.
        """
        hz, gain_db = np.array(shape).T
        axis = np.fft.rfftfreq(self.n, 1 / self.rate)
        curve_db = np.interp(np.log(np.maximum(axis, 1.0)), np.log(hz), gain_db)
        spectrum = np.fft.rfft(self.random.normal(size=self.n)) * 10 ** (curve_db / 20)
        spectrum[axis < 20] = 0
        sound = np.fft.irfft(spectrum, self.n)
        return np.asarray(sound / np.sqrt(np.square(sound).mean()))

    def band_noise(self, low_hz: float, high_hz: float) -> Float64Array:
        """Make noise between two frequencies.

        Args:
            low_hz: The lower one.
            high_hz: The upper one.

        Returns:
            Noise [n] of RMS 1, 24 dB lower an octave outside.
        """
        low, high = min(low_hz, 0.3 * self.rate), min(high_hz, 0.45 * self.rate)
        floor = [(low / 4, -60.0), (low / 2, -24.0), (low, 0.0)]
        return self.noise([*floor, (high, 0.0), (high * 2, -24.0), (high * 4, -60.0)])

    def wander(self, depth: float, fastest_hz: float = 0.6) -> Float64Array:
        """Make a slow curve about 0.

        Args:
            depth: The most it departs from 0.
            fastest_hz: Its highest frequency in Hz.

        Returns:
            The curve [n].
        """
        # Drawn on a coarse grid: a slow curve needs no more.
        grid = np.arange(0.0, self.seconds + 1 / fastest_hz, 1 / (64 * fastest_hz))
        curve = np.zeros(grid.size)
        for _ in range(4):
            hz = self.between(0.1, fastest_hz)
            curve += np.sin(2 * np.pi * (hz * grid + self.between(0, 1)))
        return np.interp(self.time, grid, curve * depth / 4)

    def turns(self, hz: float, spread: float, drift: float) -> Float64Array:
        """Count the turns of something that rotates: another speed each take, drifting.

        Args:
            hz: About how many turns a second.
            spread: How far a take's speed may lie from it, as a share.
            drift: How far the speed drifts within the take, as a share.

        Returns:
            Turns since some start, [n].
        """
        speed = hz * (1 + self.between(-spread, spread)) * (1 + self.wander(drift))
        return np.asarray(self.between(0, 1) + np.cumsum(speed) / self.rate)

    def tones(self, turns: Float64Array, gains: Sequence[tuple[float, float]]) -> Float64Array:
        """Make partials at multiples of a rotation; phases and levels are drawn.

        Args:
            turns: Turns since some start, [n].
            gains: Order and gain of each partial.

        Returns:
            Their sum [n].
        """
        sound = self.zeros()
        for order, gain in gains:
            level = gain * 10 ** (self.between(-1.0, 1.0) / 20) * (1 + self.wander(0.15))
            sound += level * np.sin(2 * np.pi * (order * turns + self.between(0, 1)))
        return sound

    def ring(self, modes: Modes, gain: float = 1.0) -> Float64Array:
        """Strike a body; its modes are slightly detuned.

        Args:
            modes: Frequency in Hz, decay in seconds to 1/e and gain of each.
            gain: What the whole is multiplied by.

        Returns:
            Its ringing [m], six times as long as its longest decay.
        """
        longest = max(decay for _, decay, _ in modes)
        time = np.arange(int(6 * longest * self.rate)) / self.rate
        sound = np.zeros(time.size)
        for hz, decay, level in modes:
            hz = hz * (1 + self.between(-0.01, 0.01))
            phase = self.between(-0.2, 0.2)
            if hz < 0.45 * self.rate:
                sound += level * np.exp(-time / decay) * np.sin(2 * np.pi * hz * time + phase)
        onset = np.minimum(time / 4e-4, 1.0)
        return np.asarray(gain * onset * sound)

    def place(self, sound: Float64Array, struck: Float64Array, at_seconds: float) -> None:
        """Add a sound into another, in place, cut at its end.

        Args:
            sound: What is added to, [n].
            struck: What is added, [m].
            at_seconds: Where it begins; before 0 or beyond the end nothing is added.
        """
        start = round(at_seconds * self.rate)
        if 0 <= start < self.n:
            stop = min(start + struck.size, self.n)
            sound[start:stop] += struck[: stop - start]

    def gate(self, times: Intervals, rise_seconds: float) -> Float64Array:
        """Make a weight that is 1 within intervals and 0 outside.

        Args:
            times: The intervals in seconds.
            rise_seconds: How long the raised-cosine edges within them last.

        Returns:
            The weight [n].
        """
        gate = self.zeros()
        for start, stop in times:
            inside = np.minimum(self.time - start, stop - self.time)
            edge = np.clip(inside / min(rise_seconds, (stop - start) / 2), 0.0, 1.0)
            gate = np.maximum(gate, 0.5 - 0.5 * np.cos(np.pi * edge))
        return gate

    def intervals(self, n_most: int, shortest: float, longest: float) -> Intervals:
        """Draw intervals, apart from one another and from both ends.

        Args:
            n_most: The most; at least one.
            shortest: The shortest length in seconds.
            longest: The longest length in seconds.

        Returns:
            Start and end of each, in seconds.
        """
        n_fitting = max(1, int((self.seconds - 0.4) / (1.6 * longest)))
        count = int(self.random.integers(1, min(n_most, n_fitting) + 1))
        longest = min(longest, self.seconds - 0.4)
        lengths = self.random.uniform(min(shortest, longest), longest, count)
        gap = 0.3 * longest
        free = max(self.seconds - 0.4 - lengths.sum() - gap * (count - 1), 0.0)
        starts = 0.2 + np.sort(self.random.uniform(0, free, count))
        starts += np.concatenate(([0.0], np.cumsum(lengths + gap)[:-1]))
        return tuple(
            (float(start), float(start + length))
            for start, length in zip(starts, lengths, strict=True)
        )


def band_rms(
    sound: Float64Array, rate: int, band_hz: tuple[float, float], times: Intervals
) -> float:
    """Measure a band of a sound within intervals.

    Args:
        sound: The sound [n].
        rate: Its sample rate in Hz.
        band_hz: The band's edges.
        times: The intervals in seconds.

    Returns:
        The band's RMS.
    """
    axis = np.fft.rfftfreq(sound.size, 1 / rate)
    spectrum = np.fft.rfft(sound)
    spectrum[(axis < band_hz[0]) | (axis > band_hz[1])] = 0
    band = np.fft.irfft(spectrum, sound.size)
    parts = [band[round(a * rate) : round(b * rate)] for a, b in times]
    return float(np.sqrt(np.square(np.concatenate(parts)).mean()))


def at_level(
    event: Float64Array,
    normal: Float64Array,
    take: Take,
    band_hz: tuple[float, float],
    times: Intervals,
    *,
    least_db: float = 0.0,
) -> Float64Array:
    """Scale an event to lie 0 to 6 dB above the normal sound, in its band and its time.

    Args:
        event: The event [n].
        normal: The normal sound [n].
        take: What the level is drawn from.
        band_hz: The event's band.
        times: When it sounds, in seconds.
        least_db: Moves both ends: amid strokes and clicks an event is masked that would be plain
            in a steady sound.

    Returns:
        The event [n].
    """
    level = 10 ** (take.between(least_db, least_db + 6.0) / 20)
    background = band_rms(normal, take.rate, band_hz, times)
    return event * (level * background / band_rms(event, take.rate, band_hz, times))


def in_room(sound: Float64Array, rate: int) -> Float64Array:
    """Put a sound into a small treated room.

    Args:
        sound: The sound [n].
        rate: Its sample rate in Hz.

    Returns:
        What a microphone there records, [n].
    """
    random = np.random.default_rng(ROOM_SEED)
    time = np.arange(int(6 * ROOM_DECAY_SECONDS * rate)) / rate
    tail = random.normal(size=time.size) * np.exp(-time / ROOM_DECAY_SECONDS)
    tail[: int(0.004 * rate)] = 0
    tail *= 10 ** (ROOM_LEVEL_DB / 20) / np.sqrt(np.square(tail).sum())
    tail[0] = 1.0
    return np.asarray(fftconvolve(sound, tail)[: sound.size])
