"""STFPM: a student learns to imitate the backbone on normal sound; where it fails, sound is new.

Wang et al., "Student-Teacher Feature Pyramid Matching for Anomaly Detection", BMVC 2021.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.backbones import Backbone
from core.detectors.heads.head import CellScores, Head, HeadSettings
from core.detectors.heads.parts.training import BestState, seeded, split_off
from core.detectors.settings import option
from core.errors import FitError
from core.features.extractor import Features
from core.runtime.progress import Progress
from core.types import FeatureMaps

CROP_FRAMES = 64
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4


@dataclass(frozen=True)
class STFPMSettings(HeadSettings):
    """STFPM's own settings."""

    epochs: int = option(
        20, "Most times the training set is gone through (100 in the paper).", low=1, high=10_000
    )
    patience: int = option(
        5, "Epochs without a lower loss on validation clips, after which training ends.", low=1
    )
    student_width: float = option(
        0.25,
        "Channels of the student for each of the backbone's: 1 is the paper's, and 15 times the "
        "work of 0.25.",
        low=0.05,
        high=1.0,
    )
    learning_rate: float = option(
        0.2, "Step size of gradient descent (0.4 in the paper).", low=1e-6, high=10.0
    )
    batch_size: int = option(
        8, "Stretches of sound in one step (32 in the paper).", low=1, high=512
    )
    fusion: str = option(
        "product",
        "How the layers' maps become one: their product, as published, or their sum.",
        choices=("product", "sum"),
    )


class Student(nn.Module):
    """The backbone's network from scratch; 1x1 convolutions widen a narrower one's maps.

    Args:
        backbone: whose network it is.
        teacher: the teacher's channels of each layer.
        width: its own channels for each of the backbone's.
    """

    def __init__(self, backbone: Backbone, teacher: Mapping[str, int], width: float) -> None:
        super().__init__()
        self.network = backbone.student(width)
        channels = {f"conv_block{i}": n for i, n in enumerate(self.network.channels, start=1)}
        self.widening = nn.ModuleDict(
            {
                layer: nn.Identity() if channels[layer] == n else nn.Conv2d(channels[layer], n, 1)
                for layer, n in teacher.items()
            }
        )

    def forward(self, log_mel: Tensor) -> dict[str, Tensor]:
        """Compute maps of each layer.

        Args:
            log_mel: [batch, freq, time].

        Returns:
            Layer -> [batch, channel, freq, time].
        """
        maps = self.network(log_mel, tuple(self.widening))
        return {layer: widen(maps[layer]) for layer, widen in self.widening.items()}


@dataclass(frozen=True)
class Crop:
    """A stretch of a clip's log-mel and the teacher's maps of it; `keep` is 0 near cut edges."""

    log_mel: Tensor
    teacher: dict[str, Tensor]
    keep: dict[str, Tensor]


