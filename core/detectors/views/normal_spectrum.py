"""What normal recordings' spectra are: the envelope that a recording's spectrum is compared with.

No network: mean squares in the rows of the front end, in dB below full scale. An end-of-line test
bench calls such an envelope a limit mask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from torch import Tensor

from core.detectors.views.background_subtraction import active_frames
from core.spectral.band_levels import FLOOR_DB, row_power
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Float64Array

# About what a sound-level meter calls "fast", which is 0.125 s.
MOMENT_SECONDS = 0.1
# What the tensor of a model is called.
NORMAL_SPECTRA = "normal.spectra"
QUANTILES = (0.05, 0.5, 0.95)
ROWS_AT_ONCE = 16
Rows = slice | NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RowLevels:
    """A sound in each row of its spectrogram, in dB below full scale.

    Padding of digital silence counts for `rise_db` and `fall_db` only.

    Attributes:
        level_db: [row], of the mean power.
        background_db: [row], of the power's median over time, in moments of 0.1 s.
        rise_db: [row], how far the loudest moment stands above the background.
        fall_db: [row], how far the quietest moment lies below it, negative.
    """

    level_db: Float64Array
    background_db: Float64Array
    rise_db: Float64Array
    fall_db: Float64Array

    @classmethod
    def of(cls, power: Float64Array, hop_seconds: float) -> RowLevels:
        """Measure a sound.

        Args:
            power: [row, time], mean squares; a band of rows may be one row.
            hop_seconds: between two columns.

        Returns:
            The levels.
        """
        active = active_frames(torch.from_numpy(power)).numpy()
        # A few rows at a time, so that an hour needs no second copy of itself.
        blocks = (
            power[first : first + ROWS_AT_ONCE] for first in range(0, len(power), ROWS_AT_ONCE)
        )
        measured = [_measures(block, active, hop_seconds) for block in blocks]
        return cls(*(np.concatenate(of_rows) for of_rows in zip(*measured, strict=True)))


def _measures(
    power: Float64Array, active: NDArray[np.bool_], hop_seconds: float
) -> tuple[Float64Array, ...]:
    # Of some rows, in the order of `RowLevels`.
    moments = moment_power(power, hop_seconds)
    background_db = decibels(np.median(moments[:, active], axis=1))
    return (
        decibels(power[:, active].mean(axis=1)),
        background_db,
        decibels(moments.max(axis=1)) - background_db,
        decibels(moments.min(axis=1)) - background_db,
    )


class NormalSpectra:
    """The row levels of each normal recording.

    Costs 8 bytes a row and recording: 768 bytes a recording with 96 rows.

    Args:
        memory: [measure, clip, row] float16, the measures in the order of `RowLevels`.
    """

    def __init__(self, memory: Tensor) -> None:
        self.memory = memory
        self._levels: Float64Array = memory.double().numpy()

    @classmethod
    def of(cls, log_mels: Iterable[Tensor], settings: SpectrogramSettings) -> NormalSpectra:
        """Measure recordings; 1 ms for each of 5 s on one core.

        Args:
            log_mels: [freq, time] each.
            settings: the front end.

        Returns:
            Their spectra.
        """
        measured = [
            RowLevels.of(row_power(log_mel.cpu(), settings).numpy(), settings.hop_seconds)
            for log_mel in log_mels
        ]
        stacked = np.stack([list(vars(one).values()) for one in measured], axis=1)
        return cls(torch.from_numpy(stacked).half())

    @property
    def n_clips(self) -> int:
        """How many normal recordings there are."""
        return int(self.memory.shape[1])

    @property
    def level_db(self) -> Float64Array:
        """[clip, row], of the mean power."""
        level: Float64Array = self._levels[0]
        return level

    @property
    def background_db(self) -> Float64Array:
        """[clip, row], of the median power."""
        background: Float64Array = self._levels[1]
        return background

    def level_in(self, rows: Rows) -> Float64Array:
        """Add up the mean power in a band.

        Args:
            rows: the band's.

        Returns:
            [clip], in dB.
        """
        return summed_db(self.level_db[:, rows])

    def background_in(self, rows: Rows) -> Float64Array:
        """Add up the background in a band.

        Args:
            rows: the band's.

        Returns:
            [clip], in dB.
        """
        return summed_db(self.background_db[:, rows])

    def rise_in(self, rows: Rows) -> Float64Array:
        """Find how far a moment may stand above the background in a band, at most.

        That is so if all rows have their loudest moment at once: no recording's loudest moment in
        the band stands farther out, so who exceeds this exceeds the recording.

        Args:
            rows: the band's.

        Returns:
            [clip], in dB.
        """
        return self._moment_in(rows, 2)

    def fall_in(self, rows: Rows) -> Float64Array:
        """Find how far a moment may lie below the background in a band, likewise.

        Args:
            rows: the band's.

        Returns:
            [clip], in dB, negative.
        """
        return self._moment_in(rows, 3)

    def _moment_in(self, rows: Rows, measure: int) -> Float64Array:
        background = self.background_db[:, rows]
        return summed_db(background + self._levels[measure][:, rows]) - summed_db(background)


def moment_power(power: Float64Array, hop_seconds: float) -> Float64Array:
    """Average power over moments of 0.1 s.

    Args:
        power: [..., time].
        hop_seconds: between two columns.

    Returns:
        [..., time], of the moment around each column.
    """
    n_columns = max(1, round(MOMENT_SECONDS / hop_seconds))
    # The filter's running sum may end a little below 0 after something loud.
    smooth: Float64Array = uniform_filter1d(power, n_columns, axis=-1, mode="nearest")
    return np.maximum(smooth, 0.0)


def decibels(power: Float64Array) -> Float64Array:
    """Express power in dB.

    Args:
        power: mean squares, of any shape.

    Returns:
        The level, at least that of silence, of the same shape.
    """
    level: Float64Array = 10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0)))
    return level


def summed_db(levels_db: Float64Array) -> Float64Array:
    """Add up levels in dB over the last axis.

    Args:
        levels_db: [..., row].

    Returns:
        [...], in dB.
    """
    return decibels((10.0 ** (levels_db / 10.0)).sum(axis=-1))
