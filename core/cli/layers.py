"""`hearmap layers PATH...`: which layers of a backbone suit these normal recordings."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import arguments
from core.errors import AudioError, FitError

if TYPE_CHECKING:
    from core.evaluation.layer_choice import LayersStanding


def add_to(commands: arguments.Commands) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "layers",
        help="compare the layers of a backbone on your normal recordings",
        description="Compare layers and sets of layers: how well a detector on each tells normal "
        "clips held out from anomalies made of the same clips. Nothing labelled is needed.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="normal recordings")
    parser.add_argument("--head", default="padim", metavar="NAME", help="the anomaly algorithm")
    parser.add_argument("--preset", default="recommended", metavar="NAME", help="its settings")
    parser.add_argument("--backbone", default="aisfx", metavar="NAME", help="the network")
    parser.add_argument("--seed", type=int, default=0, help="makes the comparison repeatable")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments.add_grouping(parser)
    arguments.add_channel(parser)
    arguments.add_device(parser)
    arguments.add_progress(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Prints one table and one sentence; recordings that cannot be used are left out."""
    channel = arguments.channel(given.channel)
    from core.audio import find_audio, read_clip
    from core.backbones import front_end
    from core.evaluation.layer_choice import choose_layers, sentence
    from core.types import TrainingClip

    sample_rate = front_end(given.backbone).sample_rate
    files = find_audio(given.paths)
    by_file = arguments.groups(files, given.paths, given.group_by)
    clips = []
    for file in files:
        try:
            clip = read_clip(file, channel=channel, sample_rate=sample_rate)
        except AudioError as error:
            arguments.remark(f"left out: {error}")
            continue
        clips.append(TrainingClip(clip, group=by_file.get(file) if by_file else None))
    if not clips:
        raise FitError("None of the recordings can be used.")
    standings = choose_layers(
        clips,
        head=given.head,
        preset=given.preset,
        backbone=given.backbone,
        device=given.device,
        seed=given.seed,
        progress=arguments.progress(given.progress),
    )
    if given.json:
        rows = [dataclasses.asdict(one) for one in standings]
        print(json.dumps({"sentence": sentence(standings), "layers": rows}, allow_nan=False))
    else:
        print(as_table(standings))
        print(f"\n{sentence(standings)}")
        print(f"To use them: hearmap fit ... --set layers={','.join(standings[0].layers)}")
    return 0


def as_table(standings: Sequence[LayersStanding]) -> str:
    """One row a set of layers, best first."""
    kinds = list(standings[0].by_kind)
    width = max(len(" + ".join(one.layers)) for one in standings)
    lines = [f"{'layers':<{width}}  AUROC (95 % interval)  " + "  ".join(kinds)]
    for one in standings:
        area = one.roc_auc
        cells = "  ".join(f"{one.by_kind[kind]:{len(kind)}.2f}" for kind in kinds)
        shown = f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})"
        lines.append(f"{' + '.join(one.layers):<{width}}  {shown:<21}  {cells}")
    return "\n".join(lines)
