"""`hearmap score MODEL PATH... [--json]`: which recordings are anomalous, and where."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.cli import arguments, terminal
from core.report.summary_sentence import count_sentence, summary_sentence
from core.runtime.legible import legible

# `hearmap --help` does not wait for PyTorch.
if TYPE_CHECKING:
    from core.audio import ChannelChoice
    from core.detectors.detector import Detector
    from core.workflows.score import Outcome
    from core.workflows.source import FileSource

SOME_UNREADABLE = 3
NUMBERS = ("score", "p_value", "one_in", "threshold", "anomalous", "n_regions")
OF_BOX = ("start_s", "end_s", "low_hz", "high_hz")
OF_VIEW = ("view", "p_value", "score", "counted", "words")

HELP = "score recordings with a model"
DESCRIPTION = "Score recordings; exit status 3 says that some could not be read."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "model", "paths", "--json", "--false-alarm-rate")
    channel = {
        "--channel CHANNEL": "channel of the recordings: a number from 0, mean, loudest (of each "
        "recording that of the highest level), or each, which scores every channel; by default the "
        "model's"
    }
    arguments.add_own(parser, channel, type=_channel)
    arguments.add(parser, "--device", "--progress")


def _channel(text: str) -> ChannelChoice | Literal["each"]:
    return "each" if text == "each" else arguments.channel(text)


def run(given: argparse.Namespace) -> int:
    """Score every recording that can be read, in the order of their names.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        HearMapError: the model cannot be loaded, or an argument is wrong.
    """
    from core.workflows.batch_shift import ScoredBatch

    detector, batch = arguments.load_detector(given), ScoredBatch()
    n_total = n_unreadable = n_anomalous = 0
    if not given.json:
        print(" p-value      score  threshold  recording")
    for outcome in outcomes(given, detector):
        n_total += 1
        n_unreadable += outcome.found is None
        n_anomalous += outcome.found is not None and outcome.found.anomalous
        if outcome.found is not None:
            batch.add(outcome.found)
        print(as_json(outcome) if given.json else as_row(outcome), flush=True)
    if not given.json:
        print(
            f"\n{count_sentence(n_anomalous, n_total - n_unreadable)}, at a false-alarm rate of "
            f"{detector.false_alarm_rate:.3g}"
            + (f"; {n_unreadable} could not be read." if n_unreadable else ".")
        )
    if note := batch.note(detector):
        terminal.remark(note)
    return SOME_UNREADABLE if n_unreadable else 0


def outcomes(given: argparse.Namespace, detector: Detector) -> Iterator[Outcome[FileSource]]:
    """Score the recordings that a command was given.

    Args:
        given: the command's arguments, with paths, channel and progress
        detector: a fitted detector

    Yields:
        What became of each path that gives no recordings, and of each folder that cannot be
        searched, then of each recording.
    """
    from core.workflows.score import Outcome, score
    from core.workflows.source import FileSource

    found: dict[Path, FileSource] = {}
    left_out: list[Outcome[FileSource]] = []

    def note(path: Path, sentence: str) -> None:
        left_out.append(Outcome(FileSource(path=path), error=sentence))

    for path in given.paths:
        found.update((source.path, source) for source in arguments.sources([path], note=note))
    yield from left_out
    progress = terminal.progress(given.progress)
    sources = arguments.named(list(found.values()), given.paths)
    yield from score(detector, sources, channel=given.channel, progress=progress)


def as_json(outcome: Outcome[FileSource]) -> str:
    """Put what became of a recording into JSON.

    Args:
        outcome: what became of it

    Returns:
        One line; what is unknown is null. `channel` is the one that was scored, from 0, or “mean”.
    """
    found = outcome.found
    return json.dumps(
        {
            "clip": legible(str(outcome.source.path)),
            "recorded_at": _recorded_at(outcome.source),
            **{name: getattr(found, name, None) for name in NUMBERS},
            "regions": [
                {
                    **{name: getattr(region, name) for name in OF_BOX},
                    "p_value": region.p_value,
                    "view": region.view or None,
                }
                for region in (found.regions if found else ())
            ],
            "views": [
                {name: getattr(view, name) for name in OF_VIEW}
                for view in (found.views if found else ())
            ],
            "channel": outcome.channel,
            "warnings": list(outcome.warnings),
            "error": outcome.error or None,
        },
        allow_nan=False,
    )


def _recorded_at(source: FileSource) -> str | None:
    found = source.recorded_at()
    return None if found is None else found.moment.isoformat()


def as_row(outcome: Outcome[FileSource]) -> str:
    """Put what became of a recording into the table.

    Args:
        outcome: what became of it

    Returns:
        Two lines, and one for each warning.
    """
    name, found = terminal.one_line(str(outcome.source.path)), outcome.found
    if outcome.n_channels > 1:
        name += f" (channel {outcome.channel})"
    if found is None:
        said = terminal.one_line(outcome.error)
        numbers = "       -          -          -"
    else:
        said = summary_sentence(found)
        numbers = f"{found.p_value:8.3f} {found.score:10.4g} {found.threshold:10.4g}"
    warnings = [f"Note: {terminal.one_line(sentence)}" for sentence in outcome.warnings]
    return "\n".join([f"{numbers}  {name}", *(f"{'':32}{one}" for one in [said, *warnings])])
