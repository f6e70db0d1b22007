"""The average sound of a clip, which the stationary view of models fitted before 0.2.0 compares."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.views.background_subtraction import active_frames
from core.detectors.views.spectrogram_map import windows as place_windows
from core.detectors.views.stationary import StationaryScores, nearest
from core.spectral.spectrogram import SpectrogramSettings, mel_power
from core.types import FeatureMaps


class AverageSound:
    """Holds the training clips' averages over time of one layer: [clip, row, channel].

    It scores as 0.1.0 did, where each segment of 30 s of a long clip is cut into windows of its
    own. Nothing is fitted with it any more.

    Args:
        layer: name of the layer.
        spectrogram_settings: the front end.
    """

    def __init__(self, layer: str, spectrogram_settings: SpectrogramSettings) -> None:
        self.layer = layer
        self._spectrogram_settings = spectrogram_settings
        self.memory = torch.empty(0)

    def use(self, memory: Tensor) -> None:
        """Compare with these clips from now on.

        Args:
            memory: [clip, row, channel].
        """
        self.memory = memory
        self._unit_rows = F.normalize(memory, dim=2).transpose(0, 1).contiguous()
        self._unit_means = F.normalize(memory.mean(dim=1), dim=1)

    def collect(
        self,
        maps: FeatureMaps,
        window_seconds: float,
        gathered: list[tuple[Tensor, tuple[int, int]]],
    ) -> None:
        """Append the average of each window of a segment over its active time, and where it lies.

        Args:
            maps: the segment.
            window_seconds: length of a window.
            gathered: is appended to: [row, channel], and first and last frame of each window.
        """
        log_mel, layer = maps.log_mel.cpu(), maps.layers[self.layer].cpu()
        n_columns = layer.shape[-1]
        stride = log_mel.shape[1] // n_columns
        window = max(1, round(window_seconds / self._spectrogram_settings.hop_seconds / stride))
        first = gathered[-1][1][1] if gathered else 0
        for start, stop in place_windows(n_columns, window):
            frames = slice(start * stride, stop * stride)
            active = active_frames(mel_power(log_mel[:, frames], self._spectrogram_settings))
            columns = active.reshape(stop - start, -1).any(dim=1)
            average = layer[..., start:stop][..., columns].mean(dim=2).T
            gathered.append((average, (first + frames.start, first + frames.stop)))

    def compare(
        self,
        gathered: Sequence[tuple[Tensor, tuple[int, int]]],
        windows: Sequence[tuple[float, float]],
    ) -> StationaryScores:
        """Measure how far windows of a clip are from the nearest of the training clips.

        A window is given the farthest of the gathered ones that lie nearer to it than to any other
        window, so that the farthest of the clip counts.

        Args:
            gathered: what `collect` measured.
            windows: first and last frame of each window.

        Returns:
            The distances.
        """
        averages = torch.stack([average for average, _ in gathered])
        distances = nearest(F.normalize(averages.mean(dim=1), dim=1), self._unit_means)
        unit = F.normalize(averages, dim=2)
        rows = [nearest(unit[:, row], known) for row, known in enumerate(self._unit_rows)]
        middles = torch.tensor([sum(frames) / 2 for _, frames in gathered])
        apart = (middles[:, None] - torch.tensor([sum(span) / 2 for span in windows])).abs()
        chosen = apart.argmin(dim=0)
        for i, window in enumerate(apart.argmin(dim=1).tolist()):
            if distances[i] > distances[chosen[window]]:
                chosen[window] = i
        return StationaryScores(distances[chosen, None], torch.stack(rows, dim=1)[chosen])
