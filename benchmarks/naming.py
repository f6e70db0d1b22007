"""How often the names of what is new are right: `python -m benchmarks.naming --esc50 FOLDER`.

ESC-10's four steady classes in turn as normal recordings, an event of the three others mixed in at
6 dB, PaDiM recommended: the right name among the three, and names for normal recordings. The
constants of `core.explain.sound_names` were chosen on folds 1-3; folds 4 and 5 are for reporting.
Two minutes on two cores.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks.results_page import machine, write_section
from core.audio import read_clip
from core.detectors.detector import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.evaluation.datasets.esc50 import esc50
from core.evaluation.datasets.mixing import mix
from core.explain.sound_names import new_sounds, usual_sounds
from core.spectral.masking import kept
from core.types import AnomalyMap, Clip, Float32Array

RIGHT = {
    "dog": ("Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)"),
    "rooster": ("Chicken, rooster", "Cluck", "Crowing, cock-a-doodle-doo", "Fowl"),
    "sneezing": ("Sneeze",),
}
NORMAL = ("rain", "crackling_fire", "helicopter", "chainsaw")
SNR_DB = 6.0


def names_of(
    detector: Detector, clip: Clip, usual: Float32Array, *, anyway: bool
) -> list[str] | None:
    """Name what is new in a clip; where it is normal, None, or `anyway` its highest second's."""
    at_rate = detector._at_rate(clip)
    found: AnomalyMap = detector.score(at_rate)
    moments = [(region.start_s, region.end_s) for region in found.regions]
    if anyway and not moments:
        peak_s = float(found.time_s[int(found.score_over_time.argmax())])
        moments = [(peak_s - 0.5, peak_s + 0.5)]
    if not moments:
        return None
    part = kept(at_rate, found.evidence, detector.spectrogram_settings)
    return [one.name for one in new_sounds(at_rate, part, moments, usual)]


def main() -> None:
    """Measure, print and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--esc50", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="+", default=[4, 5], help="judged")
    given = parser.parse_args()
    recordings = esc50(given.esc50)
    right: dict[str, list[bool]] = defaultdict(list)
    of_anomalous: dict[str, list[bool]] = defaultdict(list)
    normal_named: list[bool] = []
    hottest_named: list[bool] = []
    for normal in NORMAL:
        of_class = [one for one in recordings if one.category == normal]
        training = [read_clip(one.path) for one in of_class if one.fold not in given.folds]
        judged = [read_clip(one.path) for one in of_class if one.fold in given.folds]
        events = [one for one in recordings if one.category in RIGHT and one.fold in given.folds]
        detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, "recommended"))
        detector.fit(training)
        usual = usual_sounds(training)
        for clip in judged:
            normal_named.append(bool(names_of(detector, clip, usual, anyway=False)))
            hottest_named.append(bool(names_of(detector, clip, usual, anyway=True)))
        for i, event in enumerate(events):
            mixed = mix(judged[i % len(judged)], read_clip(event.path), SNR_DB, seed=0).clip
            names = names_of(detector, mixed, usual, anyway=False)
            is_right = names is not None and any(name in RIGHT[event.category] for name in names)
            right[event.category].append(is_right)
            if names is not None:
                of_anomalous[event.category].append(is_right)
        print(normal, {kind: np.mean(values) for kind, values in right.items()}, flush=True)
    rows = [
        "| event | mixes | right name among three | of those called anomalous |",
        "|---|---|---|---|",
    ]
    both = [
        {kind: 100 * float(np.mean(of[kind])) for kind in RIGHT} for of in (right, of_anomalous)
    ]
    rows += [
        f"| {kind} | {len(right[kind])} | {both[0][kind]:.0f} % | {both[1][kind]:.0f} % |"
        for kind in RIGHT
    ]
    means = [f"{np.mean(list(shares.values())):.1f} %" for shares in both]
    rows.append(f"| mean | | {means[0]} | {means[1]} |")
    text = [
        "## Names of what is new (`python -m benchmarks.naming`)",
        machine(),
        f"ESC-10, folds {given.folds} judged, events at {SNR_DB:g} dB. A mix that is not called "
        "anomalous has no name, which counts as wrong in the first column.",
        "\n".join(rows),
        f"Of {len(normal_named)} normal recordings {100 * np.mean(normal_named):.0f} % are given a "
        f"name, and {100 * np.mean(hottest_named):.0f} % would be if each one's most anomalous "
        "second were named.",
    ]
    write_section("naming", "\n\n".join(text))
    print("\n".join(text[2:]))


if __name__ == "__main__":
    main()
