"""Score fusion: the event view and the stationary view of a clip become one score and one map.

Each view is put on the scale of its own calibration scores, so that both speak in spreads above
what normal clips have. The larger one counts, and the smaller adds a part of itself: a sum would
let each view's noise drown the other's evidence, and the larger alone forgets what both suspect.
The stationary view starts one spread behind, since a maximum over views that normal clips vary in
would otherwise cost events more than it gives (docs/method.md has the figures).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.runtime.columns import column_blocks, column_peaks, highest_cell
from core.types import Float32Array, Float64Array

# benchmarks/RESULTS.md, "Choosing", has what leaving classes and machines out would choose.
STATIONARY_OFFSET = -1.0
SUPPORT = 0.3
# The stationary view is drawn only where it is beyond this share of normal clips.
DRAWN_ABOVE = 0.95
KEPT_SHARE = 0.9
# Fewer calibration clips do not tell how far normal clips lie apart: of two or three, two are each
# other's nearest and equally far, which is no spread at all, and scores were a thousand million.
# Their spread counts as at least what is usual, that of more clips as at least a tenth of it, which
# is less than was measured of any set of eight clips or more. Usual is the median of eight machines
# of MIMII and of four classes of ESC-10 (folds 1-3): of the head's scores, of the logarithms of the
# distances, of their mean on that scale, and of the levels.
FEWEST_CLIPS = 4
LEAST_SHARE = 0.1
USUAL_EVENT = 0.35
USUAL_DISTANCE = 0.4
USUAL_STATIONARY = 0.9
USUAL_LEVEL = 1.5


@dataclass(frozen=True)
class Scale:
    """Centre and spread of calibration scores."""

    centre: float
    spread: float

    @classmethod
    def of(cls, scores: Float64Array, usual: float, *, trimmed: bool = False) -> Scale:
        """Measure the median, and the root mean square distance from it.

        Args:
            scores: [n], calibration scores.
            usual: the spread that such scores usually have; that of fewer than four is at least
                this, that of more at least a tenth of it.
            trimmed: leave out the tenth farthest off.

        Returns:
            The scale.
        """
        centre = float(np.median(scores))
        squares = np.sort(np.square(scores - centre))
        if trimmed:
            squares = squares[: max(1, int(KEPT_SHARE * squares.size))]
        least = usual if scores.size < FEWEST_CLIPS else LEAST_SHARE * usual
        return cls(centre, max(float(np.sqrt(squares.mean())), least))

    def z(self, scores: Float64Array) -> Float64Array:
        """Put scores on this scale.

        Args:
            scores: raw scores, of any shape.

        Returns:
            Their distances from the centre, in spreads.
        """
        return (scores - self.centre) / self.spread


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the views say of each window of a clip, in spreads above normal clips.

    Attributes:
        event: [window], the event view's.
        stationary: [window], the stationary view's.
        fused: [window], both together; the clip's score is the largest.
    """

    event: Float64Array
    stationary: Float64Array
    fused: Float64Array


