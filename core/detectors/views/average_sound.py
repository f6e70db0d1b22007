"""The average sound of a clip, which the stationary view of models fitted before 0.2.0 compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.views.background_subtraction import active_frames
from core.detectors.views.spectrogram_map import windows as place_windows
from core.detectors.views.stationary import StationaryScores, nearest
from core.spectral.spectrogram import SpectrogramSettings, mel_power
from core.types import FeatureMaps


@dataclass(frozen=True, eq=False)
class WindowAverage:
    """How far the average of a window is from the nearest training clip's.

    Attributes:
        start: the window's first frame.
        stop: the frame after its last.
        distance: of the average over the rows.
        rows: [row], of each row's average.
    """

    start: int
    stop: int
    distance: float
    rows: Tensor


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
        self, maps: FeatureMaps, window_seconds: float, gathered: list[WindowAverage]
    ) -> None:
        """Append how far each window of a segment is from the nearest training clip.

        Args:
            maps: the segment.
            window_seconds: length of a window.
            gathered: is appended to.
        """
        log_mel, layer = maps.log_mel.cpu(), maps.layers[self.layer].cpu()
        n_columns = layer.shape[-1]
        stride = log_mel.shape[1] // n_columns
        window = max(1, round(window_seconds / self._spectrogram_settings.hop_seconds / stride))
        first = gathered[-1].stop if gathered else 0
        averages, spans = [], place_windows(n_columns, window)
        for start, stop in spans:
            frames = slice(start * stride, stop * stride)
            active = active_frames(mel_power(log_mel[:, frames], self._spectrogram_settings))
            columns = active.reshape(stop - start, -1).any(dim=1)
            averages.append(layer[..., start:stop][..., columns].mean(dim=2).T)
        stacked = torch.stack(averages)
        distances = nearest(F.normalize(stacked.mean(dim=1), dim=1), self._unit_means)
        unit = F.normalize(stacked, dim=2)
        rows = [nearest(unit[:, row], known) for row, known in enumerate(self._unit_rows)]
        of_rows = torch.stack(rows, dim=1)
        for (start, stop), distance, of_row in zip(spans, distances, of_rows, strict=True):
            span = first + start * stride, first + stop * stride
            gathered.append(WindowAverage(*span, float(distance), of_row))

    def compare(
        self, gathered: Sequence[WindowAverage], windows: Sequence[tuple[float, float]]
    ) -> StationaryScores:
        """Give the windows of a clip the distances of what was gathered.

        A window is given the farthest of the gathered ones that lie nearer to it than to any other
        window, so that the farthest of the clip counts.

        Args:
            gathered: what `collect` measured.
            windows: first and last frame of each window.

        Returns:
            The distances.
        """
        middles = torch.tensor([(one.start + one.stop) / 2 for one in gathered])
        wanted = torch.tensor([sum(span) / 2 for span in windows])
        chosen = _nearest_of(middles, wanted)
        for i, window in enumerate(_nearest_of(wanted, middles)):
            if gathered[i].distance > gathered[chosen[window]].distance:
                chosen[window] = i
        distances = torch.tensor([[gathered[i].distance] for i in chosen])
        return StationaryScores(distances, torch.stack([gathered[i].rows for i in chosen]))


def _nearest_of(places: Tensor, wanted: Tensor) -> list[int]:
    # The index of the place nearest to each that is wanted; 8 hours have 11,500 windows.
    parts = wanted.split(256)  # type: ignore[no-untyped-call]
    return [i for part in parts for i in (places[:, None] - part).abs().argmin(dim=0).tolist()]
