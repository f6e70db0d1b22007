"""A batch that comes as the training clips did is not called shifted, one that does not is."""

import subprocess
import sys

import numpy as np
import pytest

from core.detectors.calibration.shift import BatchShift, _n_exceeded, batch_shift
from core.spectral.band_levels import Band, octave_bands
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Float64Array

OCTAVES = octave_bands(SpectrogramSettings())
BANDS = (Band(0, 96, OCTAVES[0].low_hz, OCTAVES[-1].high_hz), *OCTAVES)


def levels(rng: np.random.Generator, n_clips: int, spread_db: float = 1.0) -> Float64Array:
    """Bands that rise and fall together in part, as those of recordings do."""
    together, alone = rng.normal(size=(n_clips, 1)), rng.normal(size=(n_clips, len(BANDS)))
    return np.asarray(-50.0 + spread_db * (0.6 * together + 0.8 * alone))


def compared(
    seed: int,
    *,
    n_batch: int = 40,
    n_training: int = 24,
    change_db: Float64Array | float = 0.0,
    factor: float = 1.0,
    n_anomalous: int = 0,
) -> BatchShift | None:
    rng = np.random.default_rng(seed)
    batch = levels(rng, n_batch) + change_db
    batch[:n_anomalous] += 20.0
    scores = factor * rng.lognormal(0.0, 0.3, n_batch)
    scores[:n_anomalous] *= 10.0
    known = rng.lognormal(0.0, 0.3, n_training)
    return batch_shift(scores, known, batch, levels(rng, n_training), BANDS)


def in_band(band: int, db: float) -> Float64Array:
    change = np.zeros(len(BANDS))
    change[band] = db
    return change


def n_called(n_batches: int, **batch: int) -> int:
    return sum(compared(seed, **batch) is not None for seed in range(n_batches))


def test_unshifted_batches_are_not_called_shifted() -> None:
    assert n_called(60) <= 2
    assert n_called(40, n_batch=8, n_training=4) <= 2


def test_a_few_anomalous_clips_are_no_shift() -> None:
    assert n_called(30, n_batch=100, n_training=200, n_anomalous=10) <= 1


@pytest.mark.parametrize("db", [3.0, -3.0])
def test_three_dB_in_one_band_are_found_and_measured(db: float) -> None:  # noqa: N802
    for seed in range(4):
        found = compared(seed, change_db=in_band(4, db))
        assert found is not None
        assert found.shift_db == pytest.approx(db, abs=1.0)
        assert found.low_hz <= BANDS[4].low_hz < BANDS[4].high_hz <= found.high_hz
        assert found.p_value <= 0.01


def test_the_sentence_says_which_band_and_how_many_dB() -> None:  # noqa: N802
    lowest = in_band(1, 6.0) + in_band(2, 6.0)
    words = [getattr(compared(1, change_db=change), "words", "") for change in (lowest, -6.0)]
    assert words[0].startswith(
        "These 40 recordings differ from the training recordings as a set, mostly by +"
    )
    assert words[0].endswith(" dB below 184 Hz. Another microphone, gain or day?")
    assert "−6 dB at all frequencies" in words[1] or "−7 dB at all frequencies" in words[1]


def test_higher_scores_alone_are_a_shift_and_lower_ones_are_not() -> None:
    higher = compared(1, factor=2.0)
    assert higher is not None and higher.shift_db == 0.0 and higher.share_higher > 0.8
    assert f"the higher score in {100 * higher.share_higher:.0f} % of cases" in higher.words
    assert compared(1, factor=0.5) is None


def test_a_certain_shift_of_half_a_dB_matters_to_nobody() -> None:  # noqa: N802
    assert compared(1, n_batch=1000, n_training=1000, change_db=in_band(4, 0.5)) is None
    assert compared(1, n_batch=1000, n_training=1000, change_db=in_band(4, 1.5)) is not None


def test_fewer_than_eight_clips_say_nothing() -> None:
    assert compared(1, n_batch=7, change_db=20.0) is None
    assert compared(1, n_batch=8, change_db=20.0) is not None


def test_the_order_of_clips_does_not_matter_and_equal_levels_are_no_shift() -> None:
    rng = np.random.default_rng(3)
    scores, known = rng.lognormal(size=40), rng.lognormal(size=24)
    batch, training = levels(rng, 40) + in_band(4, 4.0), levels(rng, 24)
    one = batch_shift(scores, known, batch, training, BANDS)
    other = batch_shift(scores[::-1], known[::-1], batch[::-1], training[::-1], BANDS)
    assert one is not None and other is not None
    assert one.words == other.words
    same = np.full((40, len(BANDS)), -50.0)
    assert batch_shift(np.ones(40), np.ones(24), same, same[:24], BANDS) is None


def test_it_does_without_pytorch() -> None:
    code = "import sys, core.detectors.calibration.shift; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rows_exceeded_are_those_of_a_loop_with_ties_as_halves() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows, others = (rng.integers(0, 6, (rng.integers(1, 9), 3)).astype(float) for _ in range(2))
        naive = [
            [sum((one > other) + (one == other) / 2 for other in column) for one, column in pairs]
            for pairs in (zip(row, others.T, strict=True) for row in rows)
        ]
        assert (_n_exceeded(rows, others) == np.array(naive)).all()


def test_the_order_of_the_clips_moves_no_shift() -> None:
    rng = np.random.default_rng(3)
    batch, training = levels(rng, 30) + in_band(2, 3.0), levels(rng, 24)
    scores, known = rng.lognormal(0.0, 0.3, 30), rng.lognormal(0.0, 0.3, 24)
    found = {batch_shift(scores, known, batch, training, BANDS)}
    for _ in range(5):
        i, j = rng.permutation(30), rng.permutation(24)
        found.add(batch_shift(scores[i], known[j], batch[i], training[j], BANDS))
    assert len(found) == 1 and None not in found
