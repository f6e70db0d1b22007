"""Why one clip scored as it did: its map, the sounds the map divides it into, how faithful it is.

Faithfulness asks whether the map shows what the detector hears: does the clip become ordinary once
the shown part is taken away (Vision to Sound, section 3.2.4)?
"""

from __future__ import annotations

from dataclasses import dataclass

from core.audio import resample
from core.detectors.detector import Detector
from core.metrics.faithfulness import faithfulness
from core.runtime.progress import Progress, part, silent
from core.spectral import masking
from core.spectral.spectrogram import Spectrogram, spectrogram
from core.types import AnomalyMap, Clip


@dataclass(frozen=True, eq=False)
class Explanation:
    """What there is to see, hear and count of one clip.

    `kept` is x * M, `removed` x * (1 - M), `filled` x * (1 - M) + background * M where there is a
    background. `faithfulness` holds p, o, q and r, the detector's probability of the clip and of
    those three, and their differences ff_v1_keep = p - o, ff_v1_remove = p - q, ff_v2 = p - r.
    """

    clip: Clip
    spectrogram: Spectrogram
    found: AnomalyMap
    kept: Clip
    removed: Clip
    filled: Clip | None
    faithfulness: dict[str, float]


def explain(
    detector: Detector,
    clip: Clip,
    *,
    found: AnomalyMap | None = None,
    background: Clip | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Scores a clip and each of its parts; three or four times the cost of scoring it.

    `found` is the clip's map where it has been scored before. The background is resampled to the
    detector's rate, and repeated or cut to the clip's length.
    """
    settings = detector.spectrogram_settings
    clip = resample(clip, detector.sample_rate)
    if found is None:
        found = detector.score(clip, part(progress, 0.0, 0.25))
    kept, removed = masking.kept_and_removed(clip, found.evidence, settings)
    filled = None
    numbers = {
        "p": probability(detector, found),
        "o": probability(detector, detector.score(kept, part(progress, 0.25, 0.5))),
        "q": probability(detector, detector.score(removed, part(progress, 0.5, 0.75))),
    }
    if background is not None:
        background = resample(background, detector.sample_rate)
        filled = masking.filled(clip, background, found.evidence, settings)
        numbers["r"] = probability(detector, detector.score(filled, part(progress, 0.75, 1)))
    differences = faithfulness(*numbers.values())
    numbers |= {name: value for name, value in differences.items() if name.startswith("ff_")}
    progress("Done", 1.0)
    return Explanation(clip, spectrogram(clip, settings), found, kept, removed, filled, numbers)


def probability(detector: Detector, found: AnomalyMap) -> float:
    """The paper's f(x), in [0, 1]: the score on the calibrated scale of the map, stepless."""
    return detector.calibration.clip_evidence(found.score)
