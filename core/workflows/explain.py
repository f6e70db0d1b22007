"""Explain a recording of the store before the model that scored it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.audio import read_clip
from core.detectors.detector import Detector
from core.detectors.regions import find_parts
from core.errors import HearMapError, StoreError
from core.explain.counterfactual import counterfactual
from core.explain.explanation import explain
from core.explain.normal_sound import mean_normal, nearest_normal, normal_sound
from core.report.pictures import sound_png
from core.runtime.progress import Progress, part
from core.spectral.masking import boxes_mask, filled, kept, removed
from core.spectral.spectrogram import spectrogram
from core.storage import models
from core.storage.explanations import SavedExplanation
from core.storage.models import ModelRecord
from core.storage.recordings import get_recording, recording_path
from core.storage.scores import heard, load_map
from core.types import AnomalyMap, Box, Clip, Float32Array

MOST_PARTS = 20


@dataclasses.dataclass(frozen=True, eq=False)
class ScoredClip:
    """A clip with its map, the model that scored it, and normal sound to compare it with.

    Attributes:
        model: the model's record
        detector: the model's detector
        clip: the recording, or a stretch of it
        found: the anomaly map of the clip
        background: what fills the place of the anomalous part; None leaves it empty
        background_name: its name, empty where there is none
        nearest: the id and the sound of the most similar normal recording, where one is known
        note: why there is none, a sentence
        warnings: sentences on what to know of the recording before its score is trusted
        start_s: where the clip begins in the recording, in seconds
        recorded_at: when the recording began, if that is known
    """

    model: ModelRecord
    detector: Detector
    clip: Clip
    found: AnomalyMap
    background: Clip | None
    background_name: str
    nearest: tuple[str, Clip] | None
    note: str
    start_s: float
    recorded_at: datetime.datetime | None
    warnings: tuple[str, ...] = ()

    @property
    def named(self) -> dict[str, Any]:
        """The sounds it is compared with, by name, for a saved explanation."""
        return {
            "background": self.background_name,
            "nearest_id": self.nearest[0] if self.nearest else "",
            "nearest_name": self.nearest[1].name if self.nearest else "",
            "note": self.note,
        }

    def clip_evidence(self, score: float) -> float:
        """Calibrate a score of the clip.

        Args:
            score: the detector's score

        Returns:
            The evidence in [0, 1], more than 0.5 exactly where the score is above the threshold.
        """
        scale = self.detector.calibration.evidence_scale(self.found.threshold)
        return scale.clip_evidence(score)


def read_scored_clip(
    model_id: str,
    clip_id: str,
    stretch: Sequence[float] | None,
    background: str,
    progress: Progress,
) -> ScoredClip:
    """Read a recording, its map, and what to compare it with.

    Args:
        model_id: the model that scored it
        clip_id: the recording
        stretch: start and end in seconds; None takes the whole recording
        background: “nearest”, “mean”, “none”, or the id of a recording
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        The clip before its detector.

    Raises:
        StoreError: the model, the recording or its map is gone.
        AudioError: the recording, or the background asked for, cannot be read.
    """
    progress("Loading the model", 0.0)
    model = models.get_model(model_id)
    found = load_map(model.id, clip_id)
    detector = models.load_model(model.id)
    clip = _read(clip_id, model, detector, stretch)
    start_s = 0.0
    if stretch:
        # The stretch's own score, with the columns of the whole recording's map.
        settings = detector.spectrogram_settings
        start_s = _on_column(float(stretch[0]), detector)
        first = round(float(stretch[0]) / settings.hop_seconds)
        shown = found.stretch(first, settings.n_frames(clip.samples.size))
        found = dataclasses.replace(
            detector.score(clip, progress), raw=shown.raw, evidence=shown.evidence
        )
    if background not in ("nearest", "mean", "none"):
        # The user's own: what is wrong with it must be said, not worked around.
        own = _read(background, model, detector, None)
    normals, nearest, note = None, None, ""
    try:
        normals = normal_sound(model, detector, part(progress, 0.3, 1.0))
        nearest = nearest_normal(model, detector, clip, normals, except_id=clip_id)
    except StoreError as error:
        note = str(error)
    filling, name = None, ""
    if background == "mean":
        with contextlib.suppress(HearMapError):
            filling, name = mean_normal(clip, normals, detector), "average normal sound"
    elif background == "nearest":
        if nearest is not None:
            filling, name = nearest[1], nearest[1].name
    elif background != "none":
        filling, name = own, own.name
    return ScoredClip(
        model,
        detector,
        clip,
        found,
        filling,
        name,
        nearest,
        note,
        start_s,
        get_recording(clip_id).recorded_at,
        heard(model.id, clip_id).warnings,
    )


def measure_faithfulness(scored: ScoredClip, progress: Progress) -> SavedExplanation:
    """Measure faithfulness v1 and v2, with the sounds they are measured on.

    Args:
        scored: the clip before its detector
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        The measures and the sounds.
    """
    explained = explain(
        scored.detector,
        scored.clip,
        found=scored.found,
        background=scored.background,
        progress=progress,
    )
    sounds = {"kept": explained.kept.samples, "removed": explained.removed.samples}
    if explained.filled is not None:
        sounds["filled"] = explained.filled.samples
    if scored.nearest is not None:
        sounds["nearest"] = scored.nearest[1].samples[: scored.clip.samples.size]
    measured = {"faithfulness": explained.faithfulness, "share": explained.share}
    values = measured | scored.named
    values["names"] = [one.name for one in explained.names]
    return _with_pictures(scored, values, sounds, scored.found.evidence)


def find_counterfactual(scored: ScoredClip, progress: Progress) -> SavedExplanation:
    """Find the smallest part without which the clip is normal, at the false-alarm rate of now.

    Args:
        scored: the clip before its detector
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        Whether there is such a part, its boxes, the strongest first (at most 20), and the sound
        without it.
    """
    result = counterfactual(
        scored.detector,
        scored.clip,
        scored.found,
        background=scored.background,
        progress=progress,
    )
    values = scored.named | {
        **{key: getattr(result, key) for key in ("flips", "share", "n_scorings", "score")},
        "threshold": scored.found.threshold,
        "before": scored.clip_evidence(scored.found.score),
        "after": scored.clip_evidence(result.score),
    }
    sounds: dict[str, Float32Array] = {}
    if result.mask is not None and result.sound is not None:
        values |= {"parts": _boxes_of(result.mask, scored.found)}
        sounds = {"masked": result.sound.samples}
    return _with_pictures(scored, values, sounds, result.mask)


def try_mask(
    scored: ScoredClip, boxes: Sequence[Mapping[str, float]], progress: Progress
) -> SavedExplanation:
    """Score the clip again without what lies in boxes, and what lies in them alone.

    Args:
        scored: the clip before its detector
        boxes: each {start_s, end_s, low_hz, high_hz}, in seconds of the clip
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        The scores and both sounds.

    Raises:
        SettingError: there is no box, or one lies outside the map.
    """
    settings, found = scored.detector.spectrogram_settings, scored.found
    mask = boxes_mask((Box(**box) for box in boxes), found.freq_hz, found.time_s - found.time_s[0])
    if scored.background is None:
        without = removed(scored.clip, mask, settings)
    else:
        without = filled(scored.clip, scored.background, mask, settings)
    alone = kept(scored.clip, mask, settings)
    score_without = scored.detector.score(without, part(progress, 0.0, 0.5)).score
    score_alone = scored.detector.score(alone, part(progress, 0.5, 1.0)).score
    values = scored.named | {
        "share": float(mask.mean()),
        "score": score_without,
        "threshold": found.threshold,
        "before": scored.clip_evidence(found.score),
        "after": scored.clip_evidence(score_without),
        "alone": scored.clip_evidence(score_alone),
        "anomalous_before": found.anomalous,
        "anomalous_after": score_without > found.threshold,
    }
    sounds = {"masked": without.samples, "alone": alone.samples}
    return _with_pictures(scored, values, sounds, mask)


def _read(
    clip_id: str, model: ModelRecord, detector: Detector, stretch: Sequence[float] | None
) -> Clip:
    start, stop = stretch or (0.0, None)
    return read_clip(
        recording_path(clip_id),
        name=get_recording(clip_id).name,
        channel=heard(model.id, clip_id).channel,
        sample_rate=detector.sample_rate,
        start_seconds=_on_column(start, detector),
        stop_seconds=stop,
    )


def _on_column(seconds: float, detector: Detector) -> float:
    # A stretch begins on a column of the map, as the player's does.
    hop = detector.spectrogram_settings.hop_seconds
    return round(seconds / hop) * hop


def _boxes_of(mask: Float32Array, found: AnomalyMap) -> list[dict[str, float]]:
    # The connected parts of a mask, the strongest first.
    inside = np.where(mask > 0, found.raw, -np.inf)
    lowest = float(inside[mask > 0].min(initial=np.inf)) - 1.0
    parts = find_parts(inside, lowest, found.freq_hz, found.time_s)
    return [
        {key: getattr(region, key) for key in ("start_s", "end_s", "low_hz", "high_hz")}
        for region in parts[:MOST_PARTS]
    ]


def _with_pictures(
    scored: ScoredClip,
    values: dict[str, Any],
    sounds: dict[str, Float32Array],
    heat: Float32Array | None,
) -> SavedExplanation:
    # An explanation with a small picture of each sound, all on the clip's own scale.
    settings, clip = scored.detector.spectrogram_settings, scored.clip
    loudest_db = None
    pictures = {}
    for name, samples in {"clip": clip.samples, **sounds}.items():
        sound = Clip.from_samples(samples, clip.sample_rate, name)
        level_db = spectrogram(sound, settings).level_db
        loudest_db = float(level_db.max()) if loudest_db is None else loudest_db
        pictures[name] = sound_png(
            level_db, heat if name == "clip" else None, loudest_db=loudest_db
        )
    return SavedExplanation(values, clip.sample_rate, sounds, pictures)
