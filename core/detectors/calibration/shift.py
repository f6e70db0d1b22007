"""Has a batch of recordings as a whole shifted from the training recordings?

Thresholds hold for recordings that come as the training recordings did. Another microphone, gain
or day moves all recordings a little, which no single one shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.spectral.frequency_range import place_in_spectrum
from core.types import Float64Array

if TYPE_CHECKING:
    # Calibration does without PyTorch, which comes with the bands' module.
    from core.spectral.band_levels import Band

FEWEST_CLIPS = 8
# With a shift called at this p-value one unshifted batch in 100 is called shifted, at most.
LEVEL = 0.01
N_PERMUTATIONS = 2000
# So many clips of a batch may be anomalous, in any way, without the batch being called shifted.
ANOMALOUS_SHARE = 0.1
# Of many clips a far smaller shift is certain; below this it matters to nobody: 1 dB, or scores of
# which 60 % are higher than a random training clip's.
SMALLEST_SHIFT_DB = 1.0
SMALLEST_SHARE = 0.6


@dataclass(frozen=True)
class BatchShift:
    """How a batch of clips differs from the training clips as a set.

    Attributes:
        n_clips: clips of the batch.
        p_value: how often a batch that comes from where the training clips came from differs as
            much.
        share_higher: chance that a clip of the batch scores higher than a training clip.
        shift_db: median level of the batch less that of the training clips, in the band that
            differs most; 0 where no band differs.
        low_hz: lower edge of the band and those beside it that shifted alike.
        high_hz: their upper edge.
        spectrum_hz: edges of the whole spectrum.
        known: what it is compared with.
    """

    n_clips: int
    p_value: float
    share_higher: float
    shift_db: float
    low_hz: float
    high_hz: float
    spectrum_hz: tuple[float, float]
    known: str = "training recordings"

    @property
    def words(self) -> str:
        """The shift as a sentence that asks for its cause."""
        who = f"These {self.n_clips} recordings differ from the {self.known} as a set"
        if not self.shift_db:
            return (
                f"{who}: compared in pairs, theirs is the higher score in "
                f"{100 * self.share_higher:.0f} % of cases. Another place, day or state of the "
                "machine?"
            )
        place = place_in_spectrum(self.low_hz, self.high_hz, self.spectrum_hz)
        amount = f"{self.shift_db:+.0f} dB".replace("-", "−")
        return f"{who}, mostly by {amount} {place}. Another microphone, gain or day?"


def batch_shift(
    scores: Float64Array,
    calibration_scores: Float64Array,
    levels_db: Float64Array,
    training_levels_db: Float64Array,
    bands: Sequence[Band],
) -> BatchShift | None:
    """Test whether a batch of clips comes from where the training clips came from.

    Rank sums (Mann and Whitney, 1947) compare the batch with the training clips in each band, and
    in the scores, where only higher ones count: those of cross-fitting are a little too high. Of
    each the tenth of the batch that speaks most for a shift is left out, so a few anomalous clips
    do not make one. The largest rank sum is compared with those of 2,000 random divisions of the
    clips, so the p-value holds for any number of clips and any dependence between bands. Clips of
    one session are taken as independent: two sessions that differ do differ, which is the question.

    Measured on batches of 8 to 200 and 4 to 100 training clips: 0 to 0.8 % of unshifted batches are
    called shifted where simulated, 0.4 and 1.4 % where they are ESC-10's classes divided at random,
    0.5 and 0.8 % with MIMII's machines; with a tenth of the batch anomalous 0 to 1.5 %, with a
    fifth 0 to 5.5 %. Of batches of 40 with 3 dB more in one band, against 24 clips, 100 % are found
    where that band varies by 1 dB (standard deviation), 93 % at 2 dB and 38 % at 3 dB.

    Costs 5 to 15 ms for 40 clips and 24 training clips, 30 where they have shifted; 40 and 600 ms
    for 5,000 clips.

    Args:
        scores: [m], of the batch.
        calibration_scores: [n], of normal clips the detector was not fitted on.
        levels_db: [m, band], of the batch.
        training_levels_db: [k, band], of the training clips.
        bands: the frequencies of each; the first is the whole spectrum.

    Returns:
        The shift; None where there is none, or where the batch has fewer than eight clips.
    """
    if len(scores) < FEWEST_CLIPS:
        return None
    # In one order, whatever order they came in: the random divisions are of rows.
    scores, calibration_scores = np.sort(scores), np.sort(calibration_scores)
    levels_db, training_levels_db = _in_order(levels_db), _in_order(training_levels_db)
    rng = np.random.default_rng(0)
    p_scores, _ = _permutation_test(
        calibration_scores[:, None], scores[:, None], rng, one_sided=True
    )
    p_levels, by_band = _permutation_test(training_levels_db, levels_db, rng, one_sided=False)
    share_higher = float(
        (scores[:, None] > calibration_scores).mean()
        + (scores[:, None] == calibration_scores).mean() / 2
    )
    change = np.median(levels_db, axis=0) - np.median(training_levels_db, axis=0)
    clearness = by_band.clip(min=0.0) * (np.abs(change) >= SMALLEST_SHIFT_DB)
    # Of bands that differ about as clearly, the one with the most dB.
    band = int(np.argmax(np.abs(change) * (clearness >= 0.8 * clearness.max())))
    in_scores = p_scores <= LEVEL / 2 and share_higher >= SMALLEST_SHARE
    in_levels = p_levels <= LEVEL / 2 and clearness[band] > 0
    if not (in_scores or in_levels):
        return None
    first, last = _alike(change, band)
    return BatchShift(
        n_clips=len(scores),
        p_value=min(1.0, 2.0 * min(p_scores, p_levels)),
        share_higher=share_higher,
        shift_db=float(change[band]) if in_levels else 0.0,
        low_hz=bands[first].low_hz,
        high_hz=bands[last].high_hz,
        spectrum_hz=(bands[0].low_hz, bands[0].high_hz),
    )


def _in_order(rows: Float64Array) -> Float64Array:
    return rows[np.lexsort(rows.T[::-1])]


def _permutation_test(
    before: Float64Array, after: Float64Array, rng: np.random.Generator, *, one_sided: bool
) -> tuple[float, Float64Array]:
    # The p-value of the largest shift over columns, and each column's shift: the chance that a row
    # of `after` is higher (or lower) than one of `before`, less a half.
    n_before = len(before)
    n_left = len(after) - int(ANOMALOUS_SHARE * len(after))
    n_pairs = n_before * n_left

    def shift(wins_if_higher: Float64Array, wins_if_lower: Float64Array) -> Float64Array:
        higher, lower = wins_if_higher / n_pairs - 0.5, 0.5 - wins_if_lower / n_pairs
        return higher if one_sided else np.maximum(higher, lower)

    # How many rows of `before` each row of `after` exceeds, a tie being half a row.
    wins = np.sort(_n_exceeded(after, before), axis=0)
    found = shift(wins[:n_left].sum(axis=0), wins[-n_left:].sum(axis=0))
    pool = np.concatenate([rng.permutation(after)[:n_left], before])
    ranks = _n_exceeded(pool, pool)
    lowest_sum = n_left * n_left / 2
    limit = found.max() - 1e-9
    n_done = n_as_large = 0
    # As soon as the p-value is known to be too large it is large enough: of batches that have not
    # shifted 60 divisions or so are looked at.
    while n_done < N_PERMUTATIONS and n_as_large < LEVEL * N_PERMUTATIONS:
        n_done += 1
        sums = ranks[rng.permutation(len(pool))[:n_left]].sum(axis=0) - lowest_sum
        n_as_large += bool(shift(sums, sums).max() >= limit)
    return (1 + n_as_large) / (1 + n_done), found


def _n_exceeded(rows: Float64Array, others: Float64Array) -> Float64Array:
    # How many of `others` each row exceeds, column by column, a tie being half a row.
    # scipy.stats.rankdata gives the same; importing it takes as long as scoring 15 recordings.
    ordered = np.sort(others, axis=0)
    return np.column_stack(
        [
            (np.searchsorted(column, values, "left") + np.searchsorted(column, values, "right")) / 2
            for column, values in zip(ordered.T, rows.T, strict=True)
        ]
    )


def _alike(change: Float64Array, band: int) -> tuple[int, int]:
    # First and last of the bands around one that changed the same way by at least half as much.
    if band == 0:
        return 0, 0
    alike = change * np.sign(change[band]) >= abs(change[band]) / 2
    first = last = band
    while first > 1 and alike[first - 1]:
        first -= 1
    while last < len(change) - 1 and alike[last + 1]:
        last += 1
    return first, last
