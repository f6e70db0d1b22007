"""The long work behind Listen: explain a clip, find what would make it normal, try one's own mask.

Each task is a function of plain JSON arguments and a progress, as those of `core.jobs.tasks`; its
result is the key under which `core.storage.explanations` keeps what was found. All take model_id,
clip_id, stretch (start and end in seconds, of a recording too long to explain whole; None for all
of it), background ("nearest", "mean", "none", or the id of a recording) and scored_at (the
moment of scoring, part of the key).
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from core.errors import HearMapError, StoreError
from core.runtime.progress import Progress, part, silent

if TYPE_CHECKING:
    from core.detectors.detector import Detector
    from core.storage.models import ModelRecord
    from core.types import AnomalyMap, Clip, Float32Array

MOST_PARTS = 20


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One clip before one detector, and what fills its holes."""

    model: ModelRecord
    detector: Detector
    clip: Clip
    found: AnomalyMap
    background: Clip | None
    background_name: str
    nearest: tuple[str, Clip] | None
    note: str


def explain(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Faithfulness v1 and v2 of a clip, with the sounds they are counted on: {key}.

    Raises:
        StoreError: the model, the clip or its map is gone.
        AudioError: the recording, or the background asked for, cannot be read.
    """
    from core.explain.explanation import explain as explain_clip

    case = case_of(arguments, part(progress, 0.0, 0.4))
    explained = explain_clip(
        case.detector,
        case.clip,
        found=case.found,
        background=case.background,
        progress=part(progress, 0.4, 0.98),
    )
    sounds = {"kept": explained.kept.samples, "removed": explained.removed.samples}
    if explained.filled is not None:
        sounds["filled"] = explained.filled.samples
    if case.nearest is not None:
        sounds["nearest"] = case.nearest[1].samples[: case.clip.samples.size]
    values = {"faithfulness": explained.faithfulness} | _named(case)
    pictures = {"clip": case.clip.samples, **sounds}
    return _kept("explain", arguments, case, values, sounds, pictures, case.found.evidence)


def counterfactual(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """What would make a clip normal, at the model's false-alarm rate of now: {key}.

    Further argument: rate, part of the key.

    Raises:
        HearMapError: as `explain`.
    """
    from core.explain.counterfactual import counterfactual as search

    case = case_of(arguments, part(progress, 0.0, 0.2))
    found = search(
        case.detector,
        case.clip,
        case.found,
        background=case.background,
        progress=part(progress, 0.2, 0.98),
    )
    values = _named(case) | {
        "flips": found.flips,
        "share": found.share,
        "n_scorings": found.n_scorings,
        "score": found.score,
        "threshold": case.found.threshold,
        "before": _probability(case, case.found.score),
        "after": _probability(case, found.score),
    }
    sounds: dict[str, Float32Array] = {}
    if found.mask is not None and found.sound is not None:
        values |= {"parts": _parts(found.mask, case.found)}
        sounds = {"masked": found.sound.samples}
    pictures = {"clip": case.clip.samples, **sounds}
    return _kept("counterfactual", arguments, case, values, sounds, pictures, found.mask)


def try_mask(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """A clip scored again without what lies in boxes of the user's own: {key}.

    Further argument: boxes, each {start_s, end_s, low_hz, high_hz}, in seconds of the stretch.

    Raises:
        SettingError: there is no box, or one lies outside the map.
        HearMapError: as `explain`.
    """
    from core.spectral.masking import boxes_mask, filled, kept, removed
    from core.types import Box

    case = case_of(arguments, part(progress, 0.0, 0.4))
    settings = case.detector.spectrogram_settings
    mask = boxes_mask(
        (Box(**box) for box in arguments["boxes"]),
        case.found.freq_hz,
        case.found.time_s - case.found.time_s[0],
    )
    if case.background is None:
        without = removed(case.clip, mask, settings)
    else:
        without = filled(case.clip, case.background, mask, settings)
    alone = kept(case.clip, mask, settings)
    scored = case.detector.score(without, part(progress, 0.4, 0.7))
    scored_alone = case.detector.score(alone, part(progress, 0.7, 0.98))
    values = _named(case) | {
        "share": float(mask.mean()),
        "score": scored.score,
        "threshold": case.found.threshold,
        "before": _probability(case, case.found.score),
        "after": _probability(case, scored.score),
        "alone": _probability(case, scored_alone.score),
        "anomalous_before": case.found.anomalous,
        "anomalous_after": scored.score > case.found.threshold,
    }
    sounds = {"masked": without.samples, "alone": alone.samples}
    pictures = {"clip": case.clip.samples, **sounds}
    return _kept("try_mask", arguments, case, values, sounds, pictures, mask)


def case_of(arguments: dict[str, Any], progress: Progress) -> Case:
    """The clip, its map, and what fills its holes, ready before the model.

    Raises:
        HearMapError: as `explain`.
    """
    from core.storage import models
    from core.storage.scores import load_map

    progress("Loading the model", 0.0)
    model = models.get_model(arguments["model_id"])
    found = load_map(model.id, arguments["clip_id"])
    detector = models.load_model(model.id, device=arguments.get("device") or "auto")
    clip = _clip(arguments["clip_id"], model, detector, arguments.get("stretch"))
    if arguments.get("stretch"):
        found = _of_stretch(detector, clip, found, float(arguments["stretch"][0]), progress)
    background, name, nearest, note = _background(
        arguments, model, detector, clip, part(progress, 0.3, 1.0)
    )
    return Case(model, detector, clip, found, background, name, nearest, note)


def _clip(
    clip_id: str, model: ModelRecord, detector: Detector, stretch: list[float] | None
) -> Clip:
    from core.audio import read_clip
    from core.storage.recordings import get_recording, recording_path

    start, stop = stretch or (0.0, None)
    hop = detector.spectrogram_settings.hop_seconds
    return read_clip(
        recording_path(clip_id),
        name=get_recording(clip_id).name,
        channel=model.channel,
        sample_rate=detector.sample_rate,
        # On a column of the map, as the player's stretch is.
        start_seconds=round(start / hop) * hop,
        stop_seconds=stop,
    )


def _of_stretch(
    detector: Detector, clip: Clip, found: AnomalyMap, start_s: float, progress: Progress
) -> AnomalyMap:
    """The stretch's own score, with the columns of the whole recording's map."""
    scored = detector.score(clip, progress)
    settings = detector.spectrogram_settings
    n_frames = settings.n_frames(clip.samples.size)
    shown = found.stretch(round(start_s / settings.hop_seconds), n_frames)
    return dataclasses.replace(scored, raw=shown.raw, evidence=shown.evidence)


def _background(
    arguments: dict[str, Any],
    model: ModelRecord,
    detector: Detector,
    clip: Clip,
    progress: Progress,
) -> tuple[Clip | None, str, tuple[str, Clip] | None, str]:
    """The background, its name, the nearest normal recording, and what is missing of them."""
    from core.explain.normal_sound import mean_normal, nearest_normal, normal_sound
    from core.storage.recordings import get_recording

    wanted, clip_id = str(arguments.get("background") or "nearest"), str(arguments["clip_id"])
    if wanted not in ("nearest", "mean", "none"):
        # The user's own: what is wrong with it must be said, not worked around.
        own = _clip(wanted, model, detector, None)
        name = get_recording(wanted).name
    normals, nearest, note = None, None, ""
    try:
        normals = normal_sound(model, detector, progress)
        nearest = nearest_normal(model, detector, clip, normals, except_id=clip_id)
    except StoreError as error:
        note = str(error)
    if wanted == "none":
        return None, "", nearest, note
    if wanted == "mean":
        try:
            return mean_normal(clip, normals, detector), "average normal sound", nearest, note
        except HearMapError:
            return None, "", nearest, note
    if wanted == "nearest":
        return (nearest[1], nearest[1].name, nearest, note) if nearest else (None, "", None, note)
    return own, name, nearest, note


def _named(case: Case) -> dict[str, Any]:
    return {
        "background": case.background_name,
        "nearest_id": case.nearest[0] if case.nearest else "",
        "nearest_name": case.nearest[1].name if case.nearest else "",
        "note": case.note,
    }


def _probability(case: Case, score: float) -> float:
    return float(case.detector.calibration.clip_evidence(score))


def _parts(mask: Float32Array, found: AnomalyMap) -> list[dict[str, float]]:
    """The connected parts of a mask as boxes, the strongest first, at most 20."""
    import numpy as np

    from core.detectors.regions import find_regions

    inside = np.where(mask > 0, found.raw, -np.inf)
    lowest = float(inside[mask > 0].min(initial=np.inf)) - 1.0
    parts = find_regions(inside, lowest, found.freq_hz, found.time_s, lambda _: 1.0)
    return [
        {key: getattr(region, key) for key in ("start_s", "end_s", "low_hz", "high_hz")}
        for region in parts[:MOST_PARTS]
    ]


def _kept(
    kind: str,
    arguments: dict[str, Any],
    case: Case,
    values: dict[str, Any],
    sounds: dict[str, Float32Array],
    drawn: dict[str, Float32Array],
    heat: Float32Array | None,
) -> dict[str, Any]:
    """Keeps what was found, with a small picture of each sound on the clip's own scale."""
    from core.report.pictures import sound_png
    from core.spectral.spectrogram import spectrogram
    from core.storage import explanations
    from core.storage.explanations import SavedExplanation, explanation_key
    from core.types import Clip

    settings, loudest = case.detector.spectrogram_settings, None
    pictures = {}
    for name, samples in drawn.items():
        sound = Clip.from_samples(samples, case.clip.sample_rate, name)
        level_db = spectrogram(sound, settings).level_db
        loudest = float(level_db.max()) if loudest is None else loudest
        pictures[name] = sound_png(level_db, heat if name == "clip" else None, loudest_db=loudest)
    key = explanation_key(kind, arguments)
    explanations.save(
        str(arguments["clip_id"]),
        key,
        SavedExplanation(values, case.clip.sample_rate, sounds, pictures),
    )
    return {"key": key}
