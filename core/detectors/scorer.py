"""A scorer is a fitted head and its post-processing: what gives a clip a raw map and a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor

from core.backbones import Backbone
from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.training import below
from core.detectors.views.energy_weighting import coarse_weight, energy_weight
from core.detectors.views.spectrogram_map import best_columns, spectrogram_map, weighted_peak
from core.detectors.views.stationary import StationaryScores, StationaryView
from core.features.extractor import Features, SourceClip
from core.runtime.progress import Progress
from core.types import FeatureMaps, Float32Array


@dataclass(frozen=True, eq=False)
class ScorerOutput:
    """What a scorer gives for one clip, before score fusion and calibration.

    Attributes:
        raw: [freq, time] float32, the head's map on the spectrogram's axes.
        score: the clip's.
        stationary: the stationary view's scores, where there is that view.
    """

    raw: Float32Array
    score: float
    stationary: StationaryScores | None


class Scorer:
    """A head, the settings that make a map and a score of its cells, and the stationary view.

    Args:
        head: the head.
        backbone: whose features it is given.
        stationary_layer: the layer of the stationary view; None for no such view.
    """

    def __init__(self, head: Head, backbone: Backbone, stationary_layer: str | None) -> None:
        self.head = head
        self.settings = head.settings
        self._spectrogram_settings = backbone.settings
        self.stationary = (
            StationaryView(stationary_layer, backbone.settings) if stationary_layer else None
        )

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Fit head and stationary view.

        Args:
            features: of normal clips.
            seed: makes the fit repeatable.
            progress: called with a stage and a fraction.
        """
        if self.stationary:
            self.stationary.fit(features)
        self.head.fit(features, seed=seed, progress=progress)

    def score(
        self, clip: SourceClip, segments: Iterable[FeatureMaps], window_seconds: float
    ) -> ScorerOutput:
        """Score a clip by stretches of `window_seconds`, in one pass.

        Args:
            clip: the clip.
            segments: its feature maps.
            window_seconds: the length that the calibration stands for.

        Returns:
            Its map and scores.
        """
        settings = self.settings
        scores: list[CellScores] = []
        sizes: list[tuple[int, int]] = []
        weights: list[Tensor] = []
        averages: list[tuple[Tensor, tuple[int, int]]] = []
        for maps in segments:
            scores.append(self.head.score_among(maps, clip.bank))
            sizes.append((maps.log_mel.shape[0], maps.log_mel.shape[1]))
            if settings.energy_exponent:
                weights.append(
                    energy_weight(
                        maps.log_mel.cpu(), self._spectrogram_settings, settings.energy_exponent
                    )
                )
            if self.stationary:
                self.stationary.collect(maps, window_seconds, averages)
        cells = [scored.map for scored in scores]
        raw = spectrogram_map(cells, sizes, clip.n_frames, settings.smoothing_sigma, weights)
        window_share = window_seconds / clip.duration_seconds
        own = [scored.whole for scored in scores if scored.whole is not None]
        if settings.clip_score == "embedding" and own:
            score = max(own)
        elif settings.clip_score == "top":
            if weights:
                cells = [c * coarse_weight(w, c.shape) for c, w in zip(cells, weights, strict=True)]
            score = best_columns(cells, window_share)
        elif scores[0].clip_weight is not None:
            score = weighted_peak(scores, window_share)
        else:
            score = float(raw.max())
        stationary = self.stationary.compare(averages) if self.stationary else None
        return ScorerOutput(raw, score, stationary)

    def state(self) -> dict[str, Tensor]:
        """Give everything learned.

        Returns:
            Tensors by name.
        """
        tensors = {f"head.{name}": value.cpu() for name, value in self.head.state().items()}
        if self.stationary:
            tensors["lasting.memory"] = self.stationary.memory
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `state` gave.

        Args:
            tensors: by name.

        Raises:
            KeyError: a tensor is missing.
        """
        self.head.load_state(below(tensors, "head."))
        if self.stationary:
            self.stationary.use(tensors["lasting.memory"])
