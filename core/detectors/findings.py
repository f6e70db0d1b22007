"""What each view found in a clip, in words, and the regions with the view they come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from core.detectors.calibration.view_scores import ViewScores
from core.detectors.drawing import FusedViews
from core.detectors.fusion import ScoreFusion, as_floats, set_peak
from core.detectors.region_words import region_words
from core.detectors.regions import find_regions
from core.detectors.views.level import LevelScores, LevelView
from core.runtime.columns import Overview, column_peaks
from core.runtime.time_words import time_range, time_text
from core.spectral.frequency_range import frequency_range
from core.types import (
    EVENT,
    LEVEL,
    STATIONARY,
    Float32Array,
    Float64Array,
    Region,
    ViewFinding,
)

# A view that draws a window draws all of it; what covers less of it is an event inside.
THROUGHOUT = 0.9
# Of the way from the middle of a profile to its highest row.
BAND = 1 / 3


@dataclasses.dataclass(frozen=True)
class Axes:
    """The axes of a map: centres of the rows in Hz and of the columns in seconds."""

    freq_hz: Float64Array
    time_s: Float64Array


def event_finding(found: FusedViews, scores: ViewScores, axes: Axes) -> ViewFinding:
    """Say what stands out most of the clip's own background.

    Args:
        found: the clip's views.
        scores: of the calibration clips.
        axes: of the map.

    Returns:
        The finding.
    """
    score = float(found.evidence.event.max())
    _, column = found.event_peak
    place = f"{time_text(float(axes.time_s[column]))}, {_band(found.event_column, axes.freq_hz)}"
    p_value = scores.of(EVENT).p_value(score)
    return ViewFinding(EVENT, score, p_value, True, f"an event at {place}")


def stationary_finding(
    found: FusedViews, frames: Sequence[tuple[int, int]], scores: ViewScores, axes: Axes
) -> ViewFinding:
    """Say in which bands the clip sounds least like the training clips throughout.

    Args:
        found: the clip's views.
        frames: first and last column of each window.
        scores: of the calibration clips.
        axes: of the map.

    Returns:
        The finding.
    """
    evidence = found.evidence.stationary
    score, window = float(evidence.max()), frames[int(evidence.argmax())]
    band = _band(found.profile, axes.freq_hz)
    words = f"sounds different {_when(window, axes)}, mostly at {band}"
    spans = tuple(_seconds(span, axes) for span in found.stationary_spans)
    p_value = scores.of(STATIONARY).p_value(score)
    return ViewFinding(STATIONARY, score, p_value, True, words, spans)


def level_finding(
    raw: Float32Array,
    view: LevelView,
    levels: LevelScores,
    fusion: ScoreFusion,
    scores: ViewScores,
    axes: Axes,
    *,
    counted: bool,
) -> ViewFinding:
    """Say how many dB the clip is louder or quieter; draw that on the map where it counts.

    It is drawn from the beginning of its stretch to the end, over the band that changed, where it
    says more than the other views.

    Args:
        raw: [freq, time], the map of the other views; is changed where the level counts.
        view: the level view.
        levels: the clip's.
        fusion: the weights of the views.
        scores: of the calibration clips.
        axes: of the map.
        counted: whether the level counts towards the clip's score.

    Returns:
        The finding.
    """
    what = view.finding(levels)
    score = float(as_floats(fusion.level_evidence(levels.stretches.double().numpy()).max()))
    spans: tuple[tuple[float, float], ...] = ()
    if counted and score > float(column_peaks(raw).max()):
        span = what.first_frame, min(what.stop_frame, raw.shape[1])
        raw[what.band.first_row : what.band.stop_row, span[0] : span[1]] = score
        set_peak(raw, score)
        spans = (_seconds(span, axes),)
    return ViewFinding(LEVEL, score, scores.of(LEVEL).p_value(score), counted, what.words, spans)


def regions_of(
    raw: Float32Array,
    threshold: float,
    axes: Axes,
    p_value: Callable[[float], float],
    views: Sequence[ViewFinding],
    overview: Overview | None = None,
) -> tuple[Region, ...]:
    """Find the regions above the threshold, each with the view that it comes from.

    Args:
        raw: [freq, time].
        threshold: what a region's highest cell must exceed.
        axes: of the map.
        p_value: gives a score's p-value.
        views: what each view found; empty where there is one view only.
        overview: of the map, where it is known.

    Returns:
        The regions, strongest first; one or more exactly when the map exceeds the threshold.
    """
    regions = find_regions(raw, threshold, axes.freq_hz, axes.time_s, p_value, overview)
    if not views:
        return regions
    # A level is drawn only where it leads, so it is asked first. [span, start and end]: of eight
    # hours the stationary view may have drawn 10,000 windows.
    drawn = [(one.view, np.array(one.spans)) for one in reversed(views) if one.spans]
    return tuple(
        dataclasses.replace(region, view=next((v for v, s in drawn if _fills(region, s)), EVENT))
        for region in regions
    )


def placed(
    views: Sequence[ViewFinding], regions: Sequence[Region], axes: Axes
) -> tuple[ViewFinding, ...]:
    """Give findings the place of their strongest region, so that words and regions agree.

    A level keeps its words, which say how many dB it is.

    Args:
        views: what each view found.
        regions: the strongest first.
        axes: of the map.

    Returns:
        The findings; those without a region as they were.
    """
    seconds = float(axes.time_s[-1])
    words = {one.view: region_words(one, seconds) for one in reversed(regions) if one.view != LEVEL}
    return tuple(
        dataclasses.replace(view, words=words.get(view.view, view.words)) for view in views
    )


def _fills(region: Region, spans: Float64Array) -> bool:
    # Whether it has its peak in one of the spans, and covers nearly all of that.
    starts, ends = spans[(spans[:, 0] <= region.peak_s) & (region.peak_s <= spans[:, 1])].T
    shared = np.minimum(region.end_s, ends) - np.maximum(region.start_s, starts)
    return bool((shared >= THROUGHOUT * (ends - starts)).any())


def _band(profile: Float64Array, freq_hz: Float64Array) -> str:
    # The rows beside the highest one that reach a third of the way up from the middle.
    row = int(profile.argmax())
    reach = profile >= np.median(profile) + BAND * (profile[row] - np.median(profile))
    low = row - int(np.argmin(np.append(reach[: row + 1][::-1], False))) + 1
    high = row + int(np.argmin(np.append(reach[row:], False))) - 1
    below = (freq_hz[low - 1] + freq_hz[low]) / 2 if low else freq_hz[0]
    above = (freq_hz[high] + freq_hz[high + 1]) / 2 if high + 1 < freq_hz.size else freq_hz[-1]
    # Rows lie 3 % of their frequency apart or more: a third digit would claim too much.
    return frequency_range(float(f"{below:.2g}"), float(f"{above:.2g}"))


def _when(span: tuple[int, int], axes: Axes) -> str:
    start, stop = _seconds(span, axes)
    whole = axes.time_s[-1] - axes.time_s[0]
    lasts = stop - start >= THROUGHOUT * whole
    return "throughout" if lasts else f"at {time_range(start, stop, 0)}"


def _seconds(span: tuple[int, int], axes: Axes) -> tuple[float, float]:
    last = min(span[1], axes.time_s.size) - 1
    return float(axes.time_s[span[0]]), float(axes.time_s[last])
