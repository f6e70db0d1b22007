"""On mixes of real recordings, too, the numbers of a finding are those of a filter."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.audio import read_clip, resample
from core.detectors.views.normal_spectrum import NormalSpectra
from core.evaluation.datasets.esc50 import esc50
from core.evaluation.datasets.mixing import mix
from core.explain.finding import GAP
from core.explain.findings import findings
from core.explain.measured_sound import MeasuredSound
from core.report.finding_words import finding_sentence
from core.spectral.spectrogram import spectrogram
from core.types import Clip
from tests.support.found_regions import RATE, SETTINGS, band_level_db, map_with, region

N_NORMAL = 8


def measured(clip: Clip) -> MeasuredSound:
    return MeasuredSound(spectrogram(clip, SETTINGS))


@pytest.mark.parametrize("background", ["rain", "helicopter", "crackling_fire"])
def test_levels_and_counts_of_mixes_are_those_of_a_filter(esc10: Path, background: str) -> None:
    recordings = esc50(esc10)
    of_class = [one for one in recordings if one.category == background]
    normal = [resample(read_clip(one.path), RATE) for one in of_class[: N_NORMAL + 2]]
    known, new = normal[:N_NORMAL], normal[N_NORMAL:]
    spectra = NormalSpectra.of(
        (torch.from_numpy(spectrogram(clip, SETTINGS).values) for clip in known), SETTINGS
    )
    n_findings = 0
    for category, clip in (("dog", new[0]), ("rooster", new[1])):
        event = next(one for one in recordings if one.category == category)
        mixed = mix(clip, resample(read_clip(event.path), RATE), 6.0, seed=0)
        found = map_with(region(mixed.start_s, mixed.end_s, 300, 4000))
        for one in findings(found, measured(mixed.clip), spectra):
            n_findings += 1
            level = band_level_db(mixed.clip.samples, one.low_hz, one.high_hz)
            box = one.boxes[0]
            inside = level[max(0, round((box.start_s - 0.1) * RATE)) : round(box.end_s * RATE)]
            expected = inside.min() if one.kind == GAP else inside.max()
            assert one.level_db == pytest.approx(float(expected), abs=1.5)
            assert one.background_db == pytest.approx(float(np.median(level)), abs=1.5)
            assert one.normals is not None and finding_sentence(one).endswith(".")
            levels = [band_level_db(clip.samples, one.low_hz, one.high_hz) for clip in known]
            means = [10 * np.log10(np.mean(10 ** (level / 10))) for level in levels]
            assert one.normals.median_db == pytest.approx(float(np.median(means)), abs=1.5)
            rises = np.array([level.max() - np.median(level) for level in levels])
            # "None has one" holds: whoever clearly has one is counted.
            assert one.normals.n_alike >= int((rises >= one.above_background_db + 1.0).sum())
    assert n_findings >= 2