@dataclass(frozen=True, eq=False)
class ScoreFusion:
    """How the event view and the stationary view of a clip are weighed against each other.

    Attributes:
        event: the scale of the head's scores.
        statistics: the scales of the logarithms of the stationary view's distances.
        stationary: the scale of the mean of those.
        drawn_from: the stationary evidence above which it is drawn on the map.
        level: the scale of the level view's deviations; None in models fitted before 0.2.0.
        offset: added to the evidence of the stationary view, and of the level view.
        support: the share of the smaller evidence that is added to the larger.
        map_spread: what a difference of one in the evidence is on the head's map, in models fitted
            before 0.2.0; otherwise None.
    """

    event: Scale
    statistics: tuple[Scale, ...]
    stationary: Scale
    drawn_from: float
    level: Scale | None = None
    offset: float = STATIONARY_OFFSET
    support: float = SUPPORT
    map_spread: float | None = None

    @classmethod
    def of(
        cls, event: Sequence[Float64Array], distances: Sequence[Tensor], levels: Float64Array
    ) -> ScoreFusion:
        """Fit the fusion to calibration scores; a clip counts by its highest window.

        Args:
            event: [window] of each clip, the head's scores.
            distances: [window, statistic] of each clip, the stationary view's.
            levels: [clip], the level view's deviations.

        Returns:
            The fusion.
        """
        logs = [one.double().log().numpy() for one in distances]
        highest = np.array([one.max(axis=0) for one in logs])
        statistics = tuple(Scale.of(values, USUAL_DISTANCE, trimmed=True) for values in highest.T)
        means = np.array([_mean(statistics, one).max() for one in logs])
        stationary = Scale.of(means, USUAL_STATIONARY, trimmed=True)
        evidence = stationary.z(means) + STATIONARY_OFFSET
        scale = Scale.of(np.array([scores.max() for scores in event]), USUAL_EVENT)
        return cls(
            event=scale,
            statistics=statistics,
            stationary=stationary,
            drawn_from=float(np.quantile(evidence, DRAWN_ABOVE)),
            level=Scale.of(levels, USUAL_LEVEL),
        )

    def level_evidence(self, deviations: Float64Array) -> Float64Array:
        """Put the level view's deviations on the common scale.

        Args:
            deviations: of any shape.

        Returns:
            The same shape.

        Raises:
            ValueError: there is no level view.
        """
        if self.level is None:
            raise ValueError("A model fitted before 0.2.0 has no level view.")
        return self.level.z(deviations) + self.offset

    def evidence(self, event: Float64Array, distances: Tensor) -> Evidence:
        """Weigh the views of a clip.

        Args:
            event: [window], the head's scores.
            distances: [window, statistic], the stationary view's.

        Returns:
            The evidence.
        """
        own = self.event.z(event)
        logs = distances.double().log().numpy()
        stationary = self.stationary.z(_mean(self.statistics, logs)) + self.offset
        larger, smaller = np.maximum(own, stationary), np.minimum(own, stationary)
        return Evidence(own, stationary, larger + self.support * smaller)

    def state(self) -> dict[str, Tensor]:
        """Give the weights as tensors.

        Returns:
            Tensors by name.
        """
        parts = (self.event, self.stationary, self.level or Scale(0.0, 1.0), *self.statistics)
        scales = [[scale.centre, scale.spread] for scale in parts]
        weights = [self.drawn_from, self.offset, self.support, self.map_spread or 0.0]
        return {
            "fusion.scales": torch.tensor(scales, dtype=torch.float64),
            "fusion.weights": torch.tensor(weights, dtype=torch.float64),
        }

    @classmethod
    def from_state(cls, tensors: dict[str, Tensor]) -> ScoreFusion:
        """Take over what `state` gave, or what a model fitted before 0.2.0 has.

        Args:
            tensors: by name.

        Returns:
            The fusion.

        Raises:
            KeyError: a tensor is missing.
        """
        if "combination.scales" in tensors:
            own, peak, stationary = [Scale(*p) for p in tensors["combination.scales"].tolist()]
            drawn_from = float(tensors["combination.drawn_from"])
            as_it_is = Scale(0.0, 1.0)
            return cls(
                own, (stationary,), as_it_is, drawn_from, None, 0.2, 0.0, map_spread=peak.spread
            )
        scales = [Scale(*pair) for pair in tensors["fusion.scales"].tolist()]
        drawn_from, offset, support, map_spread = tensors["fusion.weights"].tolist()
        return cls(
            scales[0],
            tuple(scales[3:]),
            scales[1],
            drawn_from,
            scales[2],
            offset,
            support,
            map_spread or None,
        )


def _mean(statistics: Sequence[Scale], logs: Float64Array) -> Float64Array:
    # [window, statistic] to [window]: the mean of the logarithms, each on its own scale.
    z = np.stack([scale.z(logs[:, i]) for i, scale in enumerate(statistics)])
    mean: Float64Array = z.mean(axis=0)
    return mean


def raise_to(
    raw: Float32Array, windows: Sequence[tuple[int, int]], scores: Float64Array
) -> Float32Array:
    """Shift each window of a map so that its highest cell is the window's score.

    So a clip is anomalous exactly when its map has a cell above the threshold, and that cell is
    where the score comes from. Where windows overlap the larger shift counts, by which no cell
    passes the score of the window it comes from: the highest cell is the highest score, to the bit.

    Args:
        raw: [freq, time]; is changed.
        windows: first and last column of each window; together they cover the map.
        scores: [window], as 32-bit floats have them.

    Returns:
        `raw`.
    """
    peaks = column_peaks(raw)
    lift = np.full(raw.shape[1], -np.inf, dtype=np.float32)
    for (start, stop), score in zip(windows, scores, strict=True):
        of_window = np.float32(score - np.float64(peaks[start:stop].max()))
        np.maximum(lift[start:stop], of_window, out=lift[start:stop])
    for block in column_blocks(raw):
        raw[:, block] += lift[block]
    return set_peak(raw, float(scores.max()))


def set_peak(raw: Float32Array, score: float) -> Float32Array:
    """Undo what rounding did to a map's highest cell: it is the score, and no cell is higher.

    Args:
        raw: [freq, time], its highest cell within rounding of the score; is changed.
        score: as a 32-bit float has it.

    Returns:
        `raw`.
    """
    for block in column_blocks(raw):
        np.minimum(raw[:, block], np.float32(score), out=raw[:, block])
    raw[highest_cell(raw)] = score
    return raw


def as_floats(scores: Float64Array) -> Float64Array:
    """Round scores to 32-bit floats, as a map holds them.

    Args:
        scores: of any shape.

    Returns:
        The same shape.
    """
    return scores.astype(np.float32).astype(np.float64)
