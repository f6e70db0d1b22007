"""What passes along the way of one clip: Clip, FeatureMaps, Region, AnomalyMap.

Arrays are [freq, time], frequencies rise with the row; higher scores are more anomalous.
`Spectrogram` lives in spectrogram.py, beside the settings it is made with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import AudioError
from core.runtime.columns import Overview, column_peaks
from core.runtime.memory import release

if TYPE_CHECKING:
    from torch import Tensor

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex64]

SHORTEST_CLIP_SECONDS = 0.1
MOST_REGIONS = 100

# What is compared: what stands out of a clip's own background, what the whole clip is like and how
# it moves, and how loud it is. A head as published has one view, its own.
EVENT, STATIONARY, LEVEL = "event", "stationary", "level"


@dataclass(frozen=True, eq=False)
class Clip:
    """One channel of sound: mono, finite, within -1..1, at least 0.1 s long.

    Attributes:
        samples: [n] float32.
        sample_rate: in Hz.
        name: for people.
        sha256: of the sound.

    Raises:
        AudioError: an invariant does not hold; the sentence names the clip.
    """

    samples: Float32Array
    sample_rate: int
    name: str
    sha256: str

    def __post_init__(self) -> None:
        """Check the invariants.

        Raises:
            AudioError: one does not hold.
        """
        if self.sample_rate <= 0:
            raise AudioError(f"“{self.name}” has no valid sample rate ({self.sample_rate} Hz).")
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise AudioError(f"“{self.name}” is not one channel of 32-bit float samples.")
        if self.duration_seconds < SHORTEST_CLIP_SECONDS:
            raise AudioError(
                f"“{self.name}” lasts {self.duration_seconds:.3f} s; "
                f"a clip needs at least {SHORTEST_CLIP_SECONDS} s."
            )
        low, high = float(self.samples.min()), float(self.samples.max())
        if not np.isfinite([low, high]).all():
            raise AudioError(
                f"“{self.name}” holds samples that are not numbers (NaN or infinity); "
                "export it again from its source."
            )
        if low < -1.0 or high > 1.0:
            raise AudioError(
                f"“{self.name}” exceeds full scale ({max(-low, high):.3g} times); lower its gain."
            )

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return self.samples.size / self.sample_rate

    @classmethod
    def from_samples(cls, samples: NDArray[np.generic], sample_rate: int, name: str) -> Clip:
        """Make a clip of an array; its sha256 is that of the samples and the rate.

        >>> clip = Clip.from_samples(np.zeros(8000), 8000, "a second of silence")
        >>> clip.duration_seconds
        1.0

        Args:
            samples: [n] in -1..1.
            sample_rate: in Hz.
            name: for people.

        Returns:
            The clip.
        """
        mono = np.ascontiguousarray(samples, dtype=np.float32)
        return cls(mono, sample_rate, name, samples_sha256(mono, sample_rate))


@dataclass(frozen=True, eq=False)
class TrainingClip:
    """A normal clip to fit a detector on, and what is known of it besides its sound.

    Attributes:
        clip: the sound.
        group: clips of one group (a recording, a day) are never both fitted on and scored for the
            calibration. None leaves it to the sound: equal samples are one group.
        class_name: the class that a head which learns by telling classes apart (AnoPatch) is
            taught; empty where nobody said.
        bank: the bank that `Detector.score` may later be told to compare with: a machine, or
            machine/part. By default all clips are one bank.
    """

    clip: Clip
    group: str | None = None
    class_name: str = ""
    bank: str = ""

    @classmethod
    def of(cls, clip: Clip | TrainingClip) -> TrainingClip:
        """Give a training clip as it is, a clip as one of which nothing more is known.

        Args:
            clip: either.

        Returns:
            A training clip.
        """
        return clip if isinstance(clip, TrainingClip) else cls(clip)


def samples_sha256(samples: Float32Array, sample_rate: int) -> str:
    """Compute the sha256 of a sound: equal for equal samples in any container or file name.

    Args:
        samples: [n].
        sample_rate: in Hz.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(f"{sample_rate}:".encode())
    digest.update(np.ascontiguousarray(samples, dtype="<f4").data)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """One stretch of a clip as a head sees it: the log-mel input and the backbone's maps.

    A cell [i, j] of a layer covers rows i * stride .. (i + 1) * stride of the log-mel, likewise
    columns, where stride = log_mel.shape[k] // layer.shape[k + 1].

    Attributes:
        log_mel: [freq, time] float32, time a multiple of the coarsest stride.
        layers: name -> [channel, freq, time] float32, fine layers first.
    """

    log_mel: Tensor
    layers: dict[str, Tensor]


@dataclass(frozen=True)
class Box:
    """A rectangle of time and frequency.

    Attributes:
        start_s: Its beginning, in seconds of the clip.
        end_s: Its end, in seconds of the clip.
        low_hz: Its lower edge, in Hz.
        high_hz: Its upper edge, in Hz.
    """

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float


