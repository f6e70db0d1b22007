"""Tones in a spectrum: which peaks hold its energy, and which of them are one tone's harmonics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from core.types import Float64Array

# A peak is a tone where it stands this far above the bins around it and holds such a share of the
# power; noise of a third of an octave, which has few bins, has half of it beside its highest one.
PROMINENCE_DB = 10.0
TONAL_SHARE = 0.7
# Weaker peaks than this below the strongest are no part of a tone.
DEEPEST_DB = 30.0
# What a Hann window spreads a tone over, to either side of its peak.
PEAK_BINS = 2
MOST_PEAKS = 40
HARMONIC_TOLERANCE = 0.02
# A fundamental that explains nearly as much as another one is preferred where it is higher.
NEARLY = 0.9
# Narrower bands than a sixth of an octave are what a tone is heard as.
NARROW = 0.12


@dataclass(frozen=True)
class Tone:
    """A tone, or a tone with its harmonics.

    Attributes:
        hz: of the fundamental.
        partials_hz: of those that were found, rising.
        share: of the power that they hold.
    """

    hz: float
    partials_hz: tuple[float, ...]
    share: float


def find_tone(power: Float64Array, bin_hz: float, low_hz: float, high_hz: float) -> Tone | None:
    """Find the tone that a spectrum consists of.

    Args:
        power: [bin] of a spectrum with a Hann window, bin 0 at 0 Hz.
        bin_hz: distance of two bins.
        low_hz: where the band begins.
        high_hz: where it ends.

    Returns:
        The tone; None where most of the power in the band lies elsewhere, or is too low for its
        bins to tell a tone from noise.
    """
    first, stop = max(1, int(low_hz / bin_hz)), min(power.size, int(high_hz / bin_hz) + 2)
    band = power[first:stop]
    if band.size < 4 * PEAK_BINS or not band.max() > 0.0:
        return None
    level_db = 10.0 * np.log10(np.maximum(band, band.max() * 1e-9))
    padded = np.concatenate([[level_db.min()], level_db, [level_db.min()]])
    peaks, _ = find_peaks(padded, prominence=PROMINENCE_DB, height=level_db.max() - DEEPEST_DB)
    peaks = peaks - 1
    if peaks.size == 0:
        return None
    peaks = peaks[np.argsort(-band[peaks])][:MOST_PEAKS]
    hz = (first + np.array([_refined(level_db, int(peak)) for peak in peaks])) * bin_hz
    held = np.array([band[max(0, p - PEAK_BINS) : p + PEAK_BINS + 1].sum() for p in peaks])
    share_of = held / band.sum()
    best: Tone | None = None
    for divisor in (1, 2, 3, 4):
        found = _series(float(hz[0]) / divisor, hz, share_of, bin_hz)
        if found is not None and (best is None or found.share * NEARLY > best.share):
            best = found
    too_low = best is not None and (2 * PEAK_BINS + 1) * bin_hz > NARROW * best.partials_hz[-1]
    return None if best is None or too_low or best.share < TONAL_SHARE else best


def _series(
    fundamental_hz: float, hz: Float64Array, share_of: Float64Array, bin_hz: float
) -> Tone | None:
    # The peaks near multiples of a fundamental, which is one of them or has two multiples.
    order = np.maximum(1, np.rint(hz / fundamental_hz))
    near = np.maximum(bin_hz, HARMONIC_TOLERANCE * fundamental_hz)
    fits = np.abs(hz - order * fundamental_hz) <= near
    partials = np.sort(hz[fits])
    alone = partials.size == 1 and abs(partials[0] - fundamental_hz) > near
    if partials.size == 0 or alone or fundamental_hz < 2 * bin_hz:
        return None
    return Tone(fundamental_hz, tuple(partials.tolist()), float(min(1.0, share_of[fits].sum())))


def _refined(level_db: Float64Array, peak: int) -> float:
    # The vertex of the parabola through a peak and its neighbours, in bins.
    if not 0 < peak < level_db.size - 1:
        return float(peak)
    left, middle, right = level_db[peak - 1 : peak + 2]
    curvature = left - 2.0 * middle + right
    return peak if curvature >= 0.0 else peak + 0.5 * float((left - right) / curvature)
