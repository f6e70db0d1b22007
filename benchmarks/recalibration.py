"""`python -m benchmarks.recalibration`: false alarms and finds through another microphone.

The recommended detector is fitted on 12 recordings of each built-in machine. New normal and faulty
recordings come through the same microphone or another one. Some of the normal ones recalibrate;
the rest are counted. The threshold is that of the fit, of the scores of the fit and the new
ones together, or of the new ones alone, which is what `Detector.recalibrate` does.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import signal

from benchmarks.results_page import machine, write_section
from core.detectors import Detector
from core.detectors.calibration.calibration import Calibration
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.evaluation.datasets.machines import FAULTS, MACHINES, make
from core.features.cache import FeatureCache
from core.metrics import roc_auc
from core.types import Clip, Float64Array

RATE = 44_100
N_FITTED, N_NEW, N_FAULTY, N_DRAWS = 12, 60, 24, 200
GIVEN = (5, 10, 20, 40)
RATES = (0.05, 0.1)
# First seeds of the recordings that are fitted on, the new normal ones and the faulty ones.
SEEDS = (0, 100, 200)
Sound = Float64Array


def dull(sound: Sound) -> Sound:
    """Take 6 dB away above 2 kHz.

    Args:
        sound: Samples [n].

    Returns:
        Samples [n].
    """
    low = signal.sosfilt(signal.butter(1, 2000, fs=RATE, output="sos"), sound)
    return np.asarray(0.5 * (sound + low))


def thin(sound: Sound) -> Sound:
    """Take away what is below 200 Hz, 6 dB an octave.

    Args:
        sound: Samples [n].

    Returns:
        Samples [n].
    """
    high = signal.butter(1, 200, btype="high", fs=RATE, output="sos")
    return np.asarray(signal.sosfilt(high, sound))


def noisy(sound: Sound) -> Sound:
    """Add white noise of -48 dB full scale.

    Args:
        sound: Samples [n].

    Returns:
        Samples [n].
    """
    rng = np.random.default_rng(int(1e6 * np.abs(sound[:100]).sum()))
    return sound + 0.004 * rng.standard_normal(sound.size)


MICROPHONES: dict[str, Callable[[Sound], Sound]] = {
    "the same": lambda sound: sound,
    "3 dB louder": lambda sound: 10 ** (3 / 20) * sound,
    "6 dB less above 2 kHz": dull,
    "nothing below 200 Hz": thin,
    "noise of its own": noisy,
}


def scores(detector: Detector, clips: list[Clip], microphone: Callable[[Sound], Sound]) -> Sound:
    """Score recordings through a microphone.

    Args:
        detector: A fitted detector.
        clips: The recordings.
        microphone: What it does to samples.

    Returns:
        [clip].
    """
    heard = (
        Clip.from_samples(microphone(clip.samples.astype(np.float64)).clip(-1, 1), RATE, clip.name)
        for clip in clips
    )
    return np.array([found.score for found in detector.score_many(heard)])


def main() -> None:
    """Measure and write the section."""
    kind = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=kind).parse_args()
    fitted, normal, faulty = SEEDS
    measured: dict[str, list[tuple[Sound, Sound, Sound]]] = {name: [] for name in MICROPHONES}
    for name in MACHINES:
        detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, "recommended"))
        with tempfile.TemporaryDirectory() as folder:
            clips = [make(name, seed=fitted + k).clip for k in range(N_FITTED)]
            detector.fit(clips, cache=FeatureCache(Path(folder)))
        new = [make(name, seed=normal + k).clip for k in range(N_NEW)]
        faults = FAULTS[name]
        bad = [
            make(name, seed=faulty + k, fault=faults[k % len(faults)]).clip for k in range(N_FAULTY)
        ]
        own = detector.calibration.clip_scores
        for called, microphone in MICROPHONES.items():
            of_new, of_bad = (scores(detector, some, microphone) for some in (new, bad))
            measured[called].append((own, of_new, of_bad))
        print(name, flush=True)
    write_section("recalibration", _section(measured))


def _section(measured: dict[str, list[tuple[Sound, Sound, Sound]]]) -> str:
    lines = [
        "| microphone | AUROC | promised | given | threshold of the fit | both together | "
        "**the new alone** |",
        "|---|---|---|---|---|---|---|",
    ]
    for called, found in measured.items():
        truth = np.r_[np.zeros(N_NEW), np.ones(N_FAULTY)]
        auroc = np.mean([roc_auc(truth, np.r_[new, bad]) for _, new, bad in found])
        for rate in RATES:
            for n_given in GIVEN:
                cells = _shares(found, n_given, rate)
                row = (called, f"{100 * auroc:.1f}", f"{100 * rate:.0f} %", str(n_given), *cells)
                lines.append(f"| {' | '.join(row)} |")
    return (
        "## Recalibration through another microphone\n\n"
        f"{machine()}\n\n"
        f"The recommended detector, {N_FITTED} recordings of each built-in machine to fit on; of "
        f"{N_NEW} new normal recordings through a microphone some are given to recalibrate, the "
        f"rest and {N_FAULTY} faulty ones through the same microphone are tested. Each cell: false "
        f"alarms / faults found, in percent, mean of {N_DRAWS} draws and four machines. That the "
        "new scores replace those of the fit was chosen on other seeds.\n\n" + "\n".join(lines)
    )


def _shares(found: list[tuple[Sound, Sound, Sound]], n_given: int, rate: float) -> list[str]:
    # False alarms and finds by the three thresholds.
    rng = np.random.default_rng(0)
    shares: list[list[tuple[float, float]]] = [[], [], []]
    for own, new, bad in found:
        for _ in range(N_DRAWS):
            order = rng.permutation(new.size)
            given, tested = new[order[:n_given]], new[order[n_given:]]
            for kept, calibrated in zip(shares, (own, np.r_[own, given], given), strict=True):
                calibration = Calibration(np.sort(calibrated), 5.0, calibrated.size, False)
                cut = calibration.threshold(rate)
                kept.append((float((tested > cut).mean()), float((bad > cut).mean())))
    means = [100 * np.mean(kept, axis=0) for kept in shares]
    return [f"{false:.1f} / {caught:.1f}" for false, caught in means]


if __name__ == "__main__":
    main()
