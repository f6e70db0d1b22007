"""What a fit says of its training clips: which are unlike the others, and are they two groups?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch.nn.functional as F

from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.outlying_clips import OutlyingClip, outlying_clips
from core.detectors.calibration.training_groups import training_groups
from core.detectors.calibration.view_scores import CLIP
from core.detectors.cross_fitting import Fitted
from core.types import EVENT, Float64Array

TEXTURE = "texture"


@dataclass(frozen=True)
class UnlikeClip:
    """A training clip that is unlike the others.

    Attributes:
        index: its place among the training clips.
        name: the clip's.
        words: how far it is from the others, and when, as a sentence.
        moment_s: when it is least like the others, in seconds; None where that is not known.
    """

    index: int
    name: str
    words: str
    moment_s: float | None = None


@dataclass(frozen=True)
class TrainingCheck:
    """What the training clips are like, each compared with the others.

    Attributes:
        unlike: those unlike the others, the farthest first.
        threshold_words: what they do to the threshold, as a sentence; empty where there are none.
        groups_words: that the clips look like two groups, in sentences; empty where they do not.
    """

    unlike: tuple[UnlikeClip, ...] = ()
    threshold_words: str = ""
    groups_words: str = ""

    @classmethod
    def of(
        cls,
        fitted: Fitted,
        training: Sequence[Mapping[str, Any]],
        false_alarm_rate: float,
        level_counts: bool,
    ) -> TrainingCheck:
        """Check the clips that a detector has just been fitted on.

        The event view tells which are unlike the others (from 100 clips on, among those set apart
        for calibration), of heads with one view the clip score. The texture of the stationary view
        tells groups. Of 8 clean sets of 24 clips of made machines PaDiM names a clip in none as
        recommended, in 1 as published. Costs 0.1 s the first time for a number of clips, then a
        few milliseconds; where there are two groups, importing scikit-learn too.

        Args:
            fitted: the scorer and its calibration scores.
            training: the training clips.
            false_alarm_rate: that the threshold is for.
            level_counts: whether the level view counts towards the score.

        Returns:
            What there is to say; nothing of models fitted before 0.2.0, which do not know which
            clip a score is of.
        """
        scores = fitted.scores
        if not scores.clips.size:
            return cls()
        names = [str(clip["name"]) for clip in training]
        of_calibration = [names[clip] for clip in scores.clips]
        found = outlying_clips(_compared(fitted), of_calibration)
        view = "event view" if EVENT in scores.scores else ""
        moments_s: Sequence[float | None] = fitted.moments_s or [None] * len(of_calibration)
        unlike = tuple(
            UnlikeClip(
                int(scores.clips[one.index]),
                one.name,
                one.words(view, moments_s[one.index]),
                moments_s[one.index],
            )
            for one in found
        )
        clip_scores = scores.clip_scores(level_counts)
        return cls(
            unlike,
            _threshold_words(found, clip_scores, false_alarm_rate) if found else "",
            _groups_words(fitted, training, names),
        )


def _compared(fitted: Fitted) -> Float64Array:
    # Scores whose logarithms are compared. The event view's evidence is a logarithm already.
    scores = fitted.scores.scores
    if EVENT in scores:
        evidence = scores[EVENT]
        return np.asarray(np.exp(evidence - np.median(evidence)))
    clip_scores = scores[CLIP]
    return clip_scores if (clip_scores > 0.0).all() else np.ones(len(clip_scores))


def _threshold_words(
    found: Sequence[OutlyingClip], clip_scores: Float64Array, false_alarm_rate: float
) -> str:
    rest = np.delete(clip_scores, [one.index for one in found])
    with_them, without = (
        Calibration(np.sort(scores), 1.0, len(scores), True).threshold(false_alarm_rate)
        for scores in (clip_scores, rest)
    )
    it, is_normal = ("it", "it is") if len(found) == 1 else ("them", "they are")
    effect = (
        f"The threshold would be about {without:.3g} without {it}, and is {with_them:.3g}."
        if f"{without:.3g}" != f"{with_them:.3g}"
        else f"The threshold would be the same without {it}, {with_them:.3g}."
    )
    return f"{effect} Listen to {it}, and leave {it} out unless {is_normal} normal."


def _groups_words(
    fitted: Fitted, training: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> str:
    stationary = fitted.scorer.stationary
    told = any("label" in clip or "bank" in clip for clip in training)
    # Where somebody has said which classes or machines there are, groups are no news.
    if stationary is None or told or not fitted.segment_clips:
        return ""
    units = F.normalize(stationary.memory[TEXTURE].double(), dim=1).numpy()
    of_segment = np.array(fitted.segment_clips)
    # In the order of the fit, which is one whatever order the clips were given in.
    clips = list(dict.fromkeys(fitted.segment_clips))
    groups = training_groups(np.array([units[of_segment == clip].mean(axis=0) for clip in clips]))
    return groups.words([names[clip] for clip in clips]) if groups else ""
