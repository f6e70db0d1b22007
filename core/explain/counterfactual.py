"""What would make a recording normal: the smallest part of its map that must be replaced.

Cells are ranked by the map. Ever larger shares of them are replaced, and each time the masked
sound goes through the whole detector again, until it is normal; bisection then narrows the share.
A mask that makes it normal is evidence of what the score rests on; that none does is an answer too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """The smallest mask found that makes a recording normal.

    Attributes:
        mask: [freq, time] float32, 1 where the sound is replaced; None where no mask was found
        sound: the recording with the mask; None where no mask was found
        share: the mask's share of the map's cells
        score: that of the recording with the mask; where none was found, with the largest tried
        n_scorings: how often the detector was asked
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
    """Find the smallest share of the map's strongest cells without which a recording is normal.

    At most half of the map is replaced: beyond, it is the background that is judged, not the
    recording. It may become anomalous again at a larger share; what is returned was scored, and is
    the smallest share that was and is normal. Costs at most 14 times scoring the clip: 8 or 9
    times, and 1 to 3 s, for the demo's clips of 5 s on two busy cores.

    Args:
        detector: the fitted detector
        clip: the recording, at the detector's rate
        found: its map
        background: what the cells are filled with; without one they are emptied
        progress: told how far the work is

    Returns:
        The mask, if there is one; an empty one where the recording is normal already.

    Raises:
        HearMapError: a masked sound cannot be scored, or `progress` stopped the work.
    """
    settings = detector.spectrogram_settings
    if not found.anomalous:
        return Counterfactual(np.zeros_like(found.raw), clip, 0.0, found.score, 0)
    ranks = np.empty(found.raw.shape, dtype=np.int64)
    ranks.flat[np.argsort(-found.raw, axis=None, kind="stable")] = np.arange(found.raw.size)
    n_scorings = 0

    def tried(share: float) -> Counterfactual:
        nonlocal n_scorings
        mask = (ranks < max(1, round(share * ranks.size))).astype(np.float32)
        if background is None:
            sound = removed(clip, mask, settings)
        else:
            sound = filled(clip, background, mask, settings)
        steps = part(progress, n_scorings / MOST_SCORINGS, (n_scorings + 1) / MOST_SCORINGS)
        steps(f"Without {share:.1%} of the map", 0.0)
        n_scorings += 1
        return Counterfactual(mask, sound, share, detector.score(sound).score, n_scorings)

    too_small, best = 0.0, tried(FIRST_SHARE)
    while best.score > found.threshold:
        if best.share >= MOST_SHARE:
            progress("Done", 1.0)
            return replace(best, mask=None, sound=None)
        too_small, best = best.share, tried(min(2 * best.share, MOST_SHARE))
    while best.share > PRECISION * max(too_small, FIRST_SHARE / 8) and n_scorings < MOST_SCORINGS:
        smaller = tried((too_small + best.share) / 2)
        if smaller.score <= found.threshold:
            best = smaller
        else:
            too_small = smaller.share
    progress("Done", 1.0)
    return replace(best, n_scorings=n_scorings)
