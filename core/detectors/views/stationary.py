"""The stationary view: a clip's average sound against the training clips', for what never stops.

After background subtraction a fault that never stops cannot be found. The average of the
backbone's last layer over time finds it: measured on folds 1-3 of ESC-10, one class against three
others, the nearest training clip by cosine has a sample AUROC of 95.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.views.background_subtraction import active_frames
from core.detectors.views.spectrogram_map import windows
from core.features.extractor import Features
from core.spectral.spectrogram import SpectrogramSettings, mel_power
from core.types import FeatureMaps


@dataclass(frozen=True, eq=False)
class StationaryScores:
    """How far each stretch of a clip is from the nearest training clip, as cosine distances.

    Attributes:
        stretches: [stretch]; the clip's score is the largest.
        rows: [row, stretch], the same for each row of the layer alone.
        columns: first and last column of each stretch on the layer's grid.
    """

    stretches: Tensor
    rows: Tensor
    columns: list[tuple[int, int]]


class StationaryView:
    """Holds each training clip's average sound: [clip, row, channel] of one layer.

    Costs rows * channels * 8 bytes a training clip (49 kB for aiSFX).

    Args:
        layer: name of the layer.
        spectrogram_settings: the front end.
    """

    def __init__(self, layer: str, spectrogram_settings: SpectrogramSettings) -> None:
        self.layer = layer
        self._spectrogram_settings = spectrogram_settings
        self.memory = torch.empty(0)

    def fit(self, features: Features) -> None:
        """Average these clips; a long one gives one average a segment.

        Args:
            features: of normal clips.
        """
        self.use(torch.stack([self._average(maps) for maps in features.segments()]))

    def use(self, memory: Tensor) -> None:
        """Compare with these average sounds from now on.

        Args:
            memory: [clip, row, channel].
        """
        self.memory = memory
        # Made once: for 1,000 clips it is 25 MB, and a copy for each clip that is scored costs as
        # much time as its head, and the heap holes of that size.
        self._unit_rows = F.normalize(memory, dim=2).transpose(0, 1).contiguous()
        self._unit_means = F.normalize(memory.mean(1), dim=1)[None]

    def collect(
        self,
        maps: FeatureMaps,
        window_seconds: float,
        gathered: list[tuple[Tensor, tuple[int, int]]],
    ) -> None:
        """Append the average sound of each window of a segment, and where it lies.

        Args:
            maps: the segment.
            window_seconds: length of a window.
            gathered: is appended to: [row, channel], and first and last column of each window.
        """
        n_columns = maps.layers[self.layer].shape[-1]
        stride = maps.log_mel.shape[1] // n_columns
        window = max(1, round(window_seconds / self._spectrogram_settings.hop_seconds / stride))
        first = gathered[-1][1][1] if gathered else 0
        for start, stop in windows(n_columns, window):
            part = FeatureMaps(
                maps.log_mel[:, start * stride : stop * stride],
                {self.layer: maps.layers[self.layer][..., start:stop]},
            )
            gathered.append((self._average(part), (first + start, first + stop)))

    def compare(self, gathered: Sequence[tuple[Tensor, tuple[int, int]]]) -> StationaryScores:
        """Measure how far what `collect` gathered is from the nearest of the training clips.

        Args:
            gathered: the windows' average sounds, and where they lie.

        Returns:
            The distances.
        """
        queries = torch.stack([average for average, _ in gathered])
        rows = _nearest(F.normalize(queries, dim=2), self._unit_rows)
        whole = _nearest(F.normalize(queries.mean(1), dim=1)[:, None], self._unit_means)
        return StationaryScores(whole[0], rows, [columns for _, columns in gathered])

    def _average(self, maps: FeatureMaps) -> Tensor:
        # The layer's mean over active time, [row, channel].
        layer = maps.layers[self.layer].cpu()
        active = active_frames(mel_power(maps.log_mel.cpu(), self._spectrogram_settings))
        columns = active.reshape(layer.shape[-1], -1).any(dim=1)
        return layer[..., columns].mean(dim=2).T


def _nearest(queries: Tensor, memory: Tensor) -> Tensor:
    # 1 - the largest cosine of unit vectors [query, row, channel] and [row, clip, channel]:
    # [row, query].
    cosine = torch.einsum("qrc,rmc->rqm", queries, memory)
    return (1.0 - cosine.amax(dim=2)).clamp(min=1e-6)
