"""`hearmap explain MODEL CLIP --out DIR`: the map, the sounds and the report of one clip."""

from __future__ import annotations

import argparse
import functools

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
    from core.audio import read_clip
    from core.explain.explanation import explain
    from core.report.recording import (
        model_description,
        report_files,
        report_html,
        threshold_sentence,
    )
    from core.report.summary_sentence import summary_sentence

    detector = arguments.load_detector(given)
    read = functools.partial(read_clip, channel=given.channel, sample_rate=detector.sample_rate)
    clip = read(given.clip)
    background = read(given.background) if given.background else None
    folder = arguments.output_folder(given.out)
    explanation = explain(
        detector, clip, background=background, progress=terminal.progress(given.progress)
    )
    said = threshold_sentence(detector.calibration, detector.false_alarm_rate)
    html = report_html(explanation, model_description(detector), threshold_note=said)
    write_output_files(folder, report_files(explanation, html), inputs)
    if background is None:
        terminal.remark("filled.wav and ff_v2 need --background CLIP, a normal recording.")
    print(f"{terminal.one_line(clip.name)}: {summary_sentence(explanation.found)}")
    print(f"p = {explanation.found.p_value:.3g}; the map, sounds and report are in {folder}")
    return 0
