"""`hearmap layers PATH...`: which layers of a backbone suit these normal recordings."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.cli import arguments, terminal
from core.errors import FitError

if TYPE_CHECKING:
    from core.evaluation.layer_choice import LayersStanding

HELP = "compare the layers of a backbone on your normal recordings"
DESCRIPTION = (
    "Compare layers and sets of layers: how well a detector on each tells normal "
    "recordings, which it was not fitted on, from anomalies made of the same recordings. No "
    "anomalous recording is needed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "paths", "--head", "--preset", "--backbone", "--seed", "--json")
    arguments.add(parser, "--group-by", "--channel", "--device", "--progress")
    parser.set_defaults(channel=0, head="padim", backbone="aisfx")


def run(given: argparse.Namespace) -> int:
    """Print one table and one sentence; recordings that cannot be used are left out.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        FitError: too few recordings can be used.
        SettingError: an argument is wrong.
    """
    # `hearmap --help` does not wait for PyTorch.
    from core.backbones import front_end
    from core.evaluation.layer_choice import choose_layers, sentence
    from core.types import TrainingClip

    sample_rate = front_end(given.backbone).sample_rate
    chosen = arguments.sources(given.paths, given.group_by)
    clips = [
        TrainingClip(clip, group=source.group)
        for source, clip in arguments.readable(chosen, given.channel, sample_rate)
    ]
    if not clips:
        raise FitError("None of the recordings can be used.")
    standings = choose_layers(
        clips,
        head=given.head,
        preset=given.preset,
        backbone=given.backbone,
        device=given.device,
        seed=given.seed,
        progress=terminal.progress(given.progress),
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
    """Put the sets of layers into a table.

    Args:
        standings: what was measured, best first

    Returns:
        A heading, and a row a set of layers.
    """
    kinds = list(standings[0].by_kind)
    width = max(len(" + ".join(one.layers)) for one in standings)
    lines = [f"{'layers':<{width}}  AUROC (95 % interval)  " + "  ".join(kinds)]
    for one in standings:
        area = one.roc_auc
        cells = "  ".join(f"{one.by_kind[kind]:{len(kind)}.2f}" for kind in kinds)
        shown = f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})"
        lines.append(f"{' + '.join(one.layers):<{width}}  {shown:<21}  {cells}")
    return "\n".join(lines)
