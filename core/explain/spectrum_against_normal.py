"""A recording's average spectrum, and its level over time, against those of normal recordings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detectors.views.normal_spectrum import (
    QUANTILES,
    NormalSpectra,
    decibels,
    moment_power,
    summed_db,
)
from core.exchange.csv_cells import write_table
from core.explain.measured_sound import MeasuredSound
from core.spectral.frequency_range import frequency_range
from core.types import Box, Float64Array

HEADER = (
    "hz", "recording_dbfs", "normal_median_dbfs", "normal_low_dbfs", "normal_high_dbfs",
    "normal_highest_dbfs", "beyond_db",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SpectrumAgainstNormal:
    """An average spectrum and the envelope of normal recordings'. Levels in dB below full scale.

    The level over time is that of moments of 0.1 s, in the band that was asked for.

    Attributes:
        freq_hz: [row]
        level_db: [row], of this recording, or of the box's time.
        low_db: [row], the 5 % quantile of normal recordings.
        median_db: [row], their median.
        high_db: [row], their 95 % quantile.
        highest_db: [row], the highest of them.
        n_clips: how many they are.
        box: what was asked for.
        time_s: [time], in seconds of the recording.
        band_db: [time], the level in the band.
        band_range_db: the 5 % quantile, median and 95 % quantile of the normal recordings' average
            levels in the band.
    """

    freq_hz: Float64Array
    level_db: Float64Array
    low_db: Float64Array
    median_db: Float64Array
    high_db: Float64Array
    highest_db: Float64Array
    n_clips: int
    box: Box
    time_s: Float64Array
    band_db: Float64Array
    band_range_db: tuple[float, float, float]

    @property
    def beyond_db(self) -> Float64Array:
        """[row], how far the level lies beyond the 5 to 95 % range, negative where below."""
        above = np.maximum(self.level_db - self.high_db, 0.0)
        return above + np.minimum(self.level_db - self.low_db, 0.0)

    def csv(self) -> bytes:
        """Write the limit mask, a row for each row of the spectrum.

        Returns:
            A CSV file.
        """
        columns = (
            self.freq_hz, self.level_db, self.median_db, self.low_db, self.high_db,
            self.highest_db, self.beyond_db,
        )  # fmt: skip
        rows = zip(*(np.round(column, 2).tolist() for column in columns), strict=True)
        return write_table(HEADER, rows)


def spectrum_against_normal(
    sound: MeasuredSound, normals: NormalSpectra, box: Box | None = None
) -> SpectrumAgainstNormal:
    """Compare a recording's average spectrum with the normal recordings'.

    The normal recordings' are of their whole length, so of a short box they show how loud it is
    against what is usual.

    Args:
        sound: the recording, or the part of it that is looked at.
        normals: the normal recordings.
        box: compare its time, and over time its band; without one everything.

    Returns:
        The comparison.
    """
    if box is None:
        settings = sound.spectrogram.settings
        box = Box(sound.start_s, sound.stop_s, settings.f_min_hz, settings.f_max_hz)
    # As of the normal recordings, padding of digital silence is no sound.
    columns = sound.columns(box) & sound.active
    if not columns.any():
        columns = sound.columns(box)
    rows = sound.rows(box)
    low, median, high = np.quantile(normals.level_db, QUANTILES, axis=0)
    in_band = np.quantile(normals.level_in(rows), QUANTILES)
    return SpectrumAgainstNormal(
        freq_hz=sound.spectrogram.freq_hz,
        level_db=decibels(sound.power[:, columns].mean(axis=1)),
        low_db=low,
        median_db=median,
        high_db=high,
        highest_db=normals.level_db.max(axis=0),
        n_clips=normals.n_clips,
        box=box,
        time_s=sound.time_s,
        band_db=decibels(moment_power(sound.power[rows].sum(axis=0), sound.hop_seconds)),
        band_range_db=(float(in_band[0]), float(in_band[1]), float(in_band[2])),
    )


def spectrum_sentence(found: SpectrumAgainstNormal) -> str:
    """Say where a spectrum lies farthest beyond the normal recordings', and for how much of it.

    Args:
        found: the comparison.

    Returns:
        A sentence.
    """
    beyond = found.beyond_db
    outside = np.abs(beyond) > 0.5
    usual = f"the range of {found.n_clips} normal recordings (5 to 95 %)"
    if not outside.any():
        return f"The spectrum lies within {usual} everywhere."
    row = int(np.abs(beyond).argmax())
    side = "above" if beyond[row] > 0 else "below"
    around = _run_around(outside & (np.sign(beyond) == np.sign(beyond[row])), row)
    total = summed_db(found.level_db[around]) - summed_db(found.median_db[around])
    edges = [0.0, *(found.freq_hz[1:] + found.freq_hz[:-1]) / 2, float(found.freq_hz[-1])]
    band = frequency_range(float(f"{edges[around.start]:.2g}"), float(f"{edges[around.stop]:.2g}"))
    return (
        f"The spectrum is up to {abs(beyond[row]):.0f} dB {side} {usual} at {band}; the level of "
        f"that band is {abs(total):.0f} dB {'above' if total > 0 else 'below'} their median."
    )


def _run_around(inside: NDArray[np.bool_], row: int) -> slice:
    before = np.flatnonzero(~inside[:row])
    after = np.flatnonzero(~inside[row:])
    first = int(before[-1]) + 1 if before.size else 0
    return slice(first, row + int(after[0]) if after.size else inside.size)
