"""The map of a clip of any length: drawn segment by segment, then raised to the clip's score.

A map that is larger than 16 MiB is a memory map of a file without a name, and every step takes a
block of its columns at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from core.detectors.fusion import Evidence, ScoreFusion, as_floats, raise_to, set_peak
from core.detectors.measured import Measured
from core.detectors.views.row_scale import RowScale
from core.detectors.views.spectrogram_map import N_BEST, segment_maps
from core.runtime.columns import column_blocks, column_peaks, highest_cell, median
from core.runtime.memory import release
from core.runtime.spool import Spool
from core.types import Float32Array, Float64Array

SMALLEST = 1e-6
# What a moment is like adds to each of its cells: an event's weaker partials are events too (every
# sixth mix of folds 1-3 of ESC-10, with a third of today's energy exponent: spectrogram and
# temporal AUROC 86.5 and 88.9, without it 82.8 and 89.2). More would draw columns, not sounds.
MOMENT_SHARE = 0.6
WEIGHT_SIGMA = 2.0
# An event moves the statistics of the seconds it lies in; the stationary view is drawn over one
# only where it says so many times as much.
CLEARLY = 2.0
# Where the background of a map lies, in spreads: in normal clips three to four below the highest
# cell, and deeper the higher that is, so that a loud event does not lift what is beside it.
BACKGROUND = -3.0
DEEPER = 1.0


@dataclass(frozen=True, eq=False)
class FusedViews:
    """The map of a clip by event view and stationary view, and what it is made of.

    Attributes:
        raw: [freq, time], in spreads above normal clips.
        evidence: of each view in each window.
        event_peak: row and column of the event view's highest cell.
        event_column: [freq], the event view's map in that column.
        profile: [freq], how far each row is from normal where the stationary view is strongest.
        stationary_spans: first and last column of the windows drawn by the stationary view.
    """

    raw: Float32Array
    evidence: Evidence
    event_peak: tuple[int, int]
    event_column: Float64Array
    profile: Float64Array
    stationary_spans: list[tuple[int, int]]


def weighted_map(measured: Measured, sigma: float) -> Float32Array:
    """Draw the head's own cells, times the energy weight where there is one.

    Args:
        measured: of the clip.
        sigma: of the smoothing, in cells of the spectrogram.

    Returns:
        [freq, time].
    """

    def drawn() -> Iterator[Float32Array]:
        for part, weight in _parts(measured, measured.segment_cells, sigma):
            if weight is not None:
                part *= weight.numpy()
            yield part

    return _joined(drawn(), measured.n_frames)


def fused_map(
    measured: Measured,
    evidence: Evidence,
    rows: RowScale | None,
    fusion: ScoreFusion,
    sigma: float,
) -> FusedViews:
    """Draw event view and stationary view together.

    The map is the event view's, raised in each window to the window's score. Where the stationary
    view says twice as much, and more than of 95 % of normal clips, its rows are drawn from the
    window's beginning to its end at the score, and the event view stays at its own evidence.

    Args:
        measured: of the clip.
        evidence: of each view in each window.
        rows: what a distance means in each row; None for models fitted before 0.2.0.
        fusion: the weights of the views.
        sigma: of the smoothing, in cells of the spectrogram.

    Returns:
        The map in spreads above normal clips, and what it is made of.

    Raises:
        ValueError: there is no stationary view.
    """
    if measured.stationary is None:
        raise ValueError("A clip without the stationary view has no fused score.")
    fused, frames = as_floats(evidence.fused), measured.frames
    if rows is None:
        raw = weighted_map(measured, sigma)
        for block in column_blocks(raw):
            raw[:, block] = np.log(np.maximum(raw[:, block], SMALLEST))
    else:
        raw = _joined(_event_parts(measured, rows, sigma), measured.n_frames)
    contrast = np.float32(_contrast(raw, float(fused.max()), fusion))
    for block in column_blocks(raw):
        raw[:, block] *= contrast
    leads = evidence.stationary > np.maximum(evidence.event, CLEARLY * evidence.event)
    drawn = leads & (evidence.stationary > fusion.drawn_from)
    raise_to(raw, frames, np.where(drawn, as_floats(evidence.event), fused))
    row, column = highest_cell(raw)
    event_column = raw[:, column].astype(np.float64)
    of_rows = measured.stationary.rows[int(evidence.stationary.argmax())]
    profile = row_profile(of_rows, raw.shape[0], float(fused.max()))
    for window in np.flatnonzero(drawn):
        start, stop = frames[window]
        of_window = measured.stationary.rows[window]
        band = row_profile(of_window, raw.shape[0], fused[window]).astype(np.float32)
        np.maximum(raw[:, start:stop], band[:, None], out=raw[:, start:stop])
        release(raw)
    set_peak(raw, float(fused.max()))
    spans = [frames[window] for window in np.flatnonzero(drawn)]
    return FusedViews(raw, evidence, (row, column), event_column, profile, spans)


def row_profile(distances: Tensor, n_freq: int, score: float) -> Float64Array:
    """Draw what lasts: the row that is farthest from normal at the score, half of them below.

    Args:
        distances: [row], of the rows' layer.
        n_freq: the spectrogram's rows.
        score: of the window.

    Returns:
        [freq], by the logarithm of the distance: the farthest row at the score, the median row
        where the background of a map lies.
    """
    logs = distances.double().log().numpy()
    height = max(float(logs.max() - np.median(logs)), SMALLEST)
    share = 1.0 - (logs.max() - logs) / height
    rows = background(score) + share * (score - background(score))
    repeated: Float64Array = np.repeat(rows, n_freq // logs.size)
    return repeated


def background(score: float) -> float:
    """Say where the background of a map lies whose highest cell is the score.

    Args:
        score: in spreads above normal clips.

    Returns:
        The value of the median cell.
    """
    return BACKGROUND - DEEPER * max(score, 0.0)


def _event_parts(measured: Measured, rows: RowScale, sigma: float) -> Iterator[Float32Array]:
    # Distances in spreads of their row, what each moment adds, and the logarithm of the weight.
    for part, weight in _parts(measured, lambda i: rows.z(measured.segment_cells(i)), sigma):
        moments = torch.from_numpy(part).topk(min(N_BEST, len(part)), dim=0).values
        part += np.float32(MOMENT_SHARE) * moments.mean(dim=0).numpy()
        if weight is not None:
            part += ndimage.gaussian_filter(weight.log().numpy(), WEIGHT_SIGMA, mode="nearest")
        yield part


def _parts(
    measured: Measured, cells_of: Callable[[int], Tensor], sigma: float
) -> Iterator[tuple[Float32Array, Tensor | None]]:
    # The map of each segment [freq, time] with its weight.
    parts = segment_maps(cells_of, measured.sizes, sigma)
    for part, (_, weight) in zip(parts, measured.segments(), strict=True):
        yield part, weight


def _joined(parts: Iterator[Float32Array], n_frames: int) -> Float32Array:
    # One map [freq, time] of the segments', the padding cut off.
    columns = Spool()
    for part in parts:
        columns.append(part[:, : n_frames - len(columns)].T)
    raw: Float32Array = columns.array().T
    return raw if isinstance(raw, np.memmap) else np.ascontiguousarray(raw)


def _contrast(raw: Float32Array, score: float, fusion: ScoreFusion) -> float:
    # What a difference of one on the map is in evidence: from the map's median, which lies as
    # far down as in normal clips, to its highest cell, which is the score.
    if fusion.map_spread is not None:
        return 1.0 / fusion.map_spread
    height = float(column_peaks(raw).max()) - median(raw)
    return max(score - background(score), SMALLEST) / max(height, SMALLEST)
