"""What EnvMix is made of: normal clips, and clips with an anomaly whose stem is known.

Two kinds: recordings with events of others mixed in (`recorded_mixes`), and the built-in machines
with their faults (`machine_mixes`). Both are plain data that another process can be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from core.evaluation.datasets.envmix import Mix
from core.types import Clip


class NormalClip(Protocol):
    """A normal clip that is read when it is asked for."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def source(self) -> str:
        """The recording it was cut from; clips of one are never both fitted on and held out."""

    def read(self, sample_rate: int) -> Clip:
        """The clip at this rate."""

    def described(self) -> dict[str, Any]:
        """What finds it again, as plain JSON."""


class PlannedMix(Protocol):
    """A clip with an anomaly, made when it is asked for."""

    @property
    def event(self) -> str:
        """The anomaly's class."""

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """The mix and its stems."""

    def described(self) -> dict[str, Any]:
        """What makes it again, as plain JSON."""


class MixSet(Protocol):
    """Normal clips to fit on and to test with, and mixes to find, by normal class."""

    @property
    def data_set(self) -> str:
        """Its name in results."""

    @property
    def normals(self) -> tuple[str, ...]:
        """The normal classes; each has a detector of its own."""

    def check(self) -> None:
        """Refuse, before any work, what cannot be measured.

        Raises:
            DataSetError: a class has no clips, or is both normal and anomalous.
        """

    def training(self, normal: str) -> Sequence[NormalClip]:
        """The clips to fit on."""

    def tests(self, normal: str) -> Sequence[NormalClip]:
        """The normal clips to score."""

    def mixes(self, normal: str) -> Sequence[PlannedMix]:
        """The anomalous clips to score."""

    def described(self, normal: str) -> dict[str, Any]:
        """All that the numbers of this class depend on, as plain JSON."""
