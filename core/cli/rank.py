"""`hearmap rank PATH...`: which detector to take for these recordings, as far as they can tell."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import arguments, terminal
from core.errors import AudioError, FitError, SettingError
from core.exchange.csv_cells import read_table
from core.exchange.recording_names import find_by_name
from core.runtime.atomic_write import os_errors_as

# `hearmap --help` does not wait for PyTorch.
if TYPE_CHECKING:
    from core.evaluation.ranking import Standing

# Of Triage's export; that of 0.1.0 calls the annotation “label”.
TRIAGE_COLUMNS = ("clip_id", "name")
# “unlike” is the word of HearMap 0.1.0.
IS_ANOMALOUS = {"anomalous": True, "unlike": True, "1": True, "normal": False, "0": False}

HELP = "compare detectors on your recordings"
DESCRIPTION = (
    "Compare heads and presets on normal recordings: how steady each is on "
    "recordings that it was not fitted on, and what it costs. With anomalous recordings, rank "
    "by AUROC."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "paths")
    known = parser.add_mutually_exclusive_group()
    # The second name is that of 0.1.0.
    anomalous = {"--anomalous/--unlike PATH...": "anomalous recordings"}
    table = (
        "a table with columns clip and label (normal or anomalous), or what Triage exports; "
        "recordings lie beside it, or under PATH"
    )
    arguments.add_own(known, anomalous, default=[])
    arguments.add_own(known, {"--labelled CSV": table})
    arguments.add_own(parser, {"--heads A,B": "heads (default: all)"}, type=arguments.names)
    presets = {"--presets A,B": "presets (default: recommended,published)"}
    default = ["recommended", "published"]
    arguments.add_own(parser, presets, type=arguments.names, default=default)
    arguments.add(parser, "--backbone", "--seed", "--json", "--group-by", "--false-alarm-rate")
    arguments.add(parser, "--channel", "--device", "--progress")
    parser.set_defaults(channel=0, backbone="aisfx", false_alarm_rate=0.05)


def run(given: argparse.Namespace) -> int:
    """Print one table and one sentence; recordings that cannot be used are left out.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        FitError: too few normal recordings can be used.
        AudioError: no anomalous recording can be used.
        SettingError: an argument is wrong.
    """
    known = read_verdicts(given.labelled, given.paths) if given.labelled else {}
    from core.backbones import load_backbone
    from core.detectors.registry import heads_for
    from core.evaluation.candidate import Candidate
    from core.evaluation.ranking import RankedRecordings, UnreadClip, rank
    from core.types import Clip
    from core.workflows.source import FileSource

    candidates = [
        Candidate.of(head, preset, given.backbone)
        for head in given.heads or heads_for(given.backbone)
        for preset in given.presets
    ]
    sample_rate = load_backbone(given.backbone, given.device).settings.sample_rate

    def read(source: FileSource) -> Clip:
        return source.read(given.channel, sample_rate)[0]

    def readable(chosen: Sequence[FileSource]) -> list[UnreadClip]:
        return [
            UnreadClip(partial(read, source), source.group or clip.sha256)
            for source, clip in arguments.readable(chosen, given.channel, sample_rate)
        ]

    found = arguments.sources(given.paths, given.group_by)
    normal = readable([source for source in found if source.path.resolve() not in known])
    if not normal:
        raise FitError("None of the normal recordings can be used.")
    anomalous = arguments.sources(given.anomalous) if given.anomalous else []
    anomalous += [FileSource(path=path) for path, is_anomalous in known.items() if is_anomalous]
    others = [FileSource(path=path) for path, is_anomalous in known.items() if not is_anomalous]
    anomalous_clips = readable(anomalous)
    if anomalous and not anomalous_clips:
        raise AudioError("None of the anomalous recordings can be used.")
    recordings = RankedRecordings(
        normal, [one.read for one in anomalous_clips], [one.read for one in readable(others)]
    )
    standings = rank(
        recordings,
        candidates,
        device=given.device,
        seed=given.seed,
        false_alarm_rate=given.false_alarm_rate,
        progress=terminal.progress(given.progress),
    )
    problems = [one.problem for one in standings if one.problem]
    if len(problems) == len(standings):
        raise FitError(problems[0])
    print(as_json(standings) if given.json else as_table(standings))
    return 0


def read_verdicts(table: Path, paths: Sequence[Path] = ()) -> dict[Path, bool]:
    """Read which recordings are anomalous, from a table of one's own or from Triage's export.

    Args:
        table: a CSV with columns clip and label, or as Triage exports it, its columns parted by
            commas, semicolons or tabs. Of Triage's rows those that are “unsure” or have no
            annotation do not count
        paths: files and folders in which a recording is looked for that does not lie beside the
            table

    Returns:
        Whether each recording is anomalous, by its resolved path.

    Raises:
        SettingError: it cannot be read, or a row has no clip or another label; it is named.
    """
    with os_errors_as(SettingError, f"--labelled “{table}” cannot be read"):
        content = table.read_bytes()
    found = read_table(content, str(table))
    is_triages = found.first_of("annotation") or all(map(found.first_of, TRIAGE_COLUMNS))
    clip_column = found.first_of("clip", "name") if is_triages else "clip"
    label_column = found.first_of("annotation", "label")
    known: dict[Path, bool] = {}
    for number, cells in found.rows:
        clip, verdict = (
            cells.get(column or "", "").strip() for column in (clip_column, label_column)
        )
        if is_triages and verdict.lower() in ("", "unsure"):
            continue
        if not clip or verdict.lower() not in IS_ANOMALOUS:
            raise SettingError(
                f"Line {number} of “{table}” needs a clip and a label, normal or anomalous; it has "
                f"“{clip}” and “{verdict}”."
            )
        path = _labelled_file(table, clip, paths)
        if path is None:
            raise SettingError(f"Line {number} of “{table}” names “{clip}”, which is not there.")
        known[path] = IS_ANOMALOUS[verdict.lower()]
    if True not in known.values():
        raise SettingError(f"--labelled “{table}” has no anomalous recording to rank by.")
    return known


def _labelled_file(table: Path, clip: str, paths: Sequence[Path]) -> Path | None:
    # Beside the table, or the one file under the paths whose path ends like this.
    beside = table.parent / clip.replace("\\", "/")
    if beside.is_file():
        return beside.resolve()
    from core.audio import find_audio

    names = {path.resolve(): [str(path)] for path in find_audio(paths)} if paths else {}
    found = find_by_name(clip, names)
    return found[0] if len(found) == 1 else None


def as_table(standings: Sequence[Standing]) -> str:
    """Put the candidates into a table.

    Args:
        standings: what was measured, best first

    Returns:
        A heading, a row a candidate, and what it says in a sentence.
    """
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
        "alarms: normal recordings called anomalous by a detector of the other half of them; "
        "spread: quartile distance of cross-fitted normal scores over their median."
    )
    return "\n".join([*lines, legend, "", sentence(standings)])


def as_json(standings: Sequence[Standing]) -> str:
    """Put the candidates into JSON.

    Args:
        standings: what was measured, best first

    Returns:
        One object; what is unknown is null.
    """
    from core.evaluation.ranking import chosen, sentence

    best = chosen(standings)
    candidates = [_head_and_preset(one) | dataclasses.asdict(one) for one in standings]
    for values in candidates:
        del values["candidate"]
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
