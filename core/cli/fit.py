"""`hearmap fit PATH... --out DIR`: a model of what normal sounds like."""

from __future__ import annotations

import argparse
import os

from core.cli import arguments, terminal
from core.detectors.model_folder import check_place
from core.errors import SettingError, StoreError

HELP = "learn what normal sounds like"
DESCRIPTION = "Fit a detector on normal recordings and save it in a folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    arguments.add(parser, "paths")
    arguments.add_own(parser, {"--out DIR": "the model's folder"}, required=True)
    arguments.add(parser, "--head", "--preset", "--backbone", "--seed")
    setting = {
        "--set NAME=VALUE": "a setting of the head, over the preset's; may be given many times"
    }
    arguments.add_own(parser, setting, action="append", default=[], dest="settings")
    arguments.add(parser, "--group-by")
    options = {
        # The second name is that of 0.1.0.
        "--class-by/--label-by RULE": "each recording's class, for heads that learn from classes "
        "(anopatch): folder, name-field:N or csv:FILE",
        "--checkpoints DIR": "save a long training's state here; the same command goes on from it",
    }
    arguments.add_own(parser, options)
    same = {
        "--same-microphone": "microphone, place and gain are the same for every recording, so that "
        "a recording that is louder or quieter than the normal ones counts as anomalous; off by "
        "default, since another gain or a step nearer would make every recording anomalous"
    }
    arguments.add_own(parser, same, dest="level_counts")
    outlying = {
        "--leave-out-outlying": "where some recordings are unlike the others, fit once more "
        "without them; by default they are named and stay"
    }
    arguments.add_own(parser, outlying)
    arguments.add(
        parser, "--false-alarm-rate", "--channel", "--device", "--precision", "--progress"
    )
    parser.set_defaults(channel=0, false_alarm_rate=0.05)


def run(given: argparse.Namespace) -> int:
    """Fit and save; recordings that cannot be used are named and left out.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        SettingError: an argument is wrong, the level is to count where it is not compared, or
            something else than a model is where the model shall be.
        HearMapError: too few recordings can be used.
    """
    settings = arguments.settings(given.settings)
    if os.path.realpath(given.out) == os.path.realpath("."):
        # A new folder would take its place, and the shell stand in one that is gone.
        raise SettingError(
            f"--out “{given.out}” is the folder that you are in; choose a name in it."
        )
    try:
        check_place(given.out)  # before the work begins, not only after it
    except StoreError as error:
        raise SettingError(f"--out: {error}") from None
    # `hearmap --help` does not wait for PyTorch.
    from core.detectors.detector import Detector
    from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
    from core.workflows.fit import fit

    head = given.head or RECOMMENDED_HEAD
    detector = Detector(
        head,
        given.backbone,
        seed=given.seed,
        device=given.device,
        precision=given.precision,
        false_alarm_rate=given.false_alarm_rate,
        level_counts=given.level_counts,
        **(preset_settings(head, given.preset) | settings),
    )
    if given.level_counts and detector.settings.views != "both":
        raise SettingError(
            "--same-microphone counts the level, which is compared only with the setting "
            "views=both, as in --preset recommended."
        )
    fitted = fit(
        detector,
        arguments.sources(given.paths, given.group_by, given.class_by),
        channel=given.channel,
        checkpoints=given.checkpoints,
        leave_out_outlying=given.leave_out_outlying,
        progress=terminal.progress(given.progress),
    )
    detector.save(given.out)
    left_out = [f"left out: {said}" for said in fitted.left_out]
    for sentence in [*left_out, *fitted.warnings, *fitted.outlying_sentences]:
        terminal.remark(sentence)
    threshold = detector.calibration.threshold(detector.false_alarm_rate)
    print(
        f"Fitted {head} on {detector.n_clips} clips of {fitted.n_groups} recordings; saved in "
        f"{given.out}. A recording is called anomalous above {threshold:.4g}, at a false-alarm "
        f"rate of {detector.false_alarm_rate:.3g}."
    )
    return 0