class STFPM(Head):
    """STFPM with every layer in the loss, trained on stretches of about a second and a half.

    Departures: the student has a quarter of the channels by default (`student_width` 1 is the
    paper's), batches are smaller and steps half as large; the teacher had the whole clip, so its
    cells next to where a stretch is cut do not count; maps are multiplied on the finest layer's
    grid. A fifth of the clips chooses the best epoch, as in the paper.
    """

    settings_type = STFPMSettings

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Train by stochastic gradient descent on unit-length features, with early stopping.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction.

        Raises:
            FitError: the training diverged.
        """
        generator = torch.Generator().manual_seed(seed)
        first = features[0][0]
        with seeded(seed):
            student = self._new_student({name: len(first.layers[name]) for name in self.layers})
        train, validation = split_off(len(features), generator)
        judged_on = torch.randint(2**31, (1,), generator=generator).item()
        optimizer = torch.optim.SGD(
            student.parameters(),
            lr=self.settings.learning_rate,
            momentum=MOMENTUM,
            weight_decay=WEIGHT_DECAY,
        )
        self._student = student
        best = BestState(student, self.settings.patience)
        for epoch in range(self.settings.epochs):
            order = [train[i] for i in torch.randperm(len(train), generator=generator).tolist()]
            student.train()
            for crops in self._batches(features.subset(order), generator):
                optimizer.zero_grad()
                self._loss(crops).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                progress("Teaching the student", epoch / self.settings.epochs)
            student.eval()
            with torch.no_grad():
                # The same stretches each time.
                same = torch.Generator().manual_seed(int(judged_on))
                batches = self._batches(features.subset(validation), same)
                losses = [float(self._loss(crops)) for crops in batches]
            loss = sum(losses) / len(losses)
            if not loss < torch.inf:
                raise FitError(
                    "The student's training diverged; fit again with a smaller learning_rate "
                    f"than {self.settings.learning_rate:g}."
                )
            if best.seen(loss):
                break
        best.restore()
        student.eval()
        progress("Teaching the student", 1.0)

    @torch.no_grad()
    def score(self, maps: FeatureMaps) -> CellScores:
        """Measure how differently student and teacher respond in every cell, all layers together.

        Args:
            maps: of one segment.

        Returns:
            The scores.
        """
        imitated = self._student(maps.log_mel[None].to(self.device))
        differences = [
            difference(maps.layers[layer][None].to(self.device), imitated[layer])
            for layer in self.layers
        ]
        return CellScores(fused(differences, self.settings.fusion)[0].cpu())

    def state(self) -> dict[str, Tensor]:
        """Give the student's weights.

        Returns:
            Tensors by name.
        """
        return dict(self._student.state_dict())

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with this student.

        Args:
            state: what `state` gave.
        """
        n_channels = self.backbone.student().channels
        teacher = {layer: n_channels[int(layer[len("conv_block") :]) - 1] for layer in self.layers}
        student = self._new_student(teacher)
        for name in student.state_dict():
            state[name]
        student.load_state_dict(state)
        self._student = student.eval()

    def _new_student(self, teacher: Mapping[str, int]) -> Student:
        student = Student(self.backbone, teacher, self.settings.student_width)
        return student.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def _batches(self, features: Features, generator: torch.Generator) -> Iterator[list[Crop]]:
        # Random stretches of each clip, as many as cover it, in batches of one length.
        waiting: dict[int, list[Crop]] = {}
        for maps in features.segments():
            n_frames = maps.log_mel.shape[1]
            for _ in range(max(1, n_frames // CROP_FRAMES)):
                crop = random_crop(maps, self.layers, generator)
                group = waiting.setdefault(crop.log_mel.shape[1], [])
                group.append(crop)
                if len(group) == self.settings.batch_size:
                    yield waiting.pop(crop.log_mel.shape[1])
        yield from waiting.values()

    def _loss(self, crops: Sequence[Crop]) -> Tensor:
        imitated = self._student(torch.stack([crop.log_mel for crop in crops]).to(self.device))
        loss = torch.zeros((), device=self.device)
        for layer in self.layers:
            teacher = torch.stack([crop.teacher[layer] for crop in crops]).to(self.device)
            keep = torch.stack([crop.keep[layer] for crop in crops]).to(self.device)
            differences = difference(teacher, imitated[layer])
            loss = loss + (differences * keep).sum() / keep.expand_as(differences).sum()
        return loss


def difference(teacher: Tensor, student: Tensor) -> Tensor:
    """Compute half the squared distance of unit-length features (Eq. 1).

    Args:
        teacher: [batch, channel, freq, time].
        student: the same shape.

    Returns:
        [batch, freq, time].
    """
    away = F.normalize(teacher, dim=1) - F.normalize(student, dim=1)
    return 0.5 * away.square().sum(dim=1)


def fused(differences: Sequence[Tensor], fusion: str) -> Tensor:
    """Make one map of every layer's, on the first one's grid (Eq. 4).

    Args:
        differences: [batch, freq, time] of each layer.
        fusion: "product" or "sum".

    Returns:
        [batch, freq, time].
    """
    size = differences[0].shape[-2:]
    enlarged = [
        F.interpolate(layer[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
        for layer in differences
    ]
    stacked = torch.stack(enlarged)
    return stacked.prod(dim=0) if fusion == "product" else stacked.sum(dim=0)


def random_crop(maps: FeatureMaps, layers: tuple[str, ...], generator: torch.Generator) -> Crop:
    """Cut a stretch of `CROP_FRAMES` frames, or all of a shorter clip, that begins on whole cells.

    Args:
        maps: of one segment.
        layers: the layers to cut.
        generator: of the stretch's start.

    Returns:
        The stretch.
    """
    n_frames = maps.log_mel.shape[1]
    strides = {layer: n_frames // maps.layers[layer].shape[-1] for layer in layers}
    coarsest = max(strides.values())
    length = min(n_frames, max(CROP_FRAMES // coarsest, 1) * coarsest)
    n_starts = (n_frames - length) // coarsest + 1
    start = coarsest * int(torch.randint(n_starts, (1,), generator=generator))
    keep_frames = torch.ones(length)
    if start > 0 and length > coarsest:
        keep_frames[:coarsest] = 0.0
    if start + length < n_frames and length > 2 * coarsest:
        keep_frames[-coarsest:] = 0.0
    return Crop(
        maps.log_mel[:, start : start + length],
        {
            layer: maps.layers[layer][..., start // stride : (start + length) // stride]
            for layer, stride in strides.items()
        },
        {layer: keep_frames[::stride][None] for layer, stride in strides.items()},
    )
