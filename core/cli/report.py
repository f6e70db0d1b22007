"""`hearmap report MODEL PATH... --out FILE.html`: many clips on one page that opens anywhere."""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path

from core.cli import arguments
from core.cli.score import SOME_UNREADABLE, files_of, scored
from core.errors import AudioError, SettingError
from core.report.summary_sentence import count_sentence

SUFFIXES = (".html", ".zip")


def add_to(commands: arguments.Commands) -> None:
    """Add the command and its arguments.

    Args:
        commands: the commands of `hearmap`
    """
    parser = commands.add_parser(
        "report",
        help="score clips and put them on one page",
        description="Score clips and write one page with pictures and sounds, strongest evidence "
        "first, that opens without a network. FILE.zip has all numbers, pictures and sounds beside "
        "it. Exit status 3 says that some clips could not be read.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="a folder made by hearmap fit")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="FILE.html, or FILE.zip for all"
    )
    parser.add_argument("--title", default="", metavar="TEXT", help="the page's heading")
    arguments.add_rate(parser, None)
    arguments.add_channel(parser)
    arguments.add_device(parser)
    arguments.add_progress(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Score every clip that can be read and write the page, whole or not at all.

    Args:
        given: the command's arguments

    Returns:
        The exit status: 3 where some recordings could not be read.

    Raises:
        HearMapError: the model cannot be read, or `--out` is there and is no report of HearMap's.
    """
    if given.out.suffix.lower() not in SUFFIXES:
        raise SettingError(f"--out ends in .html or .zip, not “{given.out.name}”.")
    channel = arguments.channel(given.channel)
    from core.audio import read_clip
    from core.detectors.detector import Detector
    from core.report.batch import BatchReport
    from core.report.recording import model_description, threshold_sentence, zip_bytes
    from core.report.replaceable import check_replaceable
    from core.runtime.atomic_write import atomic_write

    check_replaceable(given.out)
    detector = Detector.load(given.model, device=given.device)
    if given.false_alarm_rate is not None:
        detector.false_alarm_rate = given.false_alarm_rate
    report = BatchReport(
        given.title or f"Clips scored with {given.model.name}",
        detector.spectrogram_settings,
        model_description(detector),
        threshold_sentence(detector.calibration, detector.false_alarm_rate),
    )
    progress = arguments.progress(given.progress)
    files, missing = files_of(given.paths)
    n_total, n_unreadable, n_anomalous = len(files) + len(missing), 0, 0
    for n_done, outcome in enumerate(chain(missing, scored(detector, files, channel)), start=1):
        progress(f"Scored {outcome.path.name}", min(0.98, n_done / n_total))
        if outcome.found is None:
            n_unreadable += 1
            report.add_failed(str(outcome.path), outcome.error or "")
            continue
        n_anomalous += outcome.found.anomalous
        try:
            clip = read_clip(outcome.path, channel=channel, sample_rate=detector.sample_rate)
        except AudioError:  # gone since it was scored
            clip = None
        report.add(outcome.found, clip)
    content = (
        report.html().encode() if given.out.suffix.lower() == ".html" else zip_bytes(report.files())
    )
    check_replaceable(given.out)  # others may have written there while this scored
    with atomic_write(given.out) as temporary:
        temporary.write_bytes(content)
    progress("Done", 1.0)
    print(f"{count_sentence(n_anomalous, n_total - n_unreadable)}; {given.out}")
    return SOME_UNREADABLE if n_unreadable else 0
