"""EnvMix of recordings: any data set or folder, with events of the same or another mixed in."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DataSetError
from core.evaluation.datasets.mixing import Mix, SnrOver, mix
from core.evaluation.datasets.recording import Recording, of_classes


@dataclass(frozen=True)
class RecordedMix:
    """A normal recording with an event of another one mixed in.

    Attributes:
        normal: The normal recording.
        anomaly: The recording with the event.
        seed: What the event's onset is drawn from, together with both clips.
        snr_over: Where the signal-to-noise ratio holds.
    """

    normal: Recording
    anomaly: Recording
    seed: int
    snr_over: SnrOver

    @property
    def event(self) -> str:
        """The class of the event."""
        return self.anomaly.category

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """Make the mix.

        Args:
            sample_rate: Its rate in Hz.
            snr_db: Its signal-to-noise ratio in dB; None is 0 dB.

        Returns:
            The mix and its stems.

        Raises:
            AudioError: a file cannot be read.
            DataSetError: one of the two is silent.
        """
        normal, anomaly = (one.read(sample_rate) for one in (self.normal, self.anomaly))
        return mix(normal, anomaly, snr_db or 0.0, seed=self.seed, snr_over=self.snr_over)

    def described(self) -> dict[str, Any]:
        """Describe what makes it again.

        Returns:
            Plain JSON with both files and what the mix is drawn with.
        """
        limited = {} if self.anomaly.band_rate is None else {"event_rate": self.anomaly.band_rate}
        return self.normal.described() | {
            "event_file": str(self.anomaly.path.absolute()),
            "seed": self.seed,
            "snr_over": self.snr_over,
            **limited,
        }


@dataclass(frozen=True)
class RecordedMixes:
    """EnvMix of recordings: normal classes of one set, events of the same or another.

    Every test clip of the normal class is a normal one, and is mixed once with an event of each
    anomaly class, taken in turn. An event is never cut from the recording that the normal clip, or
    one that a detector was fitted on, was cut from.

    Attributes:
        data_set: Its name in results.
        normal_recordings: The set that the normal classes are of.
        anomaly_recordings: The set that the events are of.
        normals: The normal classes.
        anomalies: The classes of events.
        train_folds: The folds fitted on.
        test_folds: The folds of the normal clips that are scored.
        event_folds: The folds of the events.
        seed: What the choice of clips and the mixes are drawn from.
        snr_over: Where the signal-to-noise ratio holds.
        balanced: Each test clip is mixed with one event only, the classes in turn, so that as many
            clips are anomalous as are normal.
        most_training: The most training clips of a class.
        most_tests: The most normal test clips of a class.
    """

    data_set: str
    normal_recordings: tuple[Recording, ...]
    anomaly_recordings: tuple[Recording, ...]
    normals: tuple[str, ...]
    anomalies: tuple[str, ...]
    train_folds: tuple[int, ...]
    test_folds: tuple[int, ...]
    event_folds: tuple[int, ...]
    seed: int = 0
    snr_over: SnrOver = "event"
    balanced: bool = False
    most_training: int | None = None
    most_tests: int | None = None

    def check(self) -> None:
        """Refuse a class without clips, or one that is both normal and anomalous.

        Raises:
            DataSetError: one is; or every event of a class comes from a normal recording.
        """
        both = sorted(set(self.normals) & set(self.anomalies))
        if both and self.normal_recordings == self.anomaly_recordings:
            raise DataSetError(f"Class “{both[0]}” is both normal and anomalous; choose one.")
        for normal in self.normals:
            self.training(normal)
            self.tests(normal)
        for anomaly in self.anomalies:
            self.events(anomaly)

    def training(self, normal: str) -> list[Recording]:
        """List the recordings of the training folds.

        Args:
            normal: The normal class.

        Returns:
            Its recordings.

        Raises:
            DataSetError: there are none.
        """
        return self._chosen(normal, self.train_folds, self.most_training)

    def tests(self, normal: str) -> list[Recording]:
        """List the recordings of the test folds, at most `most_tests`.

        Args:
            normal: The normal class.

        Returns:
            The recordings to score, as many as are mixed with events.

        Raises:
            DataSetError: the class has none there.
        """
        return self._chosen(normal, self.test_folds, self.most_tests)

    def mixes(self, normal: str) -> list[RecordedMix]:
        """Plan each test clip with an event of each class, or with one of a class in turn.

        Args:
            normal: The normal class.

        Returns:
            The mixes.

        Raises:
            DataSetError: a class has no clips or no events.
        """
        return [
            RecordedMix(clip, events[i % len(events)], self.seed, self.snr_over)
            for place, events in enumerate([self.events(anomaly) for anomaly in self.anomalies])
            for i, clip in enumerate(self.tests(normal))
            if not self.balanced or i % len(self.anomalies) == place
        ]

    def events(self, anomaly: str) -> list[Recording]:
        """List the events of a class that were not cut from any normal recording.

        Args:
            anomaly: The class.

        Returns:
            Its recordings in the event folds.

        Raises:
            DataSetError: there are none.
        """
        normal = {r.source for r in self.normal_recordings if r.category in self.normals}
        found = of_classes(self.anomaly_recordings, [anomaly], self.event_folds)
        allowed = [event for event in found if event.source not in normal]
        if not allowed:
            raise DataSetError(
                f"Every “{anomaly}” was cut from a recording that is normal too; one recording "
                "cannot be both normal and anomalous. Leave one of the classes out."
            )
        return allowed

    def described(self, normal: str) -> dict[str, Any]:
        """Describe the files that are used, and how; where they lie does not matter.

        Args:
            normal: The normal class.

        Returns:
            Plain JSON.
        """
        used = [[clip.name, clip.source] for clip in (*self.training(normal), *self.tests(normal))]
        used += [[mixed.normal.name, mixed.anomaly.name] for mixed in self.mixes(normal)]
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in ("normal_recordings", "anomaly_recordings", "normals"):
            del fields[name]
        return fields | {"files_sha256": hashlib.sha256(repr(used).encode()).hexdigest()}

    def _chosen(self, normal: str, folds: tuple[int, ...], most: int | None) -> list[Recording]:
        found = of_classes(self.normal_recordings, [normal], folds)
        if most is not None and len(found) > most:
            drawn = np.random.default_rng(self.seed).permutation(len(found))[:most]
            found = [found[i] for i in sorted(drawn)]
        return found
