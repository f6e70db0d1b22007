"""Score recordings one after the other; one that cannot be used does not stop the rest."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from core.audio import Channel
from core.detectors.detector import SCORED_TOGETHER, Detector
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
    """

    source: SourceT
    found: AnomalyMap | None = None
    error: str = ""
    usage: ResourceUsage | None = None


def score(
    detector: Detector,
    sources: Sequence[SourceT],
    *,
    channel: Channel = 0,
    measured: bool = False,
    progress: Progress = silent,
) -> Iterator[Outcome[SourceT]]:
    """Score recordings; neighbours of one length go through the network together.

    Args:
        detector: a fitted detector
        sources: the recordings, read when their turn comes
        channel: of recordings with several, from 0, or “mean”
        measured: whether the time and the memory of each are measured; on Linux that starts the
            process's peak of memory anew
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Yields:
        What became of each recording, in order.
    """
    waiting: list[tuple[SourceT, Clip]] = []
    n_done = 0

    def scored() -> Iterator[Outcome[SourceT]]:
        if waiting:
            watch = part(progress, n_done / len(sources), (n_done + len(waiting)) / len(sources))
            watch(f"Scoring {n_done + 1} of {len(sources)}", 0.0)
            yield from _outcomes(detector, waiting, measured, watch)
            waiting.clear()

    def in_order() -> Iterator[Outcome[SourceT]]:
        for source in sources:
            try:
                clip = source.read(channel, detector.sample_rate)
            except HearMapError as error:
                yield from scored()
                yield Outcome(source, error=str(error))
                continue
            n_together = len(waiting) + 1
            if waiting and (
                clip.samples.size != waiting[0][1].samples.size
                or n_together > SCORED_TOGETHER
                or n_together * clip.duration_seconds > BATCH_SECONDS
            ):
                yield from scored()
            waiting.append((source, clip))
        yield from scored()

    for outcome in in_order():
        yield outcome
        n_done += 1
        progress(f"Scored {n_done} of {len(sources)}", n_done / len(sources))


def _outcomes(
    detector: Detector,
    waiting: Sequence[tuple[SourceT, Clip]],
    measured: bool,
    progress: Progress,
) -> list[Outcome[SourceT]]:
    try:
        with measure_usage() if measured else contextlib.nullcontext() as usage:
            if len(waiting) == 1:
                found = [detector.score(waiting[0][1], progress)]
            else:
                found = list(detector.score_many(clip for _, clip in waiting))
    except HearMapError as error:
        if len(waiting) == 1:
            ((source, clip),) = waiting
            return [Outcome(source, error=name_recording(clip.name, str(error)))]
        # One of them is to blame.
        return [
            outcome for one in waiting for outcome in _outcomes(detector, [one], measured, progress)
        ]
    if usage is not None:
        usage.seconds /= len(waiting)
    return [
        Outcome(source, one, usage=usage) for (source, _), one in zip(waiting, found, strict=True)
    ]
