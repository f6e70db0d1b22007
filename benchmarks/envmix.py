"""`python -m benchmarks.envmix --esc50 ROOT --out DIR`: EnvMix and novelty on ESC-10's classes.

Runs `hearmap bench`, which goes on where it was stopped, and writes its tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.results_page import machine, write_section
from core.cli import main as hearmap

NORMALS = "rain,helicopter,chainsaw,crackling_fire"
ANOMALIES = "dog,sneezing,rooster"

NOTE = """
What can be compared: the four normal classes, three anomaly classes, folds and SNRs are those of
the project's first prototype (sample / spectrogram / temporal AUROC: PatchCore as published 61.9 /
74.1 / 70.2, at 6 dB 70.3 / 80.3 / 75.9; PaDiM as published 59.6 / 73.6 / 70.0; its best form 87.5 /
81.0 / 84.5). The mixes are drawn anew, so a point or two is chance. PatchCore as published lies 3
points below the prototype at 6 dB: the prototype's clip score was the map's highest cell, the
paper's Equation 7 weighs it, which costs 1.3 points here (`--set n_reweighting=0` gives 68.5).

What cannot: the paper's EnvMix mixes other recordings (UrbanSound8K with ESC-50), uses CLAP's CNN14
and probably another AU-PRO (axes rescaled by min and max, `core.metrics.au_pro_moviad`); its F1
stands on a balanced test set, ours on three mixes a normal clip (floor 85.7).

Settings of the recommended form were chosen on folds 1-3, leaving one fold out; folds 4-5 were
scored once with them fixed, and again here by this command.
"""


def main() -> int:
    """Run both benchmarks and write their sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--esc50", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--heads", default="patchcore,padim")
    parser.add_argument("--presets", default="published,recommended")
    parser.add_argument("--snr", nargs="+", default=["6", "0", "-6"])
    parser.add_argument("--section", default="envmix")
    parser.add_argument("--no-grouping", action="store_true", help="no ungrouped calibration")
    given = parser.parse_args()
    if not (given.esc50 / "meta" / "esc50.csv").is_file():
        print(f"skipped: the ESC-10 recordings are not in {given.esc50}", file=sys.stderr)
        return 1
    shared = ["--esc50", str(given.esc50), "--normal", NORMALS, "--heads", given.heads]
    shared += ["--presets", given.presets, "--seed", "0"]
    envmix = [*shared, "--anomaly", ANOMALIES, "--snr", *given.snr]
    envmix += [] if given.no_grouping else ["--compare-grouping"]
    status = hearmap(["bench", "envmix", *envmix, "--out", str(given.out / "envmix")])
    status = status or hearmap(["bench", "novelty", *shared, "--out", str(given.out / "novelty")])
    if status:
        return status
    tables = [(given.out / name / "results.md").read_text() for name in ("envmix", "novelty")]
    grouping = "" if given.no_grouping else " --compare-grouping"
    write_section(
        given.section,
        f"## EnvMix on ESC-10's classes: {given.heads}\n\n{machine()}\n\n"
        f"    hearmap bench envmix --normal {NORMALS} --anomaly {ANOMALIES} --heads {given.heads}"
        f" --snr {' '.join(given.snr)} --seed 0{grouping}\n\n{tables[0]}\n{NOTE}\n"
        f"### Novelty: one class against the other three\n\n{tables[1]}",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
