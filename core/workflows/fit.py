"""Fit a detector on recordings: read them, leave out what cannot be used, say what to know."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from core.audio import ChannelChoice, ClipInfo
from core.detectors.detector import Detector
from core.detectors.known_training import remember_training, top_hz, unheard_warning
from core.detectors.training_check import UnlikeClip
from core.errors import FitError, HearMapError
from core.explain.sound_names import UsualSounds
from core.features.cache import CacheMissError
from core.runtime.progress import Progress, part, silent
from core.spectral.mel_coverage import band_limit_warning
from core.types import TrainingClip
from core.workflows.grouped_warnings import grouped_warnings
from core.workflows.source import Source

SENTENCES_SHOWN = 3
LEFT_OUT_OUTLYING = "“{}”, and the model fitted again: it is unlike the others."
SourceT = TypeVar("SourceT", bound=Source)


@dataclasses.dataclass(frozen=True, eq=False)
class Fitted(Generic[SourceT]):
    """What became of each recording that a detector was to be fitted on.

    Attributes:
        used: the recordings that it was fitted on
        left_out: a sentence for each of the others
        warnings: sentences on what these recordings allow
        n_groups: how many groups, or different sounds, the recordings are
        seconds: how long reading and fitting took
        outlying: those of `used` that are unlike the others, the farthest first, with what is
            known of each
        outlying_note: what these do to the threshold, as a sentence; empty where there are none
    """

    used: list[SourceT]
    left_out: list[str]
    warnings: list[str]
    n_groups: int
    seconds: float
    outlying: list[tuple[SourceT, UnlikeClip]] = dataclasses.field(default_factory=list)
    outlying_note: str = ""

    @property
    def outlying_sentences(self) -> list[str]:
        """A sentence for each recording that is unlike the others, then what they do."""
        return [*(one.words for _, one in self.outlying), *filter(None, [self.outlying_note])]


def fit(
    detector: Detector,
    sources: Sequence[SourceT],
    *,
    channel: ChannelChoice = 0,
    checkpoints: Path | None = None,
    leave_out_outlying: bool = False,
    progress: Progress = silent,
) -> Fitted[SourceT]:
    """Fit a detector on the recordings that can be used.

    Args:
        detector: the detector, as yet without training
        sources: normal recordings, read one at a time
        channel: of recordings with several, from 0, “mean” or “loudest”; others are scored by the
            same
        checkpoints: the folder where a long training keeps its state, and goes on from it
        leave_out_outlying: where some recordings are unlike the others, fit once more without
            them; what is unlike the rest is only said
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        What became of the recordings; the detector is fitted.

    Raises:
        FitError: too few recordings can be used; the sentence says which were left out and why.
    """
    given = (detector, sources, channel, checkpoints, leave_out_outlying, progress)
    try:
        return _fit(*given)
    except CacheMissError:
        # Somebody emptied the cache meanwhile. What is left of it is used, the rest made again.
        return _fit(*given)


def _fit(
    detector: Detector,
    sources: Sequence[SourceT],
    channel: ChannelChoice,
    checkpoints: Path | None,
    leave_out_outlying: bool,
    progress: Progress,
) -> Fitted[SourceT]:
    whole = progress
    if leave_out_outlying:
        progress = part(whole, 0.0, 0.5)
    used: list[SourceT] = []
    infos: dict[str, ClipInfo] = {}
    warned: list[tuple[str, list[str]]] = []
    rates: list[int] = []
    left_out: list[str] = []
    groups: set[str] = set()
    settings = detector.spectrogram_settings
    detector.channel = channel
    usual = UsualSounds(len(sources))

    def training_clips() -> Iterator[TrainingClip]:
        for source in sources:
            try:
                clip, info = source.read_normal(channel, detector.sample_rate, top_hz(settings))
            except HearMapError as error:
                left_out.append(str(error))
                continue
            rates.append(info.sample_rate)
            said = [*info.warnings, unheard_warning(settings, info)]
            if (first := infos.setdefault(clip.sha256, info)) is not info:
                said.append(f"The same sound as “{first.name}”.")
            warned.append((clip.name, [one for one in said if one]))
            used.append(source)
            usual.pass_on(clip)
            groups.add(source.group if source.group is not None else clip.sha256)
            yield TrainingClip(clip, source.group, source.class_name)

    started = time.monotonic()
    try:
        detector.fit(
            training_clips(),
            checkpoints=checkpoints,
            n_clips=len(sources),
            progress=part(progress, 0.0, 0.9),
        )
    except FitError as error:
        raise FitError(with_left_out(str(error), left_out)) from error
    progress("Listening to what is usual", 0.9)
    detector.usual_sounds = usual.highest()
    progress("Done", 1.0)
    seconds = time.monotonic() - started
    rate, n_groups = detector.false_alarm_rate, len(groups)
    warning = detector.calibration.warning(rate) or few_groups_warning(len(used), n_groups, rate)
    bands = band_limit_warning(settings, rates, detector.backbone.name)
    warnings = [said for said in (warning, bands) if said is not None]
    warnings += grouped_warnings(warned, len(used))
    remember_training(detector, infos)
    check = detector.training_check()
    if check.unlike and leave_out_outlying:
        outlying = {one.index for one in check.unlike}
        rest = [source for i, source in enumerate(used) if i not in outlying]
        again = fit(
            detector,
            rest,
            channel=channel,
            checkpoints=checkpoints,
            progress=part(whole, 0.5, 1.0),
        )
        left_out += [LEFT_OUT_OUTLYING.format(one.name) for one in check.unlike]
        return dataclasses.replace(
            again, left_out=left_out + again.left_out, seconds=seconds + again.seconds
        )
    if leave_out_outlying:
        whole("Done", 1.0)
    warnings += filter(None, [check.groups_words])
    return Fitted(
        used,
        left_out,
        warnings,
        n_groups,
        seconds,
        [(used[one.index], one) for one in check.unlike],
        check.threshold_words,
    )


def with_left_out(sentence: str, left_out: Sequence[str]) -> str:
    """Add to what went wrong which recordings could not be used, which may be why.

    Args:
        sentence: what went wrong
        left_out: a sentence for each recording that could not be used

    Returns:
        Both.
    """
    said = [sentence]
    if left_out:
        said += ["Left out:", *left_out[:SENTENCES_SHOWN]]
    if len(left_out) > SENTENCES_SHOWN:
        said.append(f"And {len(left_out) - SENTENCES_SHOWN} more.")
    return " ".join(said)


def few_groups_warning(n_clips: int, n_groups: int, false_alarm_rate: float) -> str | None:
    """Say when recordings come in too few groups for a false-alarm rate.

    Args:
        n_clips: how many recordings there are
        n_groups: how many groups they are in
        false_alarm_rate: the rate asked for

    Returns:
        A sentence; None where the groups are enough, or each recording is its own.
    """
    if n_groups == n_clips or false_alarm_rate * (n_groups + 1) >= 1:
        return None
    return (
        f"The recordings are of {n_groups} groups only. {n_groups} groups measure false-alarm "
        f"rates down to {1 / (n_groups + 1):.1%}; for a new group {false_alarm_rate:.1%} is a "
        "guess."
    )
