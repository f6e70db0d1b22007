"""`python -m benchmarks.generalise --esc50 ROOT --mimii ROOT --out DIR`: every set in one table.

Runs `hearmap bench generalise`, which goes on where it was stopped, and writes its tables into
RESULTS.md.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path

from benchmarks.results_page import machine, write_section
from core.cli import main as hearmap

SECTION = "generalise"


def main() -> int:
    """Run it and write its section.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--esc50", type=Path, required=True)
    parser.add_argument("--mimii", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--heads", default="padim")
    parser.add_argument("--presets", default="recommended,published")
    given = parser.parse_args()
    for folder, inside in ((given.esc50, "meta/esc50.csv"), (given.mimii, "fan")):
        if not (folder / inside).exists():
            print(f"skipped: the recordings are not in {folder}", file=sys.stderr)
            return 1
    options = ["--heads", given.heads, "--presets", given.presets, "--seed", "0"]
    sources = ["--esc50", str(given.esc50), "--mimii", str(given.mimii)]
    start = time.monotonic()
    more = ["--progress", "lines", "--out", str(given.out)]
    status = hearmap(["bench", "generalise", *sources, *options, *more])
    if status:
        return status
    minutes = (time.monotonic() - start) / 60
    write_section(
        SECTION,
        f"## Every set at once, beside simple rivals\n\n{machine()}\n\n"
        f"    hearmap bench generalise --esc50 ROOT --mimii ROOT {shlex.join(options)}\n\n"
        f"The run that ended it took {minutes:.1f} minutes.\n\n"
        f"{(given.out / 'results.md').read_text()}",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
