"""The anomaly map of a clip, made of what a fitted scorer has measured of it."""

from __future__ import annotations

from core.detectors.calibration.view_scores import ViewScores
from core.detectors.cross_fitting import Fitted
from core.detectors.drawing import FusedViews
from core.detectors.findings import (
    Axes,
    event_finding,
    level_finding,
    placed,
    regions_of,
    stationary_finding,
)
from core.detectors.measured import Measured
from core.features.extractor import SourceClip
from core.runtime.columns import Overview
from core.spectral.spectrogram import SpectrogramSettings
from core.types import EVENT, AnomalyMap, ViewFinding


def anomaly_map(
    clip: SourceClip,
    measured: Measured,
    fitted: Fitted,
    scores: ViewScores,
    settings: SpectrogramSettings,
    false_alarm_rate: float,
    *,
    level_counts: bool,
) -> AnomalyMap:
    """Draw the map of a clip, cut it at the threshold, and say what each view found.

    Args:
        clip: what is known of the clip.
        measured: what the scorer measured of it.
        fitted: the scorer, and what is known of its scores.
        scores: of the calibration clips that hold now.
        settings: the front end.
        false_alarm_rate: that the threshold is for.
        level_counts: whether the level view counts towards the score.

    Returns:
        The map; of a long clip, on disk.
    """
    axes = Axes(settings.freq_hz, settings.time_s(clip.n_frames))
    views: tuple[ViewFinding, ...] = ()
    if fitted.fusion is None:
        raw, _ = fitted.scorer.single_view(measured)
    else:
        found = fitted.scorer.both_views(measured, fitted.rows, fitted.fusion)
        raw = found.raw
        views = _findings(found, measured, fitted, scores, axes, level_counts)
    overview = Overview.of(raw)
    score = float(overview.peaks.max())
    calibration = scores.calibration(level_counts)
    threshold = calibration.threshold(false_alarm_rate)
    regions = regions_of(raw, threshold, axes, calibration.p_value, views, overview)
    return AnomalyMap(
        clip_name=clip.name,
        raw=raw,
        evidence=calibration.evidence_scale(threshold).evidence(raw),
        freq_hz=axes.freq_hz,
        time_s=axes.time_s,
        score=score,
        p_value=calibration.p_value(score),
        threshold=threshold,
        regions=regions,
        one_in=calibration.one_in(score),
        views=placed(views, regions, axes),
        false_alarm_rate=false_alarm_rate,
        levels_db=measured.levels.typical_db if measured.levels else (),
        overview=overview,
    )


def _findings(
    found: FusedViews,
    measured: Measured,
    fitted: Fitted,
    scores: ViewScores,
    axes: Axes,
    level_counts: bool,
) -> tuple[ViewFinding, ...]:
    if EVENT not in scores.scores:  # fitted before 0.2.0
        return ()
    findings = [
        event_finding(found, scores, axes),
        stationary_finding(found, measured.frames, scores, axes),
    ]
    view, levels, fusion = fitted.scorer.level, measured.levels, fitted.fusion
    if view is not None and levels is not None and fusion is not None:
        findings.append(
            level_finding(found.raw, view, levels, fusion, scores, axes, counted=level_counts)
        )
    return tuple(findings)
