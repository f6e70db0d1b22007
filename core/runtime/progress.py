"""Progress is a callable that takes a stage and a fraction, and stops the work by raising."""

from typing import Protocol


class Progress(Protocol):
    """Called by long work with what it is doing and how far it is.

    `stage` is a few words for people ("Reading clips"); `fraction` lies in [0, 1] and never
    falls within one piece of work. The callable raises `core.errors.Cancelled` to stop it.
    """

    def __call__(self, stage: str, fraction: float) -> None:
        """Take note of where the work is, or raise `Cancelled`."""


def silent(stage: str, fraction: float) -> None:
    """Progress that nobody watches."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of a part of the work: its 0..1 becomes start..stop of the whole.

    >>> seen = []
    >>> part(lambda stage, fraction: seen.append(fraction), 0.5, 1.0)("Fitting", 0.5)
    >>> seen
    [0.75]
    """

    def report(stage: str, fraction: float) -> None:
        progress(stage, start + (stop - start) * min(max(fraction, 0.0), 1.0))

    return report


def smoothed_seconds_left(
    before_seconds: float | None, passed_seconds: float, elapsed_seconds: float, fraction: float
) -> float | None:
    """The time left, steadier than the fraction: what was expected, corrected by a third.

    None in the first second and the first 3 %, which say little.

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
