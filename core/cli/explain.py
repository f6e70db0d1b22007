"""`hearmap explain MODEL CLIP --out DIR`: the map, the sounds and the report of one clip."""

from __future__ import annotations

import argparse

from core.cli import arguments, terminal
from core.runtime.output_files import check_output_folder, write_output_files

HELP = "see and hear where a recording is anomalous"
DESCRIPTION = "Write a recording's map, the sounds it divides the recording into, and a report."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "model")
    arguments.add_own(parser, {"clip CLIP": "an audio file"})
    out = "a new or an empty folder, or that of an earlier run, which is replaced"
    arguments.add_own(parser, {"--out DIR": out}, required=True)
    arguments.add_own(parser, {"--background CLIP": "normal sound to fill the gap with"})
    arguments.add(parser, "--false-alarm-rate", "--channel", "--device", "--progress")


def run(given: argparse.Namespace) -> int:
    """Explain one clip.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        HearMapError: the model or a recording cannot be read, or the folder holds an input or
            something that HearMap did not write.
    """
    inputs = [given.clip, given.background] if given.background else [given.clip]
    check_output_folder(given.out, inputs)
    # `hearmap --help` does not wait for PyTorch.
    from core.detectors.known_training import top_hz, warnings_for
    from core.explain.explanation import explain
    from core.report.finding_words import finding_sentence, names_sentence
    from core.report.page import regions_left_out
    from core.report.recording import (
        model_description,
        report_files,
        report_html,
        threshold_sentence,
    )
    from core.report.summary_sentence import summary_sentence
    from core.workflows.source import FileSource

    detector = arguments.load_detector(given)
    channel = detector.channel if given.channel is None else given.channel
    rate, top = detector.sample_rate, top_hz(detector.spectrogram_settings)
    # A path as it was given tells recordings of one name apart.
    name = given.clip.name if given.clip.is_absolute() else given.clip.as_posix()
    source = FileSource(path=given.clip, name=name)
    clip, info = source.read(channel, rate, top)
    background = None
    if given.background:
        background, _ = FileSource(path=given.background).read(channel, rate)
    warnings = [*info.warnings, *warnings_for(detector, info, clip.sha256)]
    folder = arguments.output_folder(given.out)
    explanation = explain(
        detector, clip, background=background, progress=terminal.progress(given.progress)
    )
    said = threshold_sentence(detector.calibration, detector.false_alarm_rate)
    began = source.recorded_at()
    moment = None if began is None else began.moment
    html = report_html(
        explanation,
        model_description(detector),
        threshold_note=said,
        warnings=warnings,
        recorded_at=moment,
    )
    write_output_files(folder, report_files(explanation, html, recorded_at=moment), inputs)
    if background is None:
        terminal.remark("filled.wav and ff_v2 need --background CLIP, a normal recording.")
    for sentence in warnings:
        terminal.remark(sentence)
    if explanation.found.n_regions > len(explanation.found.regions):
        terminal.remark(regions_left_out(explanation.found))
    print(f"{terminal.one_line(clip.name)}: {summary_sentence(explanation.found)}")
    for finding in explanation.findings:
        print(f"- {finding_sentence(finding)}")
    if names := names_sentence([one.name for one in explanation.names]):
        print(names)
    print(f"p = {explanation.found.p_value:.3g}; the map, sounds and report are in {folder}")
    return 0
