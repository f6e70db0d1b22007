"""One candidate on one normal class: fitted, scored, and written down as rows and clips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.detectors.detector import Detector
from core.evaluation.benchmarks.machine_mixes import MadeClip
from core.evaluation.benchmarks.means import bounds_of
from core.evaluation.benchmarks.results import ResultRow
from core.evaluation.candidate import Candidate
from core.evaluation.datasets.machine_clip import MachineClip
from core.evaluation.datasets.recording import Recording
from core.features.cache import FeatureCache
from core.metrics import Interval
from core.runtime.progress import Progress
from core.types import AnomalyMap, TrainingClip

# A clip of a benchmark, read when it is needed.
NormalClip = Recording | MadeClip


@dataclass(frozen=True)
class Trial:
    """What is measured: a candidate on one normal class of a data set.

    Attributes:
        candidate: The detector.
        data_set: The data set's name in results.
        normal: The normal class, or the machine and id.
        snr_db: The signal-to-noise ratio in dB; None where no event was mixed in.
    """

    candidate: Candidate
    data_set: str
    normal: str
    snr_db: float | None = None

    def rows(self, level: str, values: Mapping[str, float | Interval], n: int) -> list[ResultRow]:
        """Write numbers down, with their intervals where they have one.

        Args:
            level: “sample”, “spectrogram”, “temporal” or “faithfulness”.
            values: Each metric's number.
            n: How many clips are behind them.

        Returns:
            A row a metric.
        """
        return [
            ResultRow(level=level, metric=metric, n=n, **self._about(), **bounds_of(value))
            for metric, value in values.items()
        ]

    def clip(
        self,
        found: AnomalyMap,
        made_from: dict[str, Any],
        *,
        anomalous: bool,
        event: str | None = None,
        values: dict[str, float] | None = None,
    ) -> dict[str, Any]:
        """Write down a clip's score.

        Args:
            found: What the detector found in it.
            made_from: What makes its sound again.
            anomalous: Whether it is anomalous.
            event: The class of its event.
            values: The clip's own metrics by name.

        Returns:
            Plain JSON, as in `Measured.clips`.
        """
        return self._about() | {
            "clip": found.clip_name,
            "anomalous": anomalous,
            "event": event,
            "score": float(found.score),
            "p_value": float(found.p_value),
            "threshold": float(found.threshold),
            "values": values or {},
            "made_from": made_from,
        }

    def _about(self) -> dict[str, Any]:
        names = ("head", "preset", "backbone")
        about = {name: getattr(self.candidate, name) for name in names}
        return about | {"data_set": self.data_set, "normal": self.normal, "snr_db": self.snr_db}


def fit(
    candidate: Candidate, clips: Sequence[NormalClip], seed: int, progress: Progress
) -> Detector:
    """Fit a candidate, clips of one recording kept together.

    Args:
        candidate: The detector.
        clips: Normal clips.
        seed: What the fit draws from.
        progress: Called with how far the work is.

    Returns:
        The fitted detector.

    Raises:
        FitError: there are too few clips.
    """
    detector = candidate.detector(seed=seed)
    rate = detector.sample_rate
    detector.fit(
        (TrainingClip(clip.read(rate), group=clip.source) for clip in clips),
        n_clips=len(clips),
        progress=progress,
    )
    return detector


def score(
    detector: Detector, clips: Iterable[NormalClip | MachineClip], **options: Any
) -> Iterator[AnomalyMap]:
    """Score clips, reading each when it is needed; features are kept for the next head.

    Args:
        detector: A fitted detector.
        clips: The clips.
        **options: As `Detector.score_many` takes them.

    Yields:
        A map a clip.
    """
    read = (clip.read(detector.sample_rate) for clip in clips)
    yield from detector.score_many(read, cache=FeatureCache(), **options)
