"""The stationary view: what a whole clip is like and how it moves, against the training clips'.

After background subtraction a fault that never stops cannot be found. Three descriptions of a
clip's typical second find it, each compared with the nearest training clip by cosine:

- fluctuation: how much the level of each row of the log-mel moves within a second, which tells how
  a machine runs and has the spectrogram's full resolution in frequency;
- texture: the same of the channels of the backbone's finest layer, over all frequencies;
- motion: how far the channels of the next layer change from column to column, over all frequencies.

An average over time, which earlier versions compared, says how a clip sounds and not how it moves:
on folds 1-3 of ESC-10, one class against three, and on MIMII at -6 dB with the level removed it had
a sample AUROC of 95 and 63, these three together 95 and 81 (79 by the mean over all seconds, which
an event moves: in steady noise a click would look like a change throughout).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.views.background_subtraction import active_frames
from core.features.extractor import Features
from core.runtime.spool import Spool
from core.spectral.spectrogram import SpectrogramSettings, mel_power
from core.types import FeatureMaps

STATISTICS = ("fluctuation", "texture", "motion")
SECOND = 1.0
SMALLEST = 1e-6
WINDOWS_AT_ONCE = 128


@dataclass
class Gathered:
    """What the stationary view has measured of a clip so far, second by second.

    Costs 50 MB an hour for aiSFX, nearly all of it the rows; of a long clip they lie on disk.

    Attributes:
        statistics: name -> [second, channel], of seconds that overlap by half.
        middles: the middle frame of each of those seconds, rising.
        row_sums: [second, row, channel], of seconds that do not overlap, over their active columns.
        n_columns: the active columns of each of those seconds.
        row_middles: the middle frame of each of those seconds, rising.
        n_frames: frames seen.
    """

    statistics: dict[str, Spool] = field(default_factory=lambda: defaultdict(Spool))
    middles: list[float] = field(default_factory=list)
    row_sums: Spool = field(default_factory=Spool)
    n_columns: list[int] = field(default_factory=list)
    row_middles: list[float] = field(default_factory=list)
    n_frames: int = 0


@dataclass(frozen=True, eq=False)
class StationaryScores:
    """How far each window of a clip is from the nearest training clip, as cosine distances.

    Attributes:
        distances: [window, statistic].
        rows: [window, row], the distance of the average of each row of the rows' layer.
    """

    distances: Tensor
    rows: Tensor


class StationaryView:
    """Holds each training clip's statistics and the averages of the rows of one layer.

    Costs, a training clip, 4 bytes times the channels of two layers, the rows of the log-mel, and
    rows times channels of the rows' layer (14 kB for aiSFX).

    Args:
        fine: name of the layer whose texture is compared.
        coarse: name of the layer whose motion, and whose rows, are compared.
        spectrogram_settings: the front end.
    """

    def __init__(self, fine: str, coarse: str, spectrogram_settings: SpectrogramSettings) -> None:
        self.fine, self.coarse = fine, coarse
        self._spectrogram_settings = spectrogram_settings
        self._unit: dict[str, Tensor] = {}
        self._unit_rows = torch.empty(0)
        self.memory: dict[str, Tensor] = {}

    def fit(self, features: Features) -> None:
        """Measure these clips; a long one counts once a segment.

        Args:
            features: of normal clips.
        """
        found: dict[str, list[Tensor]] = {name: [] for name in (*STATISTICS, "rows")}
        for maps in features.segments():
            gathered = Gathered()
            self.collect(maps, gathered)
            for name, value in _average(gathered, (0, gathered.n_frames)).items():
                found[name].append(value)
        self.use({name: torch.stack(values) for name, values in found.items()})

    def use(self, memory: Mapping[str, Tensor]) -> None:
        """Compare with these clips from now on.

        Args:
            memory: the statistics by name, [clip, channel] each, and "rows" [clip, row, channel].
        """
        self.memory = dict(memory)
        # Made once: for 1,000 clips they are 15 MB, and a copy for each clip that is scored costs
        # as much time as its head.
        self._unit_rows = F.normalize(memory["rows"], dim=2).transpose(0, 1).contiguous()
        self._unit = {name: F.normalize(memory[name], dim=1) for name in STATISTICS}

    def collect(self, maps: FeatureMaps, gathered: Gathered) -> None:
        """Add what the seconds of a segment are like.

        Args:
            maps: the segment.
            gathered: is added to.
        """
        log_mel = maps.log_mel.cpu()
        active = active_frames(mel_power(log_mel, self._spectrogram_settings))
        n_frames = log_mel.shape[1]
        rows = maps.layers[self.coarse].cpu()
        stride = n_frames // rows.shape[-1]
        second = max(4, round(SECOND / self._spectrogram_settings.hop_seconds / stride)) * stride
        first, gathered.n_frames = gathered.n_frames, gathered.n_frames + n_frames

        columns = active.reshape(rows.shape[-1], -1).any(dim=1)
        sums = []
        for start in range(0, n_frames, second):
            part = slice(start // stride, (start + second) // stride)
            sums.append(rows[..., part][..., columns[part]].sum(dim=2).T)
            gathered.n_columns.append(int(columns[part].sum()))
            gathered.row_middles.append(first + (start + min(start + second, n_frames)) / 2)
        gathered.row_sums.append(torch.stack(sums).numpy())

        width = min(second, n_frames)
        step = max(stride, width // 2 // stride * stride)
        starts = torch.arange(0, n_frames - width + 1, step)
        # Padding of digital silence says nothing of how a machine moves; where all is silent, all
        # counts.
        loud = active.float().unfold(0, width, step).mean(dim=1) >= 0.5
        kept = loud if loud.any() else torch.ones_like(loud)
        measured = {
            "fluctuation": _deviation(log_mel, width, step),
            "texture": _deviation(maps.layers[self.fine].cpu(), width, step, n_frames),
            "motion": _motion(rows, width, step, n_frames),
        }
        for name, values in measured.items():
            gathered.statistics[name].append(values.T[kept].numpy())
        gathered.middles += [first + start + width / 2 for start in starts[kept].tolist()]

    def compare(
        self, gathered: Gathered, windows: Sequence[tuple[float, float]]
    ) -> StationaryScores:
        """Measure how far windows of a clip are from the nearest of the training clips.

        Args:
            gathered: what `collect` measured.
            windows: first and last frame of each window.

        Returns:
            The distances.
        """
        distances: list[Tensor] = []
        per_row: list[Tensor] = []
        # So many windows at a time that their rows take 2 MB for aiSFX.
        for first in range(0, len(windows), WINDOWS_AT_ONCE):
            averages = [_average(gathered, one) for one in windows[first : first + WINDOWS_AT_ONCE]]
            of_statistics = [
                nearest(F.normalize(torch.stack([one[name] for one in averages]), dim=1), unit)
                for name, unit in self._unit.items()
            ]
            rows = F.normalize(torch.stack([one["rows"] for one in averages]), dim=2)
            of_rows = [nearest(rows[:, row], unit) for row, unit in enumerate(self._unit_rows)]
            distances.append(torch.stack(of_statistics, dim=1))
            per_row.append(torch.stack(of_rows, dim=1))
        return StationaryScores(torch.cat(distances), torch.cat(per_row))


def _average(gathered: Gathered, window: tuple[float, float]) -> dict[str, Tensor]:
    # The statistics of a window, and the average of its rows.
    inside = _inside(gathered.row_middles, window)
    n_columns = torch.tensor(gathered.n_columns[inside])
    rows = torch.from_numpy(gathered.row_sums[inside]).sum(dim=0) / n_columns.sum().clamp(min=1)
    seconds = _inside(gathered.middles, window)
    statistics = gathered.statistics.items()
    average = {name: _typical(torch.from_numpy(of[seconds])) for name, of in statistics}
    return {"rows": rows} | average


def _typical(seconds: Tensor) -> Tensor:
    # The mean of the middle third of [second, channel], channel by channel: an event moves neither
    # end of it, and it is steadier than the median.
    n_left_out = len(seconds) // 3
    return seconds.sort(dim=0).values[n_left_out : len(seconds) - n_left_out].mean(dim=0)


def _inside(middles: Sequence[float], window: tuple[float, float]) -> slice:
    # The seconds whose middle lies in the window; the nearest one where none does.
    first, last = bisect_left(middles, window[0]), bisect_right(middles, window[1])
    if first < last:
        return slice(first, last)
    centre = (window[0] + window[1]) / 2
    index = min(range(len(middles)), key=lambda i: abs(middles[i] - centre))
    return slice(index, index + 1)


def _deviation(values: Tensor, width: int, step: int, n_frames: int | None = None) -> Tensor:
    # The standard deviation over each second of [freq, time] or, meaned over rows, of
    # [channel, freq, time]: [freq or channel, second]. Means of squares less squares of means, as
    # two poolings; a second's values differ by far more than float32 rounds.
    stride = (n_frames or values.shape[-1]) // values.shape[-1]
    flat = values.flatten(0, -2)[:, None]
    centred = flat - flat.mean(dim=-1, keepdim=True)
    kernel, hop = max(1, width // stride), max(1, step // stride)
    mean = F.avg_pool1d(centred, kernel, hop)[:, 0]
    square = F.avg_pool1d(centred.square(), kernel, hop)[:, 0]
    deviation = (square - mean.square()).clamp(min=0.0).sqrt()
    return deviation if values.ndim == 2 else deviation.reshape(*values.shape[:2], -1).mean(dim=1)


def _motion(values: Tensor, width: int, step: int, n_frames: int) -> Tensor:
    # The mean size of the change from column to column in each second, over the rows of
    # [channel, freq, time]: [channel, second].
    stride = n_frames // values.shape[-1]
    changes = values.diff(dim=-1).abs().mean(dim=1)
    if changes.shape[-1] == 0:
        return torch.zeros(len(values), 1)
    kernel = max(1, width // stride - 1)
    return F.avg_pool1d(changes[:, None], min(kernel, changes.shape[-1]), step // stride)[:, 0]


def nearest(queries: Tensor, memory: Tensor) -> Tensor:
    """Measure the cosine distance to the nearest of the vectors that are remembered.

    Args:
        queries: [query, channel], of length 1.
        memory: [clip, channel], likewise.

    Returns:
        [query], at least 1e-6.
    """
    return (1.0 - (queries @ memory.T).amax(dim=1)).clamp(min=SMALLEST)
