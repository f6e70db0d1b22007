"""`hearmap rank PATH...`: which detector to take for these recordings, as far as they can tell."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import arguments
from core.errors import AudioError, FitError, SettingError

if TYPE_CHECKING:
    from core.audio import Channel
    from core.evaluation.ranking import ClipReader, Standing

LABELS = {"unlike": True, "1": True, "normal": False, "0": False}


def add_to(commands: arguments.Commands) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "rank",
        help="compare detectors on your recordings",
        description="Compare heads and presets on normal recordings: how steady each is on clips "
        "held out, and what it costs. With clips that are unlike them, rank by AUROC.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="normal recordings")
    labelled = parser.add_mutually_exclusive_group()
    labelled.add_argument(
        "--unlike", nargs="+", type=Path, default=[], metavar="PATH", help="clips unlike them"
    )
    labelled.add_argument(
        "--labelled",
        type=Path,
        metavar="CSV",
        help="a table with columns clip and label (normal or unlike); clips lie beside it",
    )
    parser.add_argument(
        "--heads",
        type=arguments.names,
        metavar="A,B",
        help="heads (default: all)",
    )
    parser.add_argument(
        "--presets",
        type=arguments.names,
        default=["recommended", "published"],
        metavar="A,B",
        help="presets (default: recommended,published)",
    )
    parser.add_argument("--backbone", default="aisfx", help="the network")
    parser.add_argument("--seed", type=int, default=0, help="makes the comparison repeatable")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments.add_grouping(parser)
    arguments.add_rate(parser, 0.05)
    arguments.add_channel(parser)
    arguments.add_device(parser)
    arguments.add_progress(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Prints one table and one sentence; recordings that cannot be used are left out."""
    channel = arguments.channel(given.channel)
    labels = read_labels(given.labelled) if given.labelled else {}
    from core.audio import find_audio
    from core.backbones import load_backbone
    from core.detectors.registry import heads_for
    from core.evaluation.candidate import Candidate
    from core.evaluation.ranking import RankedRecordings, UnreadClip, rank

    candidates = [
        Candidate.of(head, preset, given.backbone)
        for head in given.heads or heads_for(given.backbone)
        for preset in given.presets
    ]
    sample_rate = load_backbone(given.backbone, given.device).settings.sample_rate
    files = [file for file in find_audio(given.paths) if file.resolve() not in labels]
    by_file = arguments.groups(files, given.paths, given.group_by)
    normal = _readable(files, channel, sample_rate)
    if not normal:
        raise FitError("None of the normal recordings can be used.")
    unlike = [*find_audio(given.unlike)] if given.unlike else []
    unlike += [file for file, is_unlike in labels.items() if is_unlike]
    others = [file for file, is_unlike in labels.items() if not is_unlike]
    unlike_clips = _readable(unlike, channel, sample_rate)
    if unlike and not unlike_clips:
        raise AudioError("None of the clips unlike the normal recordings can be used.")
    standings = rank(
        RankedRecordings(
            [
                UnreadClip(read, by_file[file] if by_file else sound)
                for file, (read, sound) in normal.items()
            ],
            [read for read, _ in unlike_clips.values()],
            [read for read, _ in _readable(others, channel, sample_rate).values()],
        ),
        candidates,
        device=given.device,
        seed=given.seed,
        false_alarm_rate=given.false_alarm_rate,
        progress=arguments.progress(given.progress),
    )
    problems = [one.problem for one in standings if one.problem]
    if len(problems) == len(standings):
        raise FitError(problems[0])
    print(as_json(standings) if given.json else as_table(standings))
    return 0


def read_labels(table: Path) -> dict[Path, bool]:
    """Whether each clip of the table is unlike the normal ones; names are relative to the table.

    Raises:
        SettingError: it cannot be read, or a row has no clip or another label; it is named.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeError, csv.Error):
        raise SettingError(f"--labelled “{table}” cannot be read as a CSV file.") from None
    labels = {}
    for number, row in enumerate(rows, start=2):
        clip, label = (str(row.get(name) or "").strip() for name in ("clip", "label"))
        if not clip or label.lower() not in LABELS:
            raise SettingError(
                f"Line {number} of “{table}” needs a clip and a label, normal or unlike; it has "
                f"“{clip}” and “{label}”."
            )
        path = (table.parent / clip).resolve()
        if not path.is_file():
            raise SettingError(f"Line {number} of “{table}” names “{clip}”, which is not there.")
        labels[path] = LABELS[label.lower()]
    if True not in labels.values():
        raise SettingError(f"--labelled “{table}” has no clip labelled unlike; nothing to rank by.")
    return labels


def as_table(standings: Sequence[Standing]) -> str:
    """One row a candidate, then what it says."""
    from core.evaluation.ranking import sentence

    lines = ["head         preset       AUROC (95 % interval)  alarms  spread   fit s  score s/min"]
    for one in standings:
        name = f"{one.candidate.head:<12} {one.candidate.preset:<12}"
        if one.problem:
            lines.append(f"{name} {one.problem}")
            continue
        area = one.roc_auc
        cells = [
            f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})" if area else "-",
            "-" if one.n_alarms is None else f"{one.n_alarms}/{one.n_checked}",
            "-" if one.spread is None else f"{one.spread:.3f}",
            f"{one.fit_seconds:.1f}",
            f"{one.score_seconds:.1f}",
        ]
        widths = (21, 7, 7, 7, 12)
        row = " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        lines.append(f"{name} {row}")
    legend = (
        "alarms: normal clips called unlike by a detector of the other half of the recordings; "
        "spread: quartile distance of held-out normal scores over their median."
    )
    return "\n".join([*lines, legend, "", sentence(standings)])


def as_json(standings: Sequence[Standing]) -> str:
    """The same as one object; what is unknown is null."""
    from core.evaluation.ranking import chosen, sentence

    best = chosen(standings)
    candidates = []
    for one in standings:
        values = dataclasses.asdict(one)
        del values["candidate"]
        candidates.append(_head_and_preset(one) | values)
    return json.dumps(
        {
            "ranked": standings[0].roc_auc is not None,
            "suggested": _head_and_preset(best) if best else None,
            "sentence": sentence(standings),
            "candidates": candidates,
        },
        allow_nan=False,
    )


def _head_and_preset(one: Standing) -> dict[str, Any]:
    return {"head": one.candidate.head, "preset": one.candidate.preset}


def _readable(
    files: Sequence[Path], channel: Channel, sample_rate: int
) -> dict[Path, tuple[ClipReader, str]]:
    """A reader of each clip that can be read, and the sha256 of its sound; others are named."""
    from core.audio import read_clip

    readers: dict[Path, tuple[ClipReader, str]] = {}
    for file in files:
        read = partial(read_clip, file, channel=channel, sample_rate=sample_rate)
        try:
            readers[file] = (read, read().sha256)
        except AudioError as error:
            arguments.remark(f"left out: {error}")
    return readers
