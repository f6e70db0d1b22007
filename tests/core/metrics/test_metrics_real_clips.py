"""On real recordings: taking out the true anomaly makes a clip more normal than taking out as much
of anything else.
"""

import numpy as np
import pytest
import torch

from core.audio import read_clip
from core.detectors import Detector
from core.evaluation.datasets.esc50 import esc50
from core.evaluation.datasets.mixing import mix
from core.evaluation.datasets.recording import of_classes
from core.metrics import faithfulness_per_clip, truth_mask
from core.spectral.masking import apply_mask
from core.spectral.spectrogram import mel_filter_bank, stft
from core.types import Clip
from tests.core.metrics.test_metrics_faithfulness import four_of

NORMAL, ANOMALY = "crackling_fire", "dog"
N_TRAINING = 12
N_MIXES = 4
SNR_DB = 6.0


def truth_share(stem_power, background_power):
    """The map M with which x (1 - M) is as loud as the background in every cell."""
    total = stem_power + background_power
    return 1 - np.sqrt(np.divide(background_power, total, out=np.ones_like(total), where=total > 0))


@pytest.mark.data
def test_taking_out_the_truth_is_more_faithful_than_as_much_at_random(esc10, aisfx_weights):
    recordings = esc50(esc10)
    detector = Detector("patchcore", seed=0)
    settings, rate = detector.spectrogram_settings, detector.sample_rate

    def clips(category, folds, number):
        chosen = of_classes(recordings, [category], folds)[:number]
        return [read_clip(recording.path, sample_rate=rate) for recording in chosen]

    def mel_power(samples):
        power = stft(torch.from_numpy(samples), settings).abs().square()
        return (mel_filter_bank(settings).T @ power).double().numpy()

    def evidence(samples):
        clip = Clip.from_samples(np.clip(samples, -1, 1), rate, "masked")
        found = detector.score(clip)
        return detector.calibration.evidence_scale(found.threshold).clip_evidence(found.score)

    def masked(samples, mask):
        return apply_mask(samples, mask.astype(np.float32), settings)

    detector.fit(clips(NORMAL, (1, 2, 3), N_TRAINING))
    generator = np.random.default_rng(0)
    found = {"cells": [], "share": [], "random cells": [], "random share": []}
    normals, events = clips(NORMAL, (4, 5), N_MIXES), clips(ANOMALY, (4, 5), N_MIXES)
    for normal, event in zip(normals, events, strict=True):
        made = mix(normal, event, SNR_DB, seed=0)
        stem = made.stem_power(settings)
        for name, mask in (
            ("cells", truth_mask(stem, made.columns(settings)).astype(np.float64)),
            ("share", truth_share(stem, mel_power(made.background))),
        ):
            elsewhere = generator.permutation(mask.ravel()).reshape(mask.shape)
            for kind, taken in ((name, mask), (f"random {name}", elsewhere)):
                found[kind].append(
                    four_of(evidence, made.clip.samples, taken, masked, made.background)
                )

    measures = {kind: faithfulness_per_clip(*np.array(values).T) for kind, values in found.items()}
    for name in ("ff_v1_remove", "ff_v2"):
        # In every mix where what is left is background; on average where silent holes are left.
        assert (measures["share"][name] > measures["random share"][name] + 0.05).all(), name
        assert measures["cells"][name].mean() > measures["random cells"][name].mean(), name
