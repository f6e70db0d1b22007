"""Progress is a callable that takes a stage and a fraction, and stops the work by raising."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """What long work calls with the stage it is in and the fraction that is done."""

    def __call__(self, stage: str, fraction: float) -> None:
        """Note where the work is, or stop it.

        Args:
            stage: a few words for people ("Reading clips")
            fraction: the share that is done, in [0, 1]; it never falls within one piece of work

        Raises:
            Cancelled: `core.errors.Cancelled`, to stop the work.
        """


def silent(stage: str, fraction: float) -> None:
    """Ignore progress.

    Args:
        stage: not used
        fraction: not used
    """


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Make the progress of one part of the work: its 0..1 becomes start..stop of the whole.

    Args:
        progress: the progress of the whole work
        start: the fraction of the whole where the part begins
        stop: the fraction of the whole where the part ends

    Returns:
        The progress to hand to the part.

    >>> seen = []
    >>> part(lambda stage, fraction: seen.append(fraction), 0.5, 1.0)("Fitting", 0.5)
    >>> seen
    [0.75]
    """

    def report(stage: str, fraction: float) -> None:
        progress(stage, start + (stop - start) * min(max(fraction, 0.0), 1.0))

    return report


def steps(progress: Progress, items: Sequence[Item]) -> Iterator[tuple[Item, Progress]]:
    """Give each of several pieces of work its equal share of the progress.

    Args:
        progress: the progress of the whole work
        items: what is worked on, one after the other

    Yields:
        Each item, and the progress to hand to its piece of work.

    >>> seen = []
    >>> for item, step in steps(lambda stage, fraction: seen.append((stage, fraction)), "ab"):
    ...     step(item, 0.5)
    >>> seen
    [('a', 0.25), ('b', 0.75)]
    """
    for i, item in enumerate(items):
        yield item, part(progress, i / len(items), (i + 1) / len(items))


def titled(progress: Progress, title: str) -> Progress:
    """Return progress whose stages name the piece of work that they belong to.

    Args:
        progress: What is called with the longer stages.
        title: Name of the piece of work.

    Returns:
        Progress for that piece of work alone, over the same fractions.

    >>> titled(lambda stage, fraction: print(stage), "PaDiM")("Reading clips", 0.5)
    PaDiM: reading clips
    """
    return lambda stage, fraction: progress(f"{title}: {stage[:1].lower()}{stage[1:]}", fraction)


def smoothed_seconds_left(
    before_seconds: float | None, passed_seconds: float, elapsed_seconds: float, fraction: float
) -> float | None:
    """Estimate the time left: what was expected before, corrected by a third.

    This is steadier than the fraction alone.

    Args:
        before_seconds: the previous estimate, None for the first
        passed_seconds: the time since the previous estimate
        elapsed_seconds: the time since the work began
        fraction: the share that is done

    Returns:
        Seconds; None in the first second and the first 3 %, which say little.

    >>> smoothed_seconds_left(None, 1.0, 10.0, 0.5)
    10.0
    >>> smoothed_seconds_left(10.0, 1.0, 11.0, 0.5)
    9.666666666666666
    """
    if elapsed_seconds < 1.0 or fraction < 0.03:
        return None
    estimate = elapsed_seconds * (1.0 - fraction) / fraction
    if before_seconds is None:
        return estimate
    expected = max(0.0, before_seconds - passed_seconds)
    return expected + (estimate - expected) / 3.0
