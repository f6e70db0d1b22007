"""Why one recording scored as it did: its map, the sounds the map divides it into, faithfulness.

Faithfulness asks whether the map shows what the score rests on: does the recording become normal
once the shown part is taken away (Vision to Sound, section 3.2.4)?
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from core.audio import resample
from core.detectors.detector import Detector
from core.errors import WeightsError
from core.explain.finding import Finding
from core.explain.findings import findings
from core.explain.measured_sound import MeasuredSound
from core.explain.sound_names import SoundName, new_sounds
from core.metrics.faithfulness import faithfulness
from core.runtime.progress import Progress, part, silent
from core.spectral import masking
from core.spectral.spectrogram import Spectrogram, spectrogram
from core.types import AnomalyMap, Clip


@dataclass(frozen=True, eq=False)
class Explanation:
    """What there is to see, play and count of one recording.

    Attributes:
        clip: x, at the detector's rate
        spectrogram: that of the clip
        found: its map M, as evidence in [0, 1]
        kept: x * M
        removed: x * (1 - M)
        filled: x * (1 - M) + background * M, where there is a background
        faithfulness: p, o, q and r, the paper's f of clip, kept, removed and filled, and the
            differences ff_v1_keep = p - o, ff_v1_remove = p - q, ff_v2 = p - r. f is the score on
            the scale of evidence, in [0, 1].
        findings: what makes it anomalous, the strongest first
        names: what is new in it in AudioSet's words, where the model knows the usual sounds
    """

    clip: Clip
    spectrogram: Spectrogram
    found: AnomalyMap
    kept: Clip
    removed: Clip
    filled: Clip | None
    faithfulness: dict[str, float]
    findings: tuple[Finding, ...] = ()
    names: tuple[SoundName, ...] = ()

    @property
    def share(self) -> float:
        """How much of the sound of a moment the map keeps, on average over time, in [0, 1].

        By mel power. Where it is most of the recording, what happens without it cannot show that
        the map is right: hardly anything of the recording is left.
        """
        power = 10.0 ** (self.spectrogram.level_db.astype(np.float64) / 10.0)
        kept = np.asarray(self.found.evidence)[:, : power.shape[1]] * power
        return float((kept.sum(axis=0) / power.sum(axis=0)).mean())


def explain(
    detector: Detector,
    clip: Clip,
    *,
    found: AnomalyMap | None = None,
    background: Clip | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Score a recording and each of its parts; three or four times the cost of scoring it.

    Args:
        detector: the fitted detector
        clip: the recording
        found: its map, where it has been scored before
        background: normal sound to fill the gap with; resampled to the detector's rate, and
            repeated or cut to the clip's length
        progress: told how far the work is

    Returns:
        The explanation; `filled`, r and ff_v2 only where there is a background.

    Raises:
        HearMapError: a part cannot be scored, or `progress` stopped the work.
    """
    settings = detector.spectrogram_settings
    clip = resample(clip, detector.sample_rate)
    if found is None:
        found = detector.score(clip, part(progress, 0.0, 0.25))
    if isinstance(found.raw, np.memmap):
        # Beside the samples there is room for the map: the clip is held whole.
        found = found.stretch(0, found.time_s.size)
    # The paper's f(x): a score's place on the scale of the map.
    scale = detector.calibration.evidence_scale(found.threshold)
    kept, removed = masking.kept_and_removed(clip, found.evidence, settings)
    filled = None
    numbers = {
        "p": scale.clip_evidence(found.score),
        "o": scale.clip_evidence(detector.score(kept, part(progress, 0.25, 0.5)).score),
        "q": scale.clip_evidence(detector.score(removed, part(progress, 0.5, 0.75)).score),
    }
    if background is not None:
        background = resample(background, detector.sample_rate)
        filled = masking.filled(clip, background, found.evidence, settings)
        score = detector.score(filled, part(progress, 0.75, 1)).score
        numbers["r"] = scale.clip_evidence(score)
    differences = faithfulness(*numbers.values())
    numbers |= {name: value for name, value in differences.items() if name.startswith("ff_")}
    progress("Done", 1.0)
    drawn = spectrogram(clip, settings)
    found_in = findings(found, MeasuredSound(drawn), detector.normal_spectra)
    names = _names(detector, clip, kept, found)
    return Explanation(clip, drawn, found, kept, removed, filled, numbers, found_in, names)


def _names(detector: Detector, clip: Clip, kept: Clip, found: AnomalyMap) -> tuple[SoundName, ...]:
    # Nothing where the model knows no usual sounds, or YAMNet's weights are not here.
    if detector.usual_sounds is None or not found.anomalous:
        return ()
    moments = [(region.start_s, region.end_s) for region in found.regions]
    with contextlib.suppress(WeightsError):
        return new_sounds(clip, kept, moments, detector.usual_sounds.numpy())
    return ()
