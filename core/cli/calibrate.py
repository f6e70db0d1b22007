"""`hearmap calibrate MODEL PATH... [--undo]`: a model's threshold from other normal recordings."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from core.cli import arguments, terminal
from core.errors import SettingError

# `hearmap --help` does not wait for PyTorch.
if TYPE_CHECKING:
    from core.detectors.detector import Detector

HELP = "take a model's threshold from other normal recordings"
DESCRIPTION = (
    "Let a model's threshold and p-values follow from normal recordings that it was not fitted on, "
    "in place of those of the fit: after a change of microphone, gain or day. Nothing is fitted, "
    "and scores stay as they are."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "model")
    paths = {"paths PATH...": "files or folders of normal recordings"}
    arguments.add_own(parser, paths, nargs="*")
    options = {
        "--undo": "go back to the calibration before the latest one",
        "--note TEXT": "why, for the model's history",
    }
    arguments.add_own(parser, options)
    arguments.add(parser, "--group-by", "--channel", "--device", "--progress")
    parser.set_defaults(false_alarm_rate=None)


def run(given: argparse.Namespace) -> int:
    """Recalibrate and save; recordings that cannot be used are named and left out.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        SettingError: there are neither recordings nor --undo, or both.
        HearMapError: too few recordings can be used, or an argument is wrong.
    """
    if given.undo == bool(given.paths):
        raise SettingError("hearmap calibrate takes either recordings or --undo.")
    _check_model(given)
    detector = arguments.load_detector(given)
    if given.undo:
        _undo(given, detector)
        return 0
    from core.workflows.recalibrate import recalibrate

    made = recalibrate(
        detector,
        arguments.sources(given.paths, given.group_by),
        channel=given.channel,
        note=given.note or "",
        progress=terminal.progress(given.progress),
    )
    detector.save(given.model)
    for sentence in [*(f"left out: {said}" for said in made.left_out), *made.warnings]:
        terminal.remark(sentence)
    print(
        f"Recalibrated {given.model} with {made.n_recordings} normal recordings. "
        f"{_threshold(detector, made.threshold, made.threshold_before)} The threshold before "
        f"called {made.n_anomalous} of the {made.n_recordings} anomalous."
    )
    return 0


def _undo(given: argparse.Namespace, detector: Detector) -> None:
    rate = detector.false_alarm_rate
    before = detector.calibration.threshold(rate)
    undone = detector.undo_recalibration()
    detector.save(given.model)
    why = f" (“{terminal.one_line(undone.note)}”)" if undone.note else ""
    print(
        f"Undid the recalibration of {undone.created_at} with {len(undone.recordings)} normal "
        f"recordings{why}. {_threshold(detector, detector.calibration.threshold(rate), before)}"
    )


def _threshold(detector: Detector, now: float, before: float) -> str:
    return (
        f"A recording is called anomalous above {now:.4g} (before: {before:.4g}), at a false-alarm "
        f"rate of {detector.false_alarm_rate:.3g}."
    )


def _check_model(given: argparse.Namespace) -> None:
    from core.detectors.model_folder import check_place
    from core.runtime.paths import models_dir

    if given.model.resolve().parent == models_dir().resolve():
        raise SettingError(
            "This model is the app's, which keeps its calibration in its records: recalibrate it "
            "on the Tune page."
        )
    check_place(given.model)  # before the work begins, not only after it
