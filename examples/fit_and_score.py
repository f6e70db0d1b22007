"""Fit a detector on normal recordings, score new ones, and save the model and a map.

    python examples/fit_and_score.py OUT

The recordings are made by HearMap, so nothing is needed but the network's weights
(`hearmap weights fetch aisfx`). With your own, read them by `core.audio.read_clip`.
"""

import argparse
from pathlib import Path

from core import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.evaluation.datasets.machines import make
from core.report.recording import map_npz
from core.types import TrainingClip


def main(out: Path) -> None:
    """Fit, score and write.

    Args:
        out: the folder for the model and the map.
    """
    # A group is what belongs together: here two clips of each of six days.
    normal = [
        TrainingClip(make("fan", seed=seed, duration_seconds=2.0).clip, group=f"day {seed // 2}")
        for seed in range(12)
    ]
    detector = Detector(
        RECOMMENDED_HEAD,
        false_alarm_rate=0.2,
        **preset_settings(RECOMMENDED_HEAD, "recommended"),
    )
    detector.fit(normal)
    detector.save(out / "fan")

    for fault in (None, "bearing knock"):
        clip = make("fan", seed=100, duration_seconds=2.0, fault=fault).clip
        found = detector.score(clip)
        verdict = "anomalous" if found.anomalous else "normal"
        print(f"{clip.name}: {verdict}, score {found.score:.2f}, p-value {found.p_value:.2f}")
        for region in found.regions[:3]:
            print(
                f"  {region.start_s:.2f} to {region.end_s:.2f} s, "
                f"{region.low_hz:.0f} to {region.high_hz:.0f} Hz"
            )
    (out / "map.npz").write_bytes(map_npz(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the model and the map")
    main(parser.parse_args().out)
