"""A scorer is a fitted head and its views: what measures a clip, before anything is calibrated."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from core.backbones import Backbone
from core.detectors.drawing import SMALLEST, FusedViews, fused_map, weighted_map
from core.detectors.fusion import ScoreFusion, set_peak
from core.detectors.heads.head import Head
from core.detectors.heads.parts.training import below
from core.detectors.measured import Measured
from core.detectors.views.average_sound import AverageSound, WindowAverage
from core.detectors.views.energy_weighting import coarse_weight, energy_weight
from core.detectors.views.level import LevelView
from core.detectors.views.row_scale import RowScale
from core.detectors.views.spectrogram_map import (
    best_columns,
    column_scores,
    weighted_peak,
    weighted_peaks,
    windows_of,
)
from core.detectors.views.stationary import Gathered, StationaryView
from core.features.extractor import Features, SourceClip
from core.runtime.columns import column_blocks, column_peaks
from core.runtime.progress import Progress
from core.runtime.spool import Spool
from core.types import FeatureMaps, Float32Array, Float64Array


@dataclass(eq=False)
class Collected:
    """What a scorer collects of a clip's segments as they pass.

    Attributes:
        window_seconds: the length that the calibration stands for.
        cells: [column, row], the head's scores so far.
        weights: [time, freq], the energy weight so far.
        sizes: rows and columns of each segment's log-mel.
        wholes: the head's own scores of segments.
        highest: [column] of each segment, each column's highest cell, and that cell's weight; where
            the head weights.
        stationary: the stationary view's.
        averages: what the stationary view of models fitted before 0.2.0 compares.
        levels: the level view's, with first and last frame of each window.
    """

    window_seconds: float
    cells: Spool = field(default_factory=Spool)
    weights: Spool = field(default_factory=Spool)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    highest: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    stationary: Gathered = field(default_factory=Gathered)
    averages: list[WindowAverage] = field(default_factory=list)
    levels: list[tuple[Tensor, tuple[int, int]]] = field(default_factory=list)


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
        return self.measured(clip, self.collect(segments, window_seconds, clip.bank))

    def collect(
        self, segments: Iterable[FeatureMaps], window_seconds: float, bank: str = ""
    ) -> Collected:
        """Measure the segments of a clip as they pass.

        Args:
            segments: its feature maps.
            window_seconds: the length that the calibration stands for.
            bank: the bank that it is compared with.

        Returns:
            What `measured` makes the clip's measures of.
        """
        exponent, by_row = self.settings.energy_exponent, self.level is not None
        collected = Collected(window_seconds)
        for maps in segments:
            scored = self.head.score_among(maps, bank)
            collected.cells.append(scored.map.T.numpy())
            collected.sizes.append((maps.log_mel.shape[0], maps.log_mel.shape[1]))
            if scored.whole is not None:
                collected.wholes.append(scored.whole)
            if scored.clip_weight is not None:
                collected.highest.append(weighted_peaks(scored))
            if exponent:
                log_mel = maps.log_mel.cpu()
                weight = energy_weight(log_mel, self._spectrogram_settings, exponent, by_row=by_row)
                collected.weights.append(weight.T.numpy())
            if self.average:
                self.average.collect(maps, window_seconds, collected.averages)
            if self.stationary:
                self.stationary.collect(maps, collected.stationary)
            if self.level:
                self.level.collect(maps, window_seconds, collected.levels)
        return collected

    def measured(self, clip: SourceClip, collected: Collected) -> Measured:
        """Give the measures of a clip whose segments have passed.

        Args:
            clip: the clip.
            collected: of its segments.

        Returns:
            What was measured.
        """
        share = collected.window_seconds / clip.duration_seconds
        windows = windows_of(len(collected.cells), share)
        whole = None
        if self.settings.clip_score == "embedding" and collected.wholes:
            whole = max(collected.wholes)
        elif self.settings.clip_score == "peak" and collected.highest:
            highest, weights = (torch.cat(parts) for parts in zip(*collected.highest, strict=True))
            whole = weighted_peak(highest, weights, windows)
        cells, weights_of, sizes = collected.cells, collected.weights, collected.sizes
        measured = Measured(cells, weights_of, sizes, clip.n_frames, windows, whole, None, None)
        stationary = None
        if self.average:
            stationary = self.average.compare(collected.averages, measured.frames)
        elif self.stationary:
            # To the end of the padding, which its last second may lie in.
            padded = [(start * measured.stride, stop * measured.stride) for start, stop in windows]
            stationary = self.stationary.compare(collected.stationary, padded)
        compared = self.level.compare(collected.levels) if self.level else None
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
            return self._of_windows(measured, rows.z)
        if self.settings.clip_score == "peak":
            peaks = column_peaks(weighted_map(measured, self.settings.smoothing_sigma))
            scores = np.array([float(peaks[start:stop].max()) for start, stop in measured.frames])
        else:
            scores = self._of_windows(measured)
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
        columns = [column_scores(rows.z(cells)) for cells, _ in measured.segments()]
        middle = (int(torch.cat(columns).argmax()) + 0.5) * measured.stride
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
        raw = weighted_map(measured, self.settings.smoothing_sigma)
        peak = float(column_peaks(raw).max())
        if measured.whole is not None:
            score = measured.whole
        elif self.settings.clip_score == "top":
            score = float(self._of_windows(measured).max())
        else:
            return raw, peak
        score = float(np.float32(score))
        for block in column_blocks(raw):
            raw[:, block] *= np.float32(score / peak if peak > 0 else 1.0)
        return set_peak(raw, score), score

    def both_views(
        self, measured: Measured, rows: RowScale | None, fusion: ScoreFusion
    ) -> FusedViews:
        """Make the map of a clip by event view and stationary view together.

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
        return fused_map(measured, evidence, rows, fusion, self.settings.smoothing_sigma)

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

    def _of_windows(
        self, measured: Measured, scale: Callable[[Tensor], Tensor] | None = None
    ) -> Float64Array:
        # Each window's score by its cells on a scale, else times the energy weight if there is one.
        columns = []
        for cells, weight in measured.segments():
            if scale is not None:
                cells = scale(cells)
            elif weight is not None:
                cells = cells * coarse_weight(weight, cells.shape)
            peak = self.settings.clip_score == "peak"
            columns.append(cells.amax(dim=0) if peak else column_scores(cells))
        whole = torch.cat(columns)
        if self.settings.clip_score == "peak":
            return np.array([float(whole[start:stop].max()) for start, stop in measured.windows])
        return best_columns(whole, measured.windows)


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
