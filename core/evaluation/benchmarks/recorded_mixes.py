"""EnvMix of recordings: any data set or folder, with events of the same or another mixed in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.audio import read_clip
from core.errors import DataSetError
from core.evaluation.datasets.envmix import Mix, SnrOver, mix
from core.evaluation.datasets.esc50 import Recording, of_classes
from core.types import Clip


@dataclass(frozen=True)
class RecordedClip:
    """A file of a data set as a normal clip."""

    recording: Recording

    @property
    def name(self) -> str:
        """Its file's name."""
        return self.recording.path.name

    @property
    def source(self) -> str:
        """The recording it was cut from."""
        return self.recording.source

    def read(self, sample_rate: int) -> Clip:
        """The clip at this rate."""
        return read_clip(self.recording.path, sample_rate=sample_rate)

    def described(self) -> dict[str, Any]:
        """Its file."""
        return {"kind": "recording", "normal_file": str(self.recording.path.absolute())}


@dataclass(frozen=True)
class RecordedMix:
    """A normal file with an event of another file mixed in."""

    normal: Recording
    anomaly: Recording
    seed: int
    snr_over: SnrOver

    @property
    def event(self) -> str:
        """The class of the event."""
        return self.anomaly.category

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """The mix; its onset is drawn from both clips and the seed."""
        return mix(
            read_clip(self.normal.path, sample_rate=sample_rate),
            read_clip(self.anomaly.path, sample_rate=sample_rate),
            0.0 if snr_db is None else snr_db,
            seed=self.seed,
            snr_over=self.snr_over,
        )

    def described(self) -> dict[str, Any]:
        """Both files, and what the mix was drawn with."""
        return {
            "kind": "recording",
            "normal_file": str(self.normal.path.absolute()),
            "event_file": str(self.anomaly.path.absolute()),
            "seed": self.seed,
            "snr_over": self.snr_over,
        }


@dataclass(frozen=True)
class RecordedMixes:
    """EnvMix of recordings: normal classes of one set, events of the same or another.

    Every test clip of the normal class is a normal one, and is mixed once with an event of each
    anomaly class, taken in turn; with `balanced` with one event only, the classes in turn, so
    that as many clips are anomalous as are normal. An event is never cut from the recording that
    the normal clip, or one that a detector was fitted on, was cut from.
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
            self._events(anomaly)

    def training(self, normal: str) -> list[RecordedClip]:
        """The recordings of the training folds."""
        return self._chosen(normal, self.train_folds, self.most_training)

    def tests(self, normal: str) -> list[RecordedClip]:
        """The recordings of the test folds."""
        return self._chosen(normal, self.test_folds, self.most_tests)

    def mixes(self, normal: str) -> list[RecordedMix]:
        """Each test clip with an event of each class, or with one event of a class in turn."""
        events = {anomaly: self._events(anomaly) for anomaly in self.anomalies}
        planned = []
        for place, anomaly in enumerate(self.anomalies):
            for i, clip in enumerate(self.tests(normal)):
                if self.balanced and i % len(self.anomalies) != place:
                    continue
                event = events[anomaly][i % len(events[anomaly])]
                planned.append(RecordedMix(clip.recording, event, self.seed, self.snr_over))
        return planned

    def described(self, normal: str) -> dict[str, Any]:
        """The files that are used, and how; where they lie does not matter."""
        used = [
            [clip.name, clip.source] for clip in (*self.training(normal), *self.tests(normal))
        ] + [[mixed.normal.path.name, mixed.anomaly.path.name] for mixed in self.mixes(normal)]
        fields = ("data_set", "anomalies", "train_folds", "test_folds", "event_folds", "seed")
        more = ("snr_over", "balanced", "most_training", "most_tests")
        return {name: getattr(self, name) for name in (*fields, *more)} | {
            "files_sha256": hashlib.sha256(repr(used).encode()).hexdigest()
        }

    def _chosen(self, normal: str, folds: tuple[int, ...], most: int | None) -> list[RecordedClip]:
        found = of_classes(list(self.normal_recordings), [normal], folds)
        if most is not None and len(found) > most:
            drawn = np.random.default_rng(self.seed).permutation(len(found))[:most]
            found = [found[i] for i in sorted(drawn)]
        return [RecordedClip(recording) for recording in found]

    def _events(self, anomaly: str) -> list[Recording]:
        """The events of a class that were not cut from any normal recording.

        Raises:
            DataSetError: there are none.
        """
        normal = {r.source for r in self.normal_recordings if r.category in self.normals}
        found = of_classes(list(self.anomaly_recordings), [anomaly], self.event_folds)
        allowed = [event for event in found if event.source not in normal]
        if not allowed:
            raise DataSetError(
                f"Every “{anomaly}” was cut from a recording that is normal too; one recording "
                "cannot be both normal and anomalous. Leave one of the classes out."
            )
        return allowed
