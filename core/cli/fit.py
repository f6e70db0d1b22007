"""`hearmap fit PATH... --out DIR`: a model of what normal sounds like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from core.cli import arguments
from core.errors import AudioError, FitError, SettingError


def add_to(commands: arguments.Commands) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "fit",
        help="learn what normal sounds like",
        description="Fit a detector on normal recordings and keep it in a folder.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model's folder")
    parser.add_argument(
        "--head",
        choices=arguments.HeadNames(),
        metavar="NAME",
        help="the anomaly algorithm: %(choices)s",
    )
    parser.add_argument(
        "--preset",
        default="recommended",
        metavar="NAME",
        help="the head's settings: recommended (default), or published, as in its own paper; "
        "anopatch also has small, published but for a CPU",
    )
    parser.add_argument(
        "--backbone",
        metavar="NAME",
        help="the network, one whose weights are here (hearmap weights); by default aisfx, for "
        "anopatch beats (or beats-small)",
    )
    parser.add_argument("--seed", type=int, default=0, help="makes the fit repeatable")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a setting of the head, over the preset's; may be given many times",
    )
    arguments.add_grouping(parser)
    parser.add_argument(
        "--label-by",
        metavar="RULE",
        help="each clip's class, for heads that learn from classes (anopatch): folder, "
        "name-field:N or csv:FILE",
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        metavar="DIR",
        help="keep a long training's state here; the same command goes on from it",
    )
    arguments.add_rate(parser, 0.05)
    arguments.add_channel(parser)
    arguments.add_device(parser)
    arguments.add_precision(parser)
    arguments.add_progress(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Fits and saves; recordings that cannot be used are named and left out."""
    settings, channel = arguments.settings(given.settings), arguments.channel(given.channel)
    _check_place(given.out)
    from core.audio import find_audio, read_clip
    from core.audio.source import AudioSource
    from core.detectors.detector import Detector
    from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
    from core.spectral.mel_coverage import band_limit_warning
    from core.types import TrainingClip

    head = given.head or RECOMMENDED_HEAD
    progress = arguments.progress(given.progress)
    detector = Detector(
        head,
        given.backbone,
        seed=given.seed,
        device=given.device,
        precision=given.precision,
        false_alarm_rate=given.false_alarm_rate,
        **(preset_settings(head, given.preset) | settings),
    )
    files = find_audio(given.paths)
    by_file = arguments.groups(files, given.paths, given.group_by)
    label_of = arguments.labels(files, given.paths, given.label_by)
    used: list[Path] = []
    left_out: list[Path] = []
    silent: list[Path] = []
    rates: list[int] = []

    def clips() -> Iterator[TrainingClip]:
        for file in files:
            try:
                clip = read_clip(file, channel=channel, sample_rate=detector.sample_rate)
            except AudioError as error:
                left_out.append(file)
                arguments.remark(f"left out: {error}")
            else:
                used.append(file)
                if clip.samples.min() == clip.samples.max():
                    silent.append(file)
                with AudioSource(file) as source:
                    rates.append(source.sample_rate)
                group = None if by_file is None else by_file[file]
                yield TrainingClip(clip, group, label_of.get(file, ""))
        if silent and len(silent) + len(left_out) == len(files):
            raise FitError(f"All {len(silent)} recordings are silent; there is nothing to learn.")

    try:
        detector.fit(
            clips(),
            checkpoints=given.checkpoints,
            n_clips=len(files),
            progress=progress,
        )
    except FitError as error:
        if left_out:
            raise FitError(f"{error} {len(left_out)} of {len(files)} were left out.") from None
        raise
    detector.save(given.out)
    if silent:
        arguments.remark(f"{len(silent)} of the recordings are silent, such as “{silent[0].name}”.")
    warning = detector.calibration.warning(detector.false_alarm_rate)
    bands = band_limit_warning(detector.spectrogram_settings, rates, detector.backbone.name)
    for said in (warning, bands):
        if said:
            arguments.remark(said)
    threshold = detector.calibration.threshold(detector.false_alarm_rate)
    n_recordings = len({clip["sha256"] for clip in detector.training})
    if by_file is not None:
        n_recordings = len({by_file[file] for file in used})
        if warning is None and detector.false_alarm_rate * (n_recordings + 1) < 1:
            arguments.remark(_few_recordings(n_recordings, detector.false_alarm_rate))
    print(
        f"Fitted {head} on {detector.n_clips} clips of {n_recordings} recordings; kept in "
        f"{given.out}. A clip is called unlike them above {threshold:.4g}, at a false-alarm rate "
        f"of {detector.false_alarm_rate:.3g}.",
        file=sys.stdout,
    )
    return 0


def _few_recordings(n_recordings: int, rate: float) -> str:
    return (
        f"The clips come from {n_recordings} recordings only; how far a new one may differ is "
        f"known for {1 / (n_recordings + 1):.1%} of them at best, so {rate:.1%} is a guess there."
    )


def _check_place(folder: Path) -> None:
    """Said before the work begins, not after it.

    Raises:
        SettingError: something that is not a model is in the way.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "manifest.json").is_file():
        raise SettingError(f"--out “{folder}” holds something that is not a model; choose another.")
    if folder.exists() and not folder.is_dir():
        raise SettingError(f"--out “{folder}” is a file; a model is a folder.")
