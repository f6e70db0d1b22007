"""What a scorer measures of one clip, of any length, before anything is calibrated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.detectors.views.level import LevelScores
from core.detectors.views.stationary import StationaryScores
from core.runtime.spool import Spool


@dataclass(frozen=True, eq=False)
class Measured:
    """What a scorer measures of one clip.

    Attributes:
        cell_columns: [column, row], the head's scores of the whole clip.
        weight_columns: [time, freq], the energy weight of the whole clip, its padding included;
            empty where there is none.
        sizes: rows and columns of each segment's log-mel.
        n_frames: the clip's.
        windows: first and last column of the windows in which it is judged.
        whole: the head's own score of the clip, where its cells do not give it.
        stationary: the stationary view's distances, where there is that view.
        levels: the level view's, likewise.
    """

    cell_columns: Spool
    weight_columns: Spool
    sizes: list[tuple[int, int]]
    n_frames: int
    windows: list[tuple[int, int]]
    whole: float | None
    stationary: StationaryScores | None
    levels: LevelScores | None

    @property
    def cells(self) -> Tensor:
        """The head's scores of the whole clip, [row, column]."""
        return torch.from_numpy(self.cell_columns[:]).T.contiguous()

    @property
    def stride(self) -> int:
        """Columns of the spectrogram to a column of the head's grid."""
        return sum(columns for _, columns in self.sizes) // len(self.cell_columns)

    @property
    def frames(self) -> list[tuple[int, int]]:
        """First and last column of each window on the spectrogram, the padding left out."""
        stride, last = self.stride, self.n_frames
        found = [(start * stride, min(last, stop * stride)) for start, stop in self.windows]
        return [*found[:-1], (min(found[-1][0], last - 1), last)]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """First and last column of each segment on the spectrogram, the padding included."""
        stops = np.cumsum([columns for _, columns in self.sizes]).tolist()
        return list(zip([0, *stops], stops, strict=False))

    def segment_cells(self, index: int) -> Tensor:
        """Give the head's scores of one segment.

        Args:
            index: the segment's place.

        Returns:
            [row, column].
        """
        start, stop = self.spans[index]
        columns = self.cell_columns[start // self.stride : stop // self.stride]
        return torch.from_numpy(columns).T.contiguous()

    def segments(self) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Give the head's scores and the energy weight, segment by segment.

        Yields:
            [row, column], and [freq, time] or None.
        """
        for index, (start, stop) in enumerate(self.spans):
            weight = None
            if len(self.weight_columns):
                weight = torch.from_numpy(self.weight_columns[start:stop]).T
            yield self.segment_cells(index), weight

    def for_calibration(self) -> Measured:
        """Give what a calibration needs of this: no weights, and cells of half the size.

        Returns:
            A copy.
        """
        half = Spool.of(self.cell_columns[:].astype(np.float16))
        return dataclasses.replace(self, cell_columns=half, weight_columns=Spool())