@dataclass(frozen=True)
class Region(Box):
    """The box around one sound that exceeds the threshold on a map, with its peak.

    Attributes:
        peak_s: The time of the highest cell, in seconds.
        peak_hz: The frequency of the highest cell, in Hz.
        score: The raw score of the highest cell.
        p_value: How often a normal clip's highest cell is as high.
        view: The view that it comes from, `EVENT`, `STATIONARY` or `LEVEL`; empty where there is
            one view only.
    """

    peak_s: float
    peak_hz: float
    score: float
    p_value: float
    view: str = ""


@dataclass(frozen=True)
class ViewFinding:
    """What one view says of a clip.

    Attributes:
        view: `EVENT`, `STATIONARY` or `LEVEL`.
        score: In spreads above what normal clips have.
        p_value: How often normal clips score as high in this view.
        counted: Whether it counts towards the clip's score.
        words: What is most unlike normal clips in this view, however little, as a clause: “an event
            at 4.3 s, 2–6 kHz”. Where the view has a region, its place is the strongest one's.
        spans: Start and end in seconds of the stretches whose map this view has drawn.
    """

    view: str
    score: float
    p_value: float
    counted: bool
    words: str
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class AnomalyMap:
    """Where in time and frequency one clip is anomalous.

    Attributes:
        clip_name: the clip's name.
        raw: [freq, time] float32, the head's scores on the spectrogram's axes.
        evidence: [freq, time] float32 in [0, 1], M of the paper: the calibrated map. Where `raw`
            is a memory map of a file, it is computed where it is read, as `evidence[:, a:b]`.
        freq_hz: [freq], centres of the rows, strictly increasing.
        time_s: [time], centres of the columns, strictly increasing.
        score: the clip's: the highest cell of the raw map.
        p_value: how often normal clips score as high.
        threshold: cuts the score and the raw map.
        regions: strongest first, the first of them at the score; none of a normal clip, and the
            100 strongest where there are more.
        views: what each view says, where there are several.
        false_alarm_rate: that the threshold is for.
        one_in: about one normal clip in so many scores as high, by extrapolation; None where the
            p-value says it.
        levels_db: the clip's level in all and in each octave band, from which a batch of clips is
            compared with the training clips; empty where the detector has no level view.
        n_regions: how many regions there are, with those beyond the 100 strongest.
        overview: what is known of the raw map without reading it, where that is so.
    """

    clip_name: str
    raw: Float32Array
    evidence: Float32Array
    freq_hz: Float64Array
    time_s: Float64Array
    score: float
    p_value: float
    threshold: float
    regions: tuple[Region, ...]
    views: tuple[ViewFinding, ...] = ()
    false_alarm_rate: float = 0.05
    one_in: float | None = None
    levels_db: tuple[float, ...] = ()
    n_regions: int = 0
    overview: Overview | None = None

    def __post_init__(self) -> None:
        """Count the regions, and keep the 100 strongest."""
        object.__setattr__(self, "n_regions", max(self.n_regions, len(self.regions)))
        object.__setattr__(self, "regions", self.regions[:MOST_REGIONS])

    @property
    def anomalous(self) -> bool:
        """Whether the score exceeds the threshold, which is when there is a region."""
        return self.score > self.threshold

    @property
    def score_over_time(self) -> Float32Array:
        """The highest raw score of each column, [time]."""
        return column_peaks(self.raw) if self.overview is None else self.overview.peaks

    @property
    def arrays(self) -> dict[str, Any]:
        """The map as its files hold it; the evidence map is called probability there."""
        return {
            "raw": self.raw,
            "probability": np.asarray(self.evidence),
            "freq_hz": self.freq_hz,
            "time_s": self.time_s,
        }

    def stretch(self, first: int, n_columns: int) -> AnomalyMap:
        """Cut out a stretch of the map; score, p-value, thresholds and regions stay the clip's.

        Args:
            first: The first column.
            n_columns: How many columns; beyond the map's end its last column is repeated, since
                the sound of a stretch can have a frame more than the map.

        Returns:
            The map with `raw` and `evidence` [freq, n_columns], and `time_s` on the whole
            clip's time.
        """
        hop_s = self.time_s[1] - self.time_s[0] if self.time_s.size > 1 else 0.0
        columns = np.arange(first, first + n_columns)
        within = np.minimum(columns, self.time_s.size - 1)
        raw = np.ascontiguousarray(self.raw[:, within])
        evidence = np.ascontiguousarray(self.evidence[:, within])
        release(self.raw)
        return replace(
            self,
            raw=raw,
            evidence=evidence,
            time_s=self.time_s[within] + (columns - within) * hop_s,
            overview=None,
        )
