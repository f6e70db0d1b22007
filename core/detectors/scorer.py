"""A scorer is a fitted head and its views: what measures a clip, before anything is calibrated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from core.backbones import Backbone
from core.detectors.fusion import Evidence, ScoreFusion, raise_to, set_peak
from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.training import below
from core.detectors.views.average_sound import AverageSound
from core.detectors.views.energy_weighting import coarse_weight, energy_weight
from core.detectors.views.level import LevelScores, LevelView
from core.detectors.views.row_scale import RowScale
from core.detectors.views.spectrogram_map import (
    N_BEST,
    best_columns,
    spectrogram_map,
    weighted_peak,
    windows_of,
)
from core.detectors.views.stationary import Gathered, StationaryScores, StationaryView
from core.features.extractor import Features, SourceClip
from core.runtime.progress import Progress
from core.types import FeatureMaps, Float32Array, Float64Array

SMALLEST = 1e-6
# What a moment is like adds to each of its cells: an event's weaker partials are events too (every
# sixth mix of folds 1-3 of ESC-10, with a third of today's energy exponent: spectrogram and
# temporal AUROC 86.5 and 88.9, without it 82.8 and 89.2). More would draw columns, not sounds.
MOMENT_SHARE = 0.6
WEIGHT_SIGMA = 2.0
# An event moves the statistics of the seconds it lies in; the stationary view is drawn over one
# only where it says so many times as much.
CLEARLY = 2.0
# Where the background of a map lies, in spreads: in normal clips three to four below the highest
# cell, and deeper the higher that is, so that a loud event does not lift what is beside it.
BACKGROUND = -3.0
DEEPER = 1.0


@dataclass(frozen=True, eq=False)
class Measured:
    """What a scorer measures of one clip.

    Attributes:
        cells: [row, column], the head's scores of the whole clip.
        sizes: rows and columns of each segment's log-mel.
        n_frames: the clip's.
        windows: first and last column of the windows in which it is judged.
        weights: [freq, time] energy weight of each segment; empty where there is none.
        whole: the head's own score of the clip, where its cells do not give it.
        stationary: the stationary view's distances, where there is that view.
        levels: the level view's, likewise.
    """

    cells: Tensor
    sizes: list[tuple[int, int]]
    n_frames: int
    windows: list[tuple[int, int]]
    weights: list[Tensor]
    whole: float | None
    stationary: StationaryScores | None
    levels: LevelScores | None

    @property
    def stride(self) -> int:
        """Columns of the spectrogram to a column of the head's grid."""
        return sum(columns for _, columns in self.sizes) // self.cells.shape[1]

    @property
    def frames(self) -> list[tuple[int, int]]:
        """First and last column of each window on the spectrogram, the padding left out."""
        stride, last = self.stride, self.n_frames
        found = [(start * stride, min(last, stop * stride)) for start, stop in self.windows]
        return [*found[:-1], (min(found[-1][0], last - 1), last)]

    def for_calibration(self) -> Measured:
        """Give what a calibration needs of this: no weights, and cells of half the size.

        Returns:
            A copy.
        """
        return dataclasses.replace(self, cells=self.cells.half(), weights=[])


@dataclass(frozen=True, eq=False)
class FusedViews:
    """The map of a clip by event view and stationary view, and what it is made of.

    Attributes:
        raw: [freq, time], in spreads above normal clips.
        evidence: of each view in each window.
        event_peak: row and column of the event view's highest cell.
        event_column: [freq], the event view's map in that column.
        profile: [freq], how far each row is from normal where the stationary view is strongest.
        stationary_spans: first and last column of the windows drawn by the stationary view.
    """

    raw: Float32Array
    evidence: Evidence
    event_peak: tuple[int, int]
    event_column: Float64Array
    profile: Float64Array
    stationary_spans: list[tuple[int, int]]


