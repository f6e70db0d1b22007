"""Which detector to take, told from a user's own recordings, as far as they can tell.

Normal recordings alone say how steady a detector is on sound it has not heard and what it costs;
they say nothing about what it would find. Only labelled clips do: with those, candidates are
ranked by AUROC.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.detectors.calibration.folds import grouped_folds
from core.detectors.detector import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.errors import FitError, SettingError
from core.features.cache import FeatureCache
from core.metrics import Interval, roc_auc_interval
from core.runtime.progress import Progress, part, silent, titled
from core.types import Clip, Float64Array, TrainingClip

TIMED_CLIPS = 8

ClipReader = Callable[[], Clip]


@dataclass(frozen=True)
class Candidate:
    """A head with the settings of a preset."""

    head: str
    preset: str

    @property
    def is_recommended(self) -> bool:
        """Whether it is what published evidence speaks for."""
        return (self.head, self.preset) == (RECOMMENDED_HEAD, "recommended")


@dataclass(frozen=True)
class Recordings:
    """What a user has: readers of normal clips with their recordings, and labelled clips if any.

    `groups` names the recording each normal clip was cut from; `other_normal` are clips labelled
    normal, which no candidate is fitted on.
    """

    normal: Sequence[ClipReader]
    groups: Sequence[str]
    unlike: Sequence[ClipReader] = ()
    other_normal: Sequence[ClipReader] = ()


@dataclass(frozen=True)
class Standing:
    """What was measured of one candidate; None where it could not be.

    `spread` is the held-out normal scores' quartile distance over their median; `n_alarms` of
    `n_checked` normal clips scored above the threshold of a detector that had heard the other
    half of the recordings only. `fit_seconds` counts the heads' fits, features at hand;
    `score_seconds` is per minute of audio, features included.
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
    recordings: Recordings,
    candidates: Sequence[Candidate],
    *,
    backbone: str = "aisfx",
    device: str = "auto",
    seed: int = 0,
    false_alarm_rate: float = 0.05,
    progress: Progress = silent,
) -> list[Standing]:
    """What each candidate is worth, best first; the recommended one first where they tie.

    AUROC is of labelled unlike clips, scored by a detector of all normal clips, against those
    same normal clips, each scored while it was held out, and clips labelled normal. Held-out
    scores come from fits on fewer clips and are slightly too high, so the AUROC errs low.
    A candidate that cannot be fitted has its problem and stands last.

    Raises:
        SettingError: a head, preset, backbone or device is unknown.
    """
    options: dict[str, Any] = {
        "backbone": backbone,
        "device": device,
        "seed": seed,
        "false_alarm_rate": false_alarm_rate,
    }
    detectors = [
        Detector(one.head, **options, **preset_settings(one.head, one.preset)) for one in candidates
    ]
    standings = []
    for i, (candidate, detector) in enumerate(zip(candidates, detectors, strict=True)):
        share = part(progress, i / len(candidates), (i + 1) / len(candidates))
        watch = titled(share, f"{candidate.head}, {candidate.preset}")
        try:
            standings.append(_measure(candidate, detector, recordings, watch))
        except (FitError, SettingError) as error:
            standings.append(Standing(candidate, problem=str(error)))
    progress("Done", 1.0)
    return sorted(standings, key=_order)


def chosen(standings: Sequence[Standing]) -> Standing | None:
    """The candidate to take: the first by AUROC, else the recommended one if it could be fitted.

    None where neither is known: nothing speaks for one of the others.
    """
    if standings and standings[0].roc_auc is not None:
        return standings[0]
    fitted = (one for one in standings if one.problem is None)
    return next((one for one in fitted if one.candidate.is_recommended), None)


def sentence(standings: Sequence[Standing]) -> str:
    """What the ranking says, and what it does not, for people."""
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
            "recordings; clips that are unlike yours would tell (--unlike, --labelled)."
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
    candidate: Candidate, detector: Detector, recordings: Recordings, progress: Progress
) -> Standing:
    n_normal = len(recordings.normal)
    cache = FeatureCache()
    n_alarms = n_checked = 0
    halves = grouped_folds(recordings.groups, 2, seed=detector.seed)
    if all(len({recordings.groups[i] for i in half}) > 1 for half in halves):
        for k, half in enumerate(halves):
            rest = [i for i in range(n_normal) if i not in set(half)]
            _fit(detector, recordings, rest, cache, part(progress, 0.3 * k, 0.3 * (k + 1)))
            held_out = (recordings.normal[i]() for i in half)
            found = list(detector.score_many(held_out, cache=cache))
            n_alarms += sum(one.anomalous for one in found)
            n_checked += len(found)
    started = time.perf_counter()
    _fit(detector, recordings, range(n_normal), cache, part(progress, 0.6, 0.9))
    fit_seconds = time.perf_counter() - started
    held_out_scores = detector.calibration.clip_scores
    return Standing(
        candidate,
        roc_auc=_roc_auc(detector, recordings, held_out_scores, cache),
        spread=_spread(held_out_scores),
        n_alarms=n_alarms if n_checked else None,
        n_checked=n_checked,
        fit_seconds=fit_seconds,
        score_seconds=_score_seconds(detector, recordings.normal[:TIMED_CLIPS]),
    )


def _fit(
    detector: Detector,
    recordings: Recordings,
    indices: Iterable[int],
    cache: FeatureCache,
    progress: Progress,
) -> None:
    chosen_clips = list(indices)
    detector.fit(
        (TrainingClip(recordings.normal[i](), group=recordings.groups[i]) for i in chosen_clips),
        n_clips=len(chosen_clips),
        cache=cache,
        progress=progress,
    )


def _roc_auc(
    detector: Detector, recordings: Recordings, held_out: Float64Array, cache: FeatureCache
) -> Interval | None:
    if not recordings.unlike:
        return None

    def scores(readers: Sequence[ClipReader]) -> list[float]:
        clips = (read() for read in readers)
        return [found.score for found in detector.score_many(clips, cache=cache)]

    normal = [*held_out, *scores(recordings.other_normal)]
    unlike = scores(recordings.unlike)
    truth = np.repeat([False, True], [len(normal), len(unlike)])
    return roc_auc_interval(truth, np.array(normal + unlike), seed=detector.seed)


def _score_seconds(detector: Detector, readers: Sequence[ClipReader]) -> float:
    clips = [read() for read in readers]
    started = time.perf_counter()
    for _ in detector.score_many(clips):
        pass
    minutes = sum(clip.duration_seconds for clip in clips) / 60.0
    return (time.perf_counter() - started) / minutes


def _spread(scores: Float64Array) -> float | None:
    low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])
    return float((high - low) / abs(middle)) if middle else None


def _order(standing: Standing) -> tuple[bool, float, bool]:
    # Where AUROCs tie, or there are none, published evidence decides.
    area = standing.roc_auc.value if standing.roc_auc else 0.0
    return standing.problem is not None, -area, not standing.candidate.is_recommended


def _name(standing: Standing) -> str:
    return f"{standing.candidate.head} ({standing.candidate.preset})"
