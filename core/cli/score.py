"""`hearmap score MODEL PATH... [--json]`: how unlike the normal recordings each clip is."""

from __future__ import annotations

import argparse
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import arguments
from core.errors import AudioError
from core.report.summary_sentence import count_sentence, summary_sentence

if TYPE_CHECKING:
    from core.audio import Channel
    from core.detectors.detector import Detector
    from core.types import AnomalyMap, Clip

SOME_UNREADABLE = 3


@dataclass(frozen=True)
class Scored:
    """One clip's outcome: its map, or why there is none."""

    path: Path
    found: AnomalyMap | None
    error: str | None


def add_to(commands: arguments.Commands) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "score",
        help="score clips against a model",
        description="Score clips; exit status 3 says that some could not be read.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="a folder made by hearmap fit")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments.add_rate(parser, None)
    arguments.add_channel(parser)
    arguments.add_device(parser)
    arguments.add_progress(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Scores every clip that can be read, in the order of their names."""
    channel = arguments.channel(given.channel)
    from core.detectors.detector import Detector

    detector = Detector.load(given.model, device=given.device)
    if given.false_alarm_rate is not None:
        detector.false_alarm_rate = given.false_alarm_rate
    progress = arguments.progress(given.progress)
    files, missing = files_of(given.paths)
    n_total = len(files) + len(missing)
    n_unreadable = n_anomalous = 0
    if not given.json:
        print(" p-value      score  threshold  clip")
    for n_done, outcome in enumerate(chain(missing, scored(detector, files, channel)), start=1):
        n_unreadable += outcome.found is None
        n_anomalous += outcome.found is not None and outcome.found.anomalous
        progress(f"Scored {outcome.path.name}", min(0.99, n_done / n_total))
        print(as_json(outcome) if given.json else as_row(outcome), flush=True)
    progress("Done", 1.0)
    if not given.json:
        print(
            f"\n{count_sentence(n_anomalous, n_total - n_unreadable)}, at a false-alarm rate of "
            f"{detector.false_alarm_rate:.3g}"
            + (f"; {n_unreadable} could not be read." if n_unreadable else ".")
        )
    return SOME_UNREADABLE if n_unreadable else 0


def scored(detector: Detector, files: Sequence[Path], channel: Channel) -> Iterator[Scored]:
    """The outcome of each file, in order; one that cannot be read does not stop the others."""
    from core.audio import read_clip

    waiting: deque[Scored] = deque()

    def clips() -> Iterator[Clip]:
        for file in files:
            try:
                clip = read_clip(file, channel=channel, sample_rate=detector.sample_rate)
            except AudioError as error:
                waiting.append(Scored(file, None, str(error)))
            else:
                waiting.append(Scored(file, None, None))
                yield clip

    for found in detector.score_many(clips()):
        while waiting[0].error is not None:
            yield waiting.popleft()
        yield Scored(waiting.popleft().path, found, None)
    yield from waiting


def as_json(outcome: Scored) -> str:
    """The outcome as one line of JSON; what is unknown is null."""
    found = outcome.found
    return json.dumps(
        {
            "clip": str(outcome.path),
            "score": found.score if found else None,
            "p_value": found.p_value if found else None,
            "threshold": found.threshold if found else None,
            "anomalous": found.anomalous if found else None,
            "regions": [
                {
                    "start_s": round(region.start_s, 4),
                    "end_s": round(region.end_s, 4),
                    "low_hz": round(region.low_hz, 2),
                    "high_hz": round(region.high_hz, 2),
                    "p_value": region.p_value,
                }
                for region in (found.regions if found else ())
            ],
            "error": outcome.error,
        },
        allow_nan=False,
    )


def as_row(outcome: Scored) -> str:
    """The outcome as two lines of the table."""
    name, found = arguments.one_line(str(outcome.path)), outcome.found
    if found is None:
        error = arguments.one_line(outcome.error or "")
        return f"       -          -          -  {name}\n{'':32}{error}"
    numbers = f"{found.p_value:8.3f} {found.score:10.4g} {found.threshold:10.4g}"
    return f"{numbers}  {name}\n{'':32}{summary_sentence(found)}"


def files_of(paths: Sequence[Path]) -> tuple[list[Path], list[Scored]]:
    """The audio files under the paths, and the paths that give none."""
    from core.audio import find_audio

    files: dict[Path, None] = {}
    missing = []
    for path in paths:
        try:
            files.update(dict.fromkeys(find_audio([path])))
        except AudioError as error:
            missing.append(Scored(path, None, str(error)))
    return list(files), missing
