"""Fit a model on recordings of the store."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.registry import usable_backbone
from core.detectors.settings import checked_seed, with_former_names
from core.errors import SettingError, StoreError
from core.jobs.tasks.task import OPTIONAL, Task, n_recordings
from core.runtime.paths import checkpoints_dir
from core.runtime.progress import Progress, part, silent
from core.storage import models, recordings


@dataclasses.dataclass(frozen=True, kw_only=True)
class FitTask(Task):
    """Fit a detector on recordings of the store and save it as a model.

    Cancelled or failed, it leaves no model; the state of a long training stays, and the same fit
    goes on from it.

    Attributes:
        clip_ids: the normal recordings
        model_name: the model's name; a number is added where another model has it
        head: the anomaly algorithm
        preset: the form of the head
        groups: one for each clip id, alike for clips of one recording; None leaves it to the sound
        class_names: the class of each clip id, for heads that learn from classes
        backbone: the head's usual one where it is None
        seed: makes the fit repeatable
        precision: of the network's arithmetic, “float32” or “bfloat16”
        false_alarm_rate: the share of normal clips that may be called anomalous
        channel: of recordings with several, from 0, “mean” or “loudest”
        head_settings: of the head, over those of the preset
        group_rule: how the app found the groups, its “rule” and “field”
        class_rule: how the app found the classes, likewise
        level_counts: whether another level makes a recording anomalous, where the form of the head
            has a level view
    """

    kind: ClassVar[str] = "fit"
    view: ClassVar[str] = "fit"

    clip_ids: Sequence[str]
    model_name: str = "Model"
    head: str = RECOMMENDED_HEAD
    preset: str = "recommended"
    groups: Sequence[str] | None = None
    class_names: Sequence[str] | None = dataclasses.field(
        default=None, metadata={"stored_as": "labels"}
    )
    backbone: str | None = None
    seed: int = 0
    precision: str = "float32"
    false_alarm_rate: float = 0.05
    channel: int | Literal["mean", "loudest"] = 0
    head_settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    group_rule: dict[str, Any] | None = dataclasses.field(
        default=None, metadata={"stored_as": "grouping"} | OPTIONAL
    )
    class_rule: dict[str, Any] | None = dataclasses.field(
        default=None, metadata={"stored_as": "classes"} | OPTIONAL
    )
    level_counts: bool = dataclasses.field(default=False, metadata=OPTIONAL)

    @property
    def title(self) -> str:
        """What the task does."""
        return f"Fitting “{self.model_name}” on {n_recordings(self.clip_ids)}"

    def check(self) -> None:
        """Check the arguments before the task is put in the queue.

        Raises:
            SettingError: one is missing, of another type or out of range; the sentence names it.
        """
        super().check()
        usable_backbone(self.head, self.backbone)
        checked_seed(self.seed)
        for name, of_each in (("groups", self.groups), ("classes", self.class_names)):
            if of_each is not None and len(of_each) != len(self.clip_ids):
                raise SettingError(
                    f"There are {len(of_each)} {name} for {n_recordings(self.clip_ids)}."
                )
        if isinstance(self.channel, int) and self.channel < 0:
            raise SettingError(
                f"A channel is a number from 0 on, “mean” or “loudest”, not {self.channel}."
            )

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Fit, and save the model.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `model_id`; `left_out`, a sentence for each recording that cannot be used; `warnings`,
            sentences on what the others allow; `outlying`, the `clip_id` of each recording that is
            unlike the others, a sentence, `said`, and the time in it, `moment_s`, None where that
            is not known; `outlying_note`, what these do to the threshold.

        Raises:
            FitError: too few recordings can be used; the sentence says which were left out and
                why.
            HearMapError: as `Detector` says.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.detectors.detector import Detector
        from core.workflows.fit import fit
        from core.workflows.stored_source import StoredSource

        progress("Preparing", 0.0)
        detector = Detector(
            self.head,
            self.backbone,
            seed=self.seed,
            precision=self.precision,
            false_alarm_rate=self.false_alarm_rate,
            level_counts=self.level_counts,
            **(preset_settings(self.head, self.preset) | self.head_settings),
        )
        group_of = dict(zip(self.clip_ids, self.groups or (), strict=False))
        class_of = dict(zip(self.clip_ids, self.class_names or (), strict=False))
        sources = [
            StoredSource(clip_id=one, group=group_of.get(one), class_name=class_of.get(one, ""))
            for one in dict.fromkeys(self.clip_ids)
        ]
        fitted = fit(
            detector,
            sources,
            channel=self.channel,
            checkpoints=None if self.class_names is None else self.checkpoints,
            progress=part(progress, 0.0, 0.98),
        )
        with contextlib.suppress(OSError):
            self.checkpoints.rmdir()
        progress("Saving the model", 0.98)
        record = models.save_model(
            detector,
            self.model_name,
            channel=self.channel,
            arguments=self.as_record(),
            fit_seconds=fitted.seconds,
        )
        for one in fitted.used:
            # A recording deleted meanwhile takes no role; the model was fitted on it all the same.
            with contextlib.suppress(StoreError):
                if recordings.get_recording(one.clip_id).role == "unknown":
                    recordings.set_role(one.clip_id, "normal")
        return {
            "model_id": record.id,
            "left_out": fitted.left_out,
            "warnings": fitted.warnings,
            "outlying": [
                {"clip_id": source.clip_id, "said": one.words, "moment_s": one.moment_s}
                for source, one in fitted.outlying
            ],
            "outlying_note": fitted.outlying_note,
        }

    def without(self, clip_ids: Collection[str]) -> FitTask:
        """Make the fit on the other recordings.

        Args:
            clip_ids: the recordings to leave out

        Returns:
            The task, otherwise the same.
        """
        kept = [i for i, clip_id in enumerate(self.clip_ids) if clip_id not in clip_ids]

        def of_kept(values: Sequence[str] | None) -> Sequence[str] | None:
            return None if values is None else [values[i] for i in kept]

        return dataclasses.replace(
            self,
            clip_ids=[self.clip_ids[i] for i in kept],
            groups=of_kept(self.groups),
            class_names=of_kept(self.class_names),
        )

    @property
    def checkpoints(self) -> Path:
        """Where a long training keeps its state: the same fit, whatever its name, finds it."""
        same = self.as_record()
        for of_the_result in ("model_name", "level_counts"):
            same.pop(of_the_result, None)
        same["head_settings"] = with_former_names(same["head_settings"])
        digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
        return checkpoints_dir() / digest[:16]