class Scorer:
    """A head, the settings that make a map and a score of its cells, and the other views.

    Args:
        head: the head.
        backbone: whose features it is given.
        as_before: compare what models fitted before 0.2.0 compare.
    """

    def __init__(self, head: Head, backbone: Backbone, *, as_before: bool = False) -> None:
        self.head = head
        self.settings = head.settings
        self._spectrogram_settings = backbone.settings
        self.average: AverageSound | None = None
        self.stationary: StationaryView | None = None
        self.level: LevelView | None = None
        if self.settings.views == "both":
            layers = stationary_layers(backbone, as_before=as_before)
            if as_before:
                self.average = AverageSound(layers[-1], backbone.settings)
            else:
                self.stationary = StationaryView(layers[0], layers[-1], backbone.settings)
                self.level = LevelView(backbone.settings)

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Fit the head and the other views.

        Args:
            features: of normal clips.
            seed: makes the fit repeatable.
            progress: called with a stage and a fraction.
        """
        for view in (self.stationary, self.level):
            if view:
                view.fit(features)
        self.head.fit(features, seed=seed, progress=progress)

    def measure(
        self, clip: SourceClip, segments: Iterable[FeatureMaps], window_seconds: float
    ) -> Measured:
        """Measure a clip by windows of `window_seconds`, in one pass.

        Args:
            clip: the clip.
            segments: its feature maps.
            window_seconds: the length that the calibration stands for.

        Returns:
            What was measured.
        """
        exponent, by_row = self.settings.energy_exponent, self.level is not None
        scores: list[CellScores] = []
        sizes: list[tuple[int, int]] = []
        weights: list[Tensor] = []
        gathered = Gathered()
        averages: list[tuple[Tensor, tuple[int, int]]] = []
        levels: list[tuple[Tensor, tuple[int, int]]] = []
        for maps in segments:
            scores.append(self.head.score_among(maps, clip.bank))
            sizes.append((maps.log_mel.shape[0], maps.log_mel.shape[1]))
            if exponent:
                log_mel = maps.log_mel.cpu()
                weights.append(
                    energy_weight(log_mel, self._spectrogram_settings, exponent, by_row=by_row)
                )
            if self.average:
                self.average.collect(maps, window_seconds, averages)
            if self.stationary:
                self.stationary.collect(maps, gathered)
            if self.level:
                self.level.collect(maps, window_seconds, levels)
        cells = torch.cat([scored.map for scored in scores], dim=1)
        windows = windows_of(cells.shape[1], window_seconds / clip.duration_seconds)
        own = [scored.whole for scored in scores if scored.whole is not None]
        whole = None
        if self.settings.clip_score == "embedding" and own:
            whole = max(own)
        elif self.settings.clip_score == "peak" and scores[0].clip_weight is not None:
            whole = weighted_peak(scores, windows)
        measured = Measured(cells, sizes, clip.n_frames, windows, weights, whole, None, None)
        stationary = None
        if self.average:
            stationary = self.average.compare(averages, measured.frames)
        elif self.stationary:
            # To the end of the padding, which its last second may lie in.
            padded = [(start * measured.stride, stop * measured.stride) for start, stop in windows]
            stationary = self.stationary.compare(gathered, padded)
        compared = self.level.compare(levels) if self.level else None
        return dataclasses.replace(measured, stationary=stationary, levels=compared)

    def event_scores(self, measured: Measured, rows: RowScale | None) -> Float64Array:
        """Score each window of a clip by the head alone.

        Args:
            measured: of the clip.
            rows: what a distance means in each row; None for models fitted before 0.2.0, whose
                score is weighted by energy and on a logarithmic scale.

        Returns:
            [window].
        """
        windows = measured.windows
        if measured.whole is not None:
            return np.full(len(windows), np.log(max(measured.whole, SMALLEST)))
        if rows is not None:
            return self._of_windows(rows.z(measured.cells), windows)
        if self.settings.clip_score == "peak":
            raw = self._map(measured, measured.cells, measured.weights)
            scores = np.array([float(raw[:, start:stop].max()) for start, stop in measured.frames])
        else:
            scores = self._of_windows(self._weighted(measured), windows)
        logs: Float64Array = np.log(np.maximum(scores, SMALLEST))
        return logs

    def event_moment(self, measured: Measured, rows: RowScale) -> float:
        """Find when a clip stands out most of its own background.

        Args:
            measured: of the clip.
            rows: what a distance means in each row.

        Returns:
            The middle of its highest column, in seconds.
        """
        columns = rows.z(measured.cells).topk(min(N_BEST, len(measured.cells)), dim=0).values
        middle = (int(columns.mean(dim=0).argmax()) + 0.5) * measured.stride
        return min(middle, measured.n_frames - 0.5) * self._spectrogram_settings.hop_seconds

    def single_view(self, measured: Measured) -> tuple[Float32Array, float]:
        """Make the map and the score of a clip by the head alone, on the head's own scale.

        The map is the head's; where its score is not the map's highest cell (PatchCore's Equation
        7, five best columns) the whole map is multiplied so that it is.

        Args:
            measured: of the clip.

        Returns:
            The map [freq, time] and the score, its highest cell.
        """
        raw = self._map(measured, measured.cells, measured.weights)
        if measured.whole is not None:
            score = measured.whole
        elif self.settings.clip_score == "top":
            score = float(self._of_windows(self._weighted(measured), measured.windows).max())
        else:
            return raw, float(raw.max())
        peak, score = float(raw.max()), float(np.float32(score))
        raw *= np.float32(score / peak if peak > 0 else 1.0)
        return set_peak(raw, score), score

    def both_views(
        self, measured: Measured, rows: RowScale | None, fusion: ScoreFusion
    ) -> FusedViews:
        """Make the map of a clip by event view and stationary view together.

        The map is the event view's, raised in each window to the window's score. Where the
        stationary view says twice as much, and more than of 95 % of normal clips, its rows are
        drawn from
        the window's beginning to its end at the score, and the event view stays at its own
        evidence.

        Args:
            measured: of the clip.
            rows: as in `event_scores`.
            fusion: the weights of the views.

        Returns:
            The map in spreads above normal clips, and what it is made of.

        Raises:
            ValueError: there is no stationary view.
        """
        if measured.stationary is None:
            raise ValueError("A clip without the stationary view has no fused score.")
        evidence = fusion.evidence(self.event_scores(measured, rows), measured.stationary.distances)
        fused, frames = as_floats(evidence.fused), measured.frames
        if rows is None:
            raw = self._map(measured, measured.cells, measured.weights)
            raw = np.log(np.maximum(raw, SMALLEST))
        else:
            raw = self._map(measured, rows.z(measured.cells), [])
            moments = torch.from_numpy(raw).topk(min(N_BEST, len(raw)), dim=0).values
            raw += np.float32(MOMENT_SHARE) * moments.mean(dim=0).numpy()
            start = 0
            for weight in measured.weights:
                part = raw[:, start : start + weight.shape[1]]
                logarithm = ndimage.gaussian_filter(
                    weight.log().numpy(), WEIGHT_SIGMA, mode="nearest"
                )
                part += logarithm[:, : part.shape[1]]
                start += weight.shape[1]
        raw *= np.float32(self._contrast(raw, float(fused.max()), fusion))
        leads = evidence.stationary > np.maximum(evidence.event, CLEARLY * evidence.event)
        drawn = leads & (evidence.stationary > fusion.drawn_from)
        raise_to(raw, frames, np.where(drawn, as_floats(evidence.event), fused))
        row, column = divmod(int(raw.argmax()), raw.shape[1])
        event_column = raw[:, column].astype(np.float64)
        of_rows = measured.stationary.rows[int(evidence.stationary.argmax())]
        profile = row_profile(of_rows, raw.shape[0], float(fused.max()))
        for window in np.flatnonzero(drawn):
            start, stop = frames[window]
            of_window = measured.stationary.rows[window]
            band = row_profile(of_window, raw.shape[0], fused[window]).astype(np.float32)
            np.maximum(raw[:, start:stop], band[:, None], out=raw[:, start:stop])
        set_peak(raw, float(fused.max()))
        spans = [frames[window] for window in np.flatnonzero(drawn)]
        return FusedViews(raw, evidence, (row, column), event_column, profile, spans)

    def state(self) -> dict[str, Tensor]:
        """Give everything learned.

        Returns:
            Tensors by name.
        """
        tensors = {f"head.{name}": value.cpu() for name, value in self.head.state().items()}
        if self.average:
            tensors["lasting.memory"] = self.average.memory
        if self.stationary:
            memory = self.stationary.memory
            tensors |= {f"stationary.{name}": value for name, value in memory.items()}
        if self.level:
            tensors["level.memory"] = self.level.memory
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `state` gave.

        Args:
            tensors: by name.

        Raises:
            KeyError: a tensor is missing.
        """
        self.head.load_state(below(tensors, "head."))
        if self.average:
            self.average.use(tensors["lasting.memory"])
        if self.stationary:
            self.stationary.use(below(tensors, "stationary."))
        if self.level:
            self.level.use(tensors["level.memory"])

    def _map(self, measured: Measured, cells: Tensor, weights: list[Tensor]) -> Float32Array:
        stride = measured.stride
        lengths = [columns // stride for _, columns in measured.sizes]
        per_segment = torch.split(cells, lengths, dim=1)
        sigma = self.settings.smoothing_sigma
        return spectrogram_map(per_segment, measured.sizes, measured.n_frames, sigma, weights)

    @staticmethod
    def _contrast(raw: Float32Array, score: float, fusion: ScoreFusion) -> float:
        # What a difference of one on the map is in evidence: from the map's median, which lies as
        # far down as in normal clips, to its highest cell, which is the score.
        if fusion.map_spread is not None:
            return 1.0 / fusion.map_spread
        height = float(raw.max()) - float(np.median(raw))
        return max(score - background(score), SMALLEST) / max(height, SMALLEST)

    def _weighted(self, measured: Measured) -> Tensor:
        # The cells times the energy weight, where there is one.
        if not measured.weights:
            return measured.cells
        rows, stride = len(measured.cells), measured.stride
        coarse = [
            coarse_weight(weight, torch.Size([rows, weight.shape[1] // stride]))
            for weight in measured.weights
        ]
        return measured.cells * torch.cat(coarse, dim=1)

    def _of_windows(self, cells: Tensor, windows: list[tuple[int, int]]) -> Float64Array:
        if self.settings.clip_score == "peak":
            return np.array([float(cells[:, start:stop].max()) for start, stop in windows])
        return best_columns(cells, windows)


def stationary_layers(backbone: Backbone, *, as_before: bool = False) -> tuple[str, ...]:
    """Choose the layers that the stationary view compares.

    Args:
        backbone: the network.
        as_before: those of models fitted before 0.2.0.

    Returns:
        Names of layers, the finest first: the network's usual finest one and the next.
    """
    layers = backbone.default_layers
    return layers[-1:] if as_before else layers[:2]


def row_profile(distances: Tensor, n_freq: int, score: float) -> Float64Array:
    """Draw what lasts: the row that is farthest from normal at the score, half of them below.

    Args:
        distances: [row], of the rows' layer.
        n_freq: the spectrogram's rows.
        score: of the window.

    Returns:
        [freq], by the logarithm of the distance: the farthest row at the score, the median row
        where the background of a map lies.
    """
    logs = distances.double().log().numpy()
    height = max(float(logs.max() - np.median(logs)), SMALLEST)
    share = 1.0 - (logs.max() - logs) / height
    rows = background(score) + share * (score - background(score))
    repeated: Float64Array = np.repeat(rows, n_freq // logs.size)
    return repeated


def background(score: float) -> float:
    """Say where the background of a map lies whose highest cell is the score.

    Args:
        score: in spreads above normal clips.

    Returns:
        The value of the median cell.
    """
    return BACKGROUND - DEEPER * max(score, 0.0)


def as_floats(scores: Float64Array) -> Float64Array:
    """Round scores to 32-bit floats, as a map holds them.

    Args:
        scores: of any shape.

    Returns:
        The same shape.
    """
    return scores.astype(np.float32).astype(np.float64)
