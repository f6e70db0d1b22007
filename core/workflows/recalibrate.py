"""Recalibrate a detector on the recordings that can be used; what was left out is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from core.audio import ChannelChoice
from core.detectors.detector import Detector
from core.detectors.known_training import top_hz, warnings_for
from core.errors import FitError, HearMapError
from core.runtime.progress import Progress, silent
from core.types import TrainingClip
from core.workflows.fit import few_groups_warning, with_left_out
from core.workflows.grouped_warnings import grouped_warnings
from core.workflows.source import Source


@dataclasses.dataclass(frozen=True, eq=False)
class Recalibrated:
    """What a recalibration changed at the detector's false-alarm rate.

    Attributes:
        n_recordings: how many the calibration consists of now
        n_anomalous: how many of them the threshold before called anomalous
        threshold_before: the threshold that was
        threshold: the threshold that is
        left_out: a sentence for each recording that could not be used
        warnings: sentences on what the recordings allow
    """

    n_recordings: int
    n_anomalous: int
    threshold_before: float
    threshold: float
    left_out: list[str]
    warnings: list[str]


def recalibrate(
    detector: Detector,
    sources: Sequence[Source],
    *,
    channel: ChannelChoice | None = None,
    note: str = "",
    progress: Progress = silent,
) -> Recalibrated:
    """Recalibrate a detector on normal recordings that it was not fitted on.

    Args:
        detector: a fitted detector
        sources: the recordings, read one at a time
        channel: of recordings with several, from 0, “mean” or “loudest”; by default the one that
            the detector was fitted on
        note: why, for the model's history
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        What has changed.

    Raises:
        FitError: it was fitted on some of them, or too few can be used; nothing has changed.
    """
    left_out: list[str] = []
    warned: list[tuple[str, tuple[str, ...]]] = []
    heard = detector.channel if channel is None else channel
    top = top_hz(detector.spectrogram_settings)

    def clips() -> Iterator[TrainingClip]:
        for source in sources:
            try:
                clip, info = source.read_normal(heard, detector.sample_rate, top)
            except HearMapError as error:
                left_out.append(str(error))
                continue
            warned.append((clip.name, (*info.warnings, *warnings_for(detector, info))))
            yield TrainingClip(clip, source.group)

    rate = detector.false_alarm_rate
    before = detector.calibration.threshold(rate)
    try:
        detector.recalibrate(clips(), note=note, n_clips=len(sources), progress=progress)
    except FitError as error:
        raise FitError(with_left_out(str(error), left_out)) from error
    calibration = detector.calibration
    warnings = [
        calibration.warning(rate)
        or few_groups_warning(calibration.n_clips, calibration.n_groups, rate)
    ]
    return Recalibrated(
        n_recordings=calibration.n_clips,
        n_anomalous=int((calibration.clip_scores > before).sum()),
        threshold_before=before,
        threshold=calibration.threshold(rate),
        left_out=left_out,
        warnings=[said for said in warnings if said is not None]
        + grouped_warnings(warned, len(warned)),
    )
