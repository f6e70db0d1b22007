"""What would make a clip normal: the smallest part of its map whose replacement flips the verdict.

Cells are ranked by the map. Ever larger shares of them are replaced, and each time the masked
sound goes through the whole detector again, until the verdict is "like normal"; bisection then
narrows the share. A mask that flips the verdict is evidence of what the detector heard; none that
does is an honest answer too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.detectors.detector import Detector
from core.runtime.progress import Progress, part, silent
from core.spectral.masking import filled, removed
from core.types import AnomalyMap, Clip, Float32Array

FIRST_SHARE = 1 / 400
MOST_SHARE = 0.5
# The share found is at most this much larger than one that did not flip the verdict.
PRECISION = 1.1
MOST_SCORINGS = 14


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """The smallest mask found that flips the verdict; `mask` and `sound` are None without one.

    Shape:
        mask: [freq, time] float32, 1 where the clip's sound is replaced
    `score` is that of the clip with the mask (of the largest mask where none flips it), `share`
    the mask's share of the map's cells, `n_scorings` how often the detector was asked.
    """

    mask: Float32Array | None
    sound: Clip | None
    share: float
    score: float
    n_scorings: int

    @property
    def flips(self) -> bool:
        """Whether a mask was found."""
        return self.mask is not None


def counterfactual(
    detector: Detector,
    clip: Clip,
    found: AnomalyMap,
    *,
    background: Clip | None = None,
    progress: Progress = silent,
) -> Counterfactual:
    """The smallest share of the map's strongest cells without which a clip is like normal.

    The cells are filled with `background`, or emptied without one. At most half of the map is
    replaced: beyond, it is the background that is judged, not the clip. The verdict may flip back
    at a larger share; what is returned was scored, and is the smallest share that was and flipped
    it. Costs at most 14 times scoring the clip: 8 or 9 times, and 1 to 3 s, for the demo's clips
    of 5 s on two busy cores.
    """
    settings = detector.spectrogram_settings
    if not found.anomalous:
        return Counterfactual(np.zeros_like(found.raw), clip, 0.0, found.score, 0)
    ranks = np.empty(found.raw.shape, dtype=np.int64)
    ranks.flat[np.argsort(-found.raw, axis=None, kind="stable")] = np.arange(found.raw.size)
    n_scorings = 0

    def tried(share: float) -> tuple[Float32Array, Clip, float]:
        nonlocal n_scorings
        mask = (ranks < max(1, round(share * ranks.size))).astype(np.float32)
        if background is None:
            sound = removed(clip, mask, settings)
        else:
            sound = filled(clip, background, mask, settings)
        steps = part(progress, n_scorings / MOST_SCORINGS, (n_scorings + 1) / MOST_SCORINGS)
        steps(f"Without {share:.1%} of the map", 0.0)
        n_scorings += 1
        return mask, sound, detector.score(sound).score

    share, too_small = FIRST_SHARE, 0.0
    while True:
        mask, sound, score = tried(share)
        if score <= found.threshold:
            break
        if share >= MOST_SHARE:
            progress("Done", 1.0)
            return Counterfactual(None, None, share, score, n_scorings)
        too_small, share = share, min(2 * share, MOST_SHARE)
    best = Counterfactual(mask, sound, share, score, 0)
    while best.share > PRECISION * max(too_small, FIRST_SHARE / 8) and n_scorings < MOST_SCORINGS:
        share = (too_small + best.share) / 2
        mask, sound, score = tried(share)
        if score <= found.threshold:
            best = Counterfactual(mask, sound, share, score, 0)
        else:
            too_small = share
    progress("Done", 1.0)
    return Counterfactual(best.mask, best.sound, best.share, best.score, n_scorings)
