"""What EnvMix is made of: normal clips, and clips with an anomaly whose stem is known.

Two kinds: recordings with events of others mixed in (`recorded_mixes`), and the built-in machines
with their faults (`machine_mixes`). Both are plain data that another process can be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from core.evaluation.benchmarks.trial import NormalClip
from core.evaluation.datasets.mixing import Mix


class PlannedMix(Protocol):
    """A clip with an anomaly, made when it is needed."""

    @property
    def event(self) -> str:
        """The anomaly's class."""

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """Make the clip.

        Args:
            sample_rate: Its rate in Hz.
            snr_db: Its signal-to-noise ratio in dB; None leaves a made fault as loud as it is.

        Returns:
            The mix and its stems.
        """

    def described(self) -> dict[str, Any]:
        """Describe what makes it again, for `core.evaluation.benchmarks.mix_again`.

        Returns:
            Plain JSON.
        """


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
        """List the clips to fit on.

        Args:
            normal: The normal class.

        Returns:
            Its training clips.
        """

    def tests(self, normal: str) -> Sequence[NormalClip]:
        """List the normal clips to score.

        Args:
            normal: The normal class.

        Returns:
            Its test clips.
        """

    def mixes(self, normal: str) -> Sequence[PlannedMix]:
        """List the anomalous clips to score.

        Args:
            normal: The normal class.

        Returns:
            Its mixes.
        """

    def described(self, normal: str) -> dict[str, Any]:
        """Describe all that the numbers of a class depend on.

        Args:
            normal: The normal class.

        Returns:
            Plain JSON.
        """
