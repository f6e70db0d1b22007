"""`python -m benchmarks.envmix --esc50 ROOT --out DIR`: EnvMix and novelty on ESC-10's classes.

With `--machines fan,pump` instead of `--esc50`: EnvMix on the built-in machines, no data needed.
With `--grouping`: what calibration promises of false alarms, recordings known and not known.
Runs `hearmap bench`, which goes on where it was stopped, and writes its tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
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

Heads that train a network repeat to the digit with the same number of threads, and move by some
points with another: STFPM as published had 79.6 (87.2 at 6 dB) with two threads a process, where
the table's run had one. Take differences between them as smaller than they look.

What cannot: the paper's EnvMix mixes other recordings (UrbanSound8K with ESC-50), uses CLAP's CNN14
and probably another AU-PRO (axes rescaled by min and max, `core.metrics.au_pro_moviad`); its F1
stands on a balanced test set, ours on three mixes a normal clip (floor 85.7).

Settings of the recommended form were chosen on folds 1-3, leaving one fold out, and where a
stationary fault is drawn on takes of the built-in machines; folds 4-5 were scored with them fixed.
"""

MACHINES_NOTE = """
What can be compared: heads and presets with one another, on sounds that anyone can make again to
the digit from the seed, with faults at a known ratio and place. A missed stroke is never louder
than the stroke that is missing, so its ratio stays at 0 dB and below.

What cannot: the paper's numbers, printed beside ours because the measures are the same. Its clips
are recordings of streets and animals (UrbanSound8K with ESC-50), heard by another network
(CLAP's CNN14); made machines are far steadier than those, so that a clip with a fault is easier
to tell from a normal one, while a fault that lasts the whole clip, or a click of 10 ms, gives a
truth in time and frequency that no map of this resolution fits. The set is small: see the
intervals. F1 of whole clips stands on more anomalous clips than normal ones (its floor is in the
table), the paper's on a balanced set; its F1 of cells is taken to be at each map's 40th percentile.
"""


FALSE_ALARMS = "Share of new normal clips above the threshold"
GROUPING_NOTE = """
Each class has 16 held-out clips, so an interval is wide: 0 of 16 says only that the rate is below
21 %. Grouped, clips of one recording stay together when the held-out scores are made. Ungrouped,
some of a recording's clips stand among the clips fitted on and some among those held out; what is
held out then looks more normal than new recordings do, the threshold comes out too low, and the
rate breaks its promise where recordings differ most: of helicopters, 50 and 62 in 100 at 10 %.

Grouped, one rate lies above its promise by more than its interval allows: CFA as published on
crackling fire, and there it breaks ungrouped too. The recordings of the test folds differ from
those of the training folds, and no calibration on these can know that; the recommended forms,
which subtract a clip's background, call none or one of these 16 clips anomalous.
"""


def main() -> int:
    """Run what is asked for and write its section.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--esc50", type=Path)
    source.add_argument("--machines")
    parser.add_argument("--most-training", default="8")
    parser.add_argument("--most-tests", default="4")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--heads", default="all")
    parser.add_argument("--novelty-heads", help="by default the same")
    parser.add_argument("--presets", default="published,recommended")
    parser.add_argument("--snr", nargs="+", default=["6", "0", "-6"])
    parser.add_argument("--grouping", action="store_true", help="only false alarms, both ways")
    given = parser.parse_args()
    if given.machines:
        return machines(given)
    if not (given.esc50 / "meta" / "esc50.csv").is_file():
        print(f"skipped: the ESC-10 recordings are not in {given.esc50}", file=sys.stderr)
        return 1
    shared = ["--normal", NORMALS, "--presets", given.presets, "--seed", "0"]
    envmix = [*shared, "--heads", given.heads, "--anomaly", ANOMALIES, "--snr", *given.snr]
    novelty = [*shared, "--heads", given.novelty_heads or given.heads]
    if given.grouping:
        return grouping(given, [*envmix, "--compare-grouping"])
    parts = [ran(given, "envmix", envmix), ran(given, "novelty", novelty)]
    write_section(
        "envmix",
        f"## EnvMix on ESC-10's classes\n\n{machine()}\n\n{parts[0]}\n{NOTE}\n"
        f"### Novelty: one class against the other three\n\n{parts[1]}",
    )
    return 0


def ran(given: argparse.Namespace, name: str, options: list[str]) -> str:
    """Run `hearmap bench`.

    Args:
        given: This program's arguments.
        name: The benchmark.
        options: Its options.

    Returns:
        The command, how long it took, stops and starts added up, and the tables it wrote.

    Raises:
        SystemExit: it failed.
    """
    folder = given.out / name
    start = time.monotonic()
    command = ["bench", name, "--esc50", str(given.esc50), *options, "--progress", "lines"]
    status = hearmap([*command, "--out", str(folder)])
    if status:
        raise SystemExit(status)
    clock = given.out / f"{name}_minutes.txt"
    minutes = (time.monotonic() - start) / 60
    minutes += float(clock.read_text()) if clock.is_file() else 0.0
    clock.write_text(f"{minutes:.2f}\n")
    return (
        f"    hearmap bench {name} --esc50 ROOT {shlex.join(options)}\n\n"
        f"It took {minutes:.1f} minutes.\n\n{(folder / 'results.md').read_text()}"
    )


def grouping(given: argparse.Namespace, options: list[str]) -> int:
    """Compare calibrations that know which clips are of one recording with those that do not.

    Args:
        given: This program's arguments.
        options: The options of `hearmap bench envmix`.

    Returns:
        The exit status.
    """
    told = ran(given, "envmix", options)
    command, tables = told.split("\n\n", 1)
    table = tables[tables.index(FALSE_ALARMS) :]
    write_section(
        "grouping",
        f"## False alarms, grouped and ungrouped\n\n{machine()}\n\n{command}\n\n{table}"
        f"\n{GROUPING_NOTE}",
    )
    return 0


def machines(given: argparse.Namespace) -> int:
    """Run EnvMix on the built-in machines and write its section.

    Args:
        given: This program's arguments.

    Returns:
        The exit status.
    """
    options = ["--machines", given.machines, "--heads", given.heads, "--presets", given.presets]
    options += ["--snr", *given.snr, "--most-training", given.most_training]
    options += ["--most-tests", given.most_tests, "--seed", "0"]
    out = ["--progress", "lines", "--out", str(given.out)]
    status = hearmap(["bench", "envmix", *options, *out])
    if status:
        return status
    write_section(
        "envmix-machines",
        f"## EnvMix on the built-in machines: {given.machines}\n\n{machine()}\n\n"
        f"    hearmap bench envmix {shlex.join(options)}\n\n"
        f"{(given.out / 'results.md').read_text()}\n{MACHINES_NOTE}",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
