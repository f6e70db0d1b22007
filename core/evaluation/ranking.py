"""Which detector to take, told from a user's own recordings, as far as they can tell.

Normal recordings alone say how steady a detector is on sound it was not fitted on and what it
costs; they say nothing about what it would find. Only clips known to be anomalous do: with those,
candidates are ranked by AUROC.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.detectors.calibration.folds import grouped_folds
from core.detectors.detector import Detector
from core.detectors.presets import RECOMMENDED_HEAD
from core.errors import FitError, SettingError
from core.evaluation.candidate import Candidate
from core.features.cache import FeatureCache
from core.metrics import Interval, roc_auc_interval
from core.runtime.progress import Progress, part, silent, steps, titled
from core.types import Clip, Float64Array, TrainingClip

TIMED_CLIPS = 8

ClipReader = Callable[[], Clip]


@dataclass(frozen=True)
class UnreadClip:
    """A normal clip that is read when it is needed.

    Attributes:
        read: Reads it.
        group: The recording it was cut from.
    """

    read: ClipReader
    group: str


@dataclass(frozen=True)
class RankedRecordings:
    """What a user has.

    Attributes:
        normal: The normal clips to fit on.
        anomalous: Readers of clips known to be anomalous, if any.
        other_normal: Readers of clips known to be normal, which no candidate is fitted on.
    """

    normal: Sequence[UnreadClip]
    anomalous: Sequence[ClipReader] = ()
    other_normal: Sequence[ClipReader] = ()


@dataclass(frozen=True)
class Standing:
    """What was measured of one candidate; None where it could not be.

    Attributes:
        candidate: The candidate.
        roc_auc: Its AUROC on clips known to be anomalous.
        spread: The quartile distance of cross-fitted normal scores over their median.
        n_alarms: How many of `n_checked` normal clips scored above the threshold of a detector
            that was fitted on the other half of the recordings only.
        n_checked: How many normal clips were checked so.
        fit_seconds: What the head's fits take, features at hand.
        score_seconds: What a minute of sound takes, features included.
        problem: Why it could not be fitted, in a sentence.
    """

    candidate: Candidate
    roc_auc: Interval | None = None
    spread: float | None = None
    n_alarms: int | None = None
    n_checked: int = 0
    fit_seconds: float | None = None
    score_seconds: float | None = None
    problem: str | None = None


def rank(
    recordings: RankedRecordings,
    candidates: Sequence[Candidate],
    *,
    device: str = "auto",
    seed: int = 0,
    false_alarm_rate: float = 0.05,
    progress: Progress = silent,
) -> list[Standing]:
    """Measure what each candidate is worth.

    AUROC is of anomalous clips, scored by a detector of all normal clips, against those same
    normal clips, each scored by a detector that was not fitted on it, and other normal clips.
    These scores come from fits on fewer clips and are slightly too high, so the AUROC errs low.

    Args:
        recordings: The user's recordings.
        candidates: The detectors.
        device: Where networks run, as `load_backbone` takes it.
        seed: What folds and fits draw from.
        false_alarm_rate: At which false alarms are counted.
        progress: Called with how far the work is.

    Returns:
        A standing a candidate, best first; the recommended one first where they tie. One that
        cannot be fitted has its problem and stands last.

    Raises:
        SettingError: a head, preset, backbone or device is unknown.
    """
    options = {"device": device, "seed": seed, "false_alarm_rate": false_alarm_rate}
    pairs = [(one, one.detector(**options)) for one in candidates]
    standings = []
    for (candidate, detector), step in steps(progress, pairs):
        watch = titled(step, f"{candidate.head}, {candidate.preset}")
        try:
            standings.append(_measure(candidate, detector, recordings, watch))
        except (FitError, SettingError) as error:
            standings.append(Standing(candidate, problem=str(error)))
    progress("Done", 1.0)
    return sorted(standings, key=_order)


def chosen(standings: Sequence[Standing]) -> Standing | None:
    """Choose the candidate to take.

    Args:
        standings: What `rank` gave.

    Returns:
        The first by AUROC, else the recommended one if it could be fitted. None where neither is
        known: nothing speaks for one of the others.
    """
    if standings and standings[0].roc_auc is not None:
        return standings[0]
    fitted = (one for one in standings if one.problem is None)
    return next((one for one in fitted if one.candidate.is_recommended), None)


def sentence(standings: Sequence[Standing]) -> str:
    """Say what a ranking tells, and what it does not, for people.

    Args:
        standings: What `rank` gave.

    Returns:
        One or two sentences.
    """
    best = chosen(standings)
    if best is None or best.roc_auc is None:
        said = (
            "No ranking by evidence was possible: there are normal recordings only, and they "
            "cannot tell what a detector would find. "
        )
        if best is None:
            return said + f"Published results speak for {RECOMMENDED_HEAD} with preset recommended."
        return said + (
            f"{_name(best)} is suggested because it did best in published tests on public "
            "recordings; clips known to be anomalous would tell (--anomalous, --labelled)."
        )
    area = best.roc_auc
    said = (
        f"{_name(best)} ranks first with an AUROC of {area.value:.2f} "
        f"({area.low:.2f} to {area.high:.2f})"
    )
    close = [
        _name(one)
        for one in standings[1:]
        if one.roc_auc is not None and one.roc_auc.high >= area.low
    ]
    if not close:
        return said + "; the best of several flatters itself a little."
    return said + f", but these clips cannot tell it from {', '.join(close)} for certain."


def _measure(
    candidate: Candidate, detector: Detector, recordings: RankedRecordings, progress: Progress
) -> Standing:
    # In one order, whatever order they were given in: folds depend on it.
    normal, cache = sorted(recordings.normal, key=lambda one: one.group), FeatureCache()
    n_alarms = n_checked = 0
    halves = grouped_folds([one.group for one in normal], 2, seed=detector.seed)
    if all(len({normal[i].group for i in half}) > 1 for half in halves):
        for half, step in steps(part(progress, 0.0, 0.6), halves):
            others = [one for i, one in enumerate(normal) if i not in set(half)]
            _fit(detector, others, cache, step)
            maps = list(detector.score_many((normal[i].read() for i in half), cache=cache))
            n_alarms += sum(found.anomalous for found in maps)
            n_checked += len(maps)
    started = time.perf_counter()
    _fit(detector, normal, cache, part(progress, 0.6, 0.9))
    fit_seconds = time.perf_counter() - started
    timed = [one.read() for one in normal[:TIMED_CLIPS]]
    started = time.perf_counter()
    for _ in detector.score_many(timed):
        pass
    score_seconds = time.perf_counter() - started
    normal_scores = detector.calibration.clip_scores
    low, middle, high = np.quantile(normal_scores, [0.25, 0.5, 0.75])
    return Standing(
        candidate,
        roc_auc=_roc_auc(detector, recordings, normal_scores, cache),
        spread=float((high - low) / abs(middle)) if middle else None,
        n_alarms=n_alarms if n_checked else None,
        n_checked=n_checked,
        fit_seconds=fit_seconds,
        score_seconds=score_seconds / (sum(clip.duration_seconds for clip in timed) / 60.0),
    )


def _fit(
    detector: Detector, clips: Sequence[UnreadClip], cache: FeatureCache, progress: Progress
) -> None:
    detector.fit(
        (TrainingClip(one.read(), group=one.group) for one in clips),
        n_clips=len(clips),
        cache=cache,
        progress=progress,
    )


def _roc_auc(
    detector: Detector,
    recordings: RankedRecordings,
    normal_scores: Float64Array,
    cache: FeatureCache,
) -> Interval | None:
    if not recordings.anomalous:
        return None

    def scores(readers: Iterable[ClipReader]) -> list[float]:
        clips = (read() for read in readers)
        return [found.score for found in detector.score_many(clips, cache=cache)]

    normal = sorted([*normal_scores, *scores(recordings.other_normal)])
    anomalous = sorted(scores(recordings.anomalous))
    truth = np.repeat([False, True], [len(normal), len(anomalous)])
    return roc_auc_interval(truth, np.array(normal + anomalous), seed=detector.seed)


def _order(standing: Standing) -> tuple[bool, float, bool]:
    # Where AUROCs tie, or there are none, published evidence decides.
    area = standing.roc_auc.value if standing.roc_auc else 0.0
    return standing.problem is not None, -area, not standing.candidate.is_recommended


def _name(standing: Standing) -> str:
    return f"{standing.candidate.head} ({standing.candidate.preset})"
