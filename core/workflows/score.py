"""Score recordings one after the other; one that cannot be used does not stop the rest."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Literal, TypeVar

from core.audio import Channel, ChannelChoice, ClipInfo, SoundStream
from core.audio.channels import channel_ordinal
from core.detectors.detector import SCORED_TOGETHER, Detector
from core.detectors.known_training import top_hz, warnings_for
from core.errors import HearMapError
from core.features.extractor import BATCH_SECONDS
from core.runtime.progress import Progress, part, silent
from core.runtime.resource_usage import ResourceUsage, measure_usage
from core.types import AnomalyMap, Clip
from core.workflows.source import Source, name_recording

SourceT = TypeVar("SourceT", bound=Source)


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome(Generic[SourceT]):
    """What became of one recording.

    Attributes:
        source: the recording
        found: its anomaly map, None where it cannot be scored
        error: why it cannot be scored, in a sentence that names it
        usage: what scoring took, where it was measured
        warnings: sentences, without its name, on what to know of the recording before its score is
            trusted
        channel: the channel that was scored, a number from 0 or “mean”; None where the recording
            could not be read
        n_channels: how many it has
    """

    source: SourceT
    found: AnomalyMap | None = None
    error: str = ""
    usage: ResourceUsage | None = None
    warnings: tuple[str, ...] = ()
    channel: Channel | None = None
    n_channels: int = 1


def score(
    detector: Detector,
    sources: Sequence[SourceT],
    *,
    channel: ChannelChoice | Literal["each"] | None = None,
    measured: bool = False,
    progress: Progress = silent,
) -> Iterator[Outcome[SourceT]]:
    """Score recordings; neighbours of one length go through the network together.

    Args:
        detector: a fitted detector
        sources: the recordings, read when their turn comes
        channel: of recordings with several, from 0, “mean” or “loudest”, or “each” of them, one
            after the other; by default the one that the detector was fitted on
        measured: whether the time and the memory of each are measured; on Linux that starts the
            process's peak of memory anew
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Yields:
        What became of each recording, in order; of each of its channels where that was asked for.
    """
    turns = _turns(sources, detector.channel if channel is None else channel)
    sounds: dict[str, tuple[SourceT, str]] = {}
    waiting: list[_Opened[SourceT]] = []
    n_done = 0

    def scored() -> Iterator[Outcome[SourceT]]:
        if waiting:
            watch = part(progress, n_done / len(turns), (n_done + len(waiting)) / len(turns))
            watch(f"Scoring {n_done + 1} of {len(turns)}", 0.0)
            yield from _outcomes(detector, waiting, measured, watch, sounds)
            waiting.clear()

    def in_order() -> Iterator[Outcome[SourceT]]:
        for source, choice in turns:
            try:
                one = _open(detector, source, choice)
            except HearMapError as error:
                yield from scored()
                yield Outcome(source, error=str(error))
                continue
            if waiting and not _fits(one, waiting):
                yield from scored()
            waiting.append(one)
        yield from scored()

    for outcome in in_order():
        yield outcome
        n_done += 1
        progress(f"Scored {n_done} of {len(turns)}", n_done / len(turns))


def _turns(
    sources: Sequence[SourceT], channel: ChannelChoice | Literal["each"]
) -> list[tuple[SourceT, ChannelChoice]]:
    if channel != "each":
        return [(source, channel) for source in sources]
    turns: list[tuple[SourceT, ChannelChoice]] = []
    for source in sources:
        n_channels = 1  # what cannot be opened says so when it is read
        with contextlib.suppress(HearMapError):
            n_channels = source.n_channels()
        turns += [(source, one) for one in range(n_channels)]
    return turns


def highest_of_channels(outcomes: Iterable[Outcome[SourceT]]) -> Iterator[Outcome[SourceT]]:
    """Take of the channels of each recording the one with the highest score.

    Args:
        outcomes: what became of channels, those of one recording one after the other

    Yields:
        What became of each recording; a warning says which of its channels it was.
    """
    for _, channels in itertools.groupby(outcomes, key=lambda one: one.source):
        best, n_channels = None, 0
        for one in channels:  # one by one: each holds a map
            n_channels += 1
            if best is None or _score_of(one) > _score_of(best):
                best = one
        assert best is not None
        if n_channels > 1 and isinstance(best.channel, int):
            said = (
                f"All {n_channels} channels were scored; this is the "
                f"{channel_ordinal(best.channel)}, with the highest score. So normal recordings "
                f"exceed the threshold up to {n_channels} times as often."
            )
            best = dataclasses.replace(best, warnings=(said, *best.warnings))
        yield best


def _score_of(outcome: Outcome[SourceT]) -> float:
    return -math.inf if outcome.found is None else outcome.found.score


@dataclasses.dataclass(frozen=True, eq=False)
class _Opened(Generic[SourceT]):
    """A recording that waits to be scored."""

    source: SourceT
    sound: Clip | SoundStream
    info: Callable[[], ClipInfo]

    def error(self, sentence: str) -> Outcome[SourceT]:
        info = self.info()
        named = name_recording(self.sound.name, sentence)
        return Outcome(
            self.source, error=named, warnings=info.warnings, channel=info.channel,
            n_channels=info.n_channels,
        )  # fmt: skip

    def scored(
        self,
        detector: Detector,
        found: AnomalyMap,
        usage: ResourceUsage | None,
        sounds: dict[str, tuple[SourceT, str]],
    ) -> Outcome[SourceT]:
        info, sha256 = self.info(), self.sound.sha256
        warnings = [*info.warnings, *warnings_for(detector, info, sha256)]
        ordinal = "mean" if info.channel == "mean" else channel_ordinal(info.channel)
        first, of_channel = sounds.setdefault(sha256, (self.source, ordinal))
        if first is not self.source and not info.silent:
            warnings.append(f"The same sound as “{first.shown}”, which was given too.")
        elif of_channel != ordinal and not info.silent:
            warnings.append(f"The same sound as its {of_channel} channel.")
        return Outcome(
            self.source, found, "", usage, tuple(warnings), info.channel, info.n_channels
        )


def _open(detector: Detector, source: SourceT, choice: ChannelChoice) -> _Opened[SourceT]:
    top = top_hz(detector.spectrogram_settings)
    return _Opened(source, *source.open(choice, detector.sample_rate, top))


def _fits(one: _Opened[SourceT], waiting: Sequence[_Opened[SourceT]]) -> bool:
    # Whether it is of the length of those that wait, and they do not become too many.
    sound, other, n_together = one.sound, waiting[0].sound, len(waiting) + 1
    return (
        isinstance(sound, Clip)
        and isinstance(other, Clip)
        and sound.samples.size == other.samples.size
        and n_together <= SCORED_TOGETHER
        and n_together * sound.duration_seconds <= BATCH_SECONDS
    )


def _outcomes(
    detector: Detector,
    waiting: Sequence[_Opened[SourceT]],
    measured: bool,
    progress: Progress,
    sounds: dict[str, tuple[SourceT, str]],
) -> list[Outcome[SourceT]]:
    clips = [one.sound for one in waiting if isinstance(one.sound, Clip)]
    try:
        with measure_usage() if measured else contextlib.nullcontext() as usage:
            if len(waiting) == 1:
                found = [detector.score(waiting[0].sound, progress)]
            else:
                found = list(detector.score_many(clips))
    except HearMapError as error:
        if len(waiting) == 1:
            return [waiting[0].error(str(error))]
        # One of them is to blame.
        return [
            outcome
            for one in waiting
            for outcome in _outcomes(detector, [one], measured, progress, sounds)
        ]
    if usage is not None:
        usage.seconds /= len(waiting)
    return [
        one.scored(detector, made, usage, sounds) for one, made in zip(waiting, found, strict=True)
    ]
