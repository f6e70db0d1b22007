"""`hearmap report MODEL PATH... --out FILE.html`: recordings on one page that opens anywhere."""

from __future__ import annotations

import argparse

from core.cli import arguments
from core.cli.score import SOME_UNREADABLE, outcomes
from core.errors import AudioError, SettingError
from core.report.summary_sentence import count_sentence
from core.runtime.legible import legible

SUFFIXES = (".html", ".zip")

HELP = "score recordings and put them on one page"
DESCRIPTION = (
    "Score recordings and write one page with pictures and sounds, the strongest "
    "first, that opens without a network. FILE.zip has all numbers, pictures and sounds beside "
    "it. Exit status 3 says that some recordings could not be read."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "model", "paths")
    arguments.add_own(parser, {"--out FILE": "FILE.html, or FILE.zip for all"}, required=True)
    arguments.add_own(parser, {"--title TEXT": "the page's heading"}, default="")
    arguments.add(parser, "--false-alarm-rate", "--channel", "--device", "--progress")


def run(given: argparse.Namespace) -> int:
    """Score every recording that can be read and write the page, whole or not at all.

    Args:
        given: the command's arguments

    Returns:
        The exit status: 3 where some recordings could not be read.

    Raises:
        SettingError: `--out` ends otherwise, or is there and is no report of HearMap's.
        HearMapError: the model cannot be read.
    """
    if given.out.suffix.lower() not in SUFFIXES:
        raise SettingError(f"--out ends in .html or .zip, not “{given.out.name}”.")
    # `hearmap --help` does not wait for PyTorch.
    from core.report.batch import BatchReport, drawn_part
    from core.report.recording import model_description, threshold_sentence, zip_bytes
    from core.report.replaceable import check_replaceable, marked
    from core.runtime.atomic_write import write_file
    from core.workflows.batch_shift import ScoredBatch

    check_replaceable(given.out)
    detector = arguments.load_detector(given)
    report = BatchReport(
        given.title or f"Recordings scored with {legible(given.model.name)}",
        detector.spectrogram_settings,
        model_description(detector),
        threshold_sentence(detector.calibration, detector.false_alarm_rate),
        detector.normal_spectra,
    )
    batch = ScoredBatch()
    n_read = n_unreadable = n_anomalous = 0
    for outcome in outcomes(given, detector):
        if outcome.found is None:
            n_unreadable += 1
            name = outcome.source.name or legible(str(outcome.source.path))
            report.add_failed(name, outcome.error)
            continue
        batch.add(outcome.found)
        n_read += 1
        n_anomalous += outcome.found.anomalous
        try:
            heard = detector.channel if given.channel is None else given.channel
            if outcome.channel is not None:
                heard = outcome.channel
            part = drawn_part(outcome.found)
            clip = outcome.source.read_part(heard, detector.sample_rate, *part)
        except AudioError:  # gone since it was scored
            clip = None
        began = outcome.source.recorded_at()
        moment = None if began is None else began.moment
        report.add(outcome.found, clip, outcome.warnings, recorded_at=moment)
    report.note = batch.note(detector)
    content = (
        report.html().encode() if given.out.suffix.lower() == ".html" else zip_bytes(report.files())
    )
    check_replaceable(given.out)  # others may have written there while this scored
    write_file(given.out, marked(content))
    print(f"{count_sentence(n_anomalous, n_read)}; {given.out}")
    return SOME_UNREADABLE if n_unreadable else 0
