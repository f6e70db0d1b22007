"""The fine-tuning of AnoPatch's network: steps, checkpoints, going on from one, early stop.

A checkpoint is a folder as `core.detectors.model_folder` writes them, whole or not at all: every
tensor the next step depends on, random numbers included, so that an interrupted training goes on
as if it had not been. Nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from torch import Tensor, nn

from core.detectors.heads.parts.anopatch_network import AnoPatchNetwork, fixed_length
from core.detectors.heads.parts.anopatch_settings import AnoPatchSettings
from core.detectors.heads.parts.arcface import ArcFace, masked
from core.detectors.heads.parts.training import BestState, below, split_off
from core.detectors.model_folder import delete_model, read_model, write_model
from core.detectors.settings import with_former_names
from core.errors import FitError, ModelError
from core.features.extractor import Features
from core.runtime.progress import Progress

STAGE = "Fine-tuning the network"
FORMAT = 1


class FineTuning:
    """One training run: network, loss, optimiser, the clips in their order, and where it stands.

    Args:
        network: trained in place.
        features: of the clips, which have classes.
        settings: AnoPatch's.
        device: of the network.
        seed: all chance comes from it.
        start: tells the network's first weights from others.
    """

    def __init__(
        self,
        network: AnoPatchNetwork,
        features: Features,
        settings: AnoPatchSettings,
        device: torch.device,
        seed: int,
        start: str,
    ) -> None:
        self.settings, self.features, self.device = settings, features, device
        self._start = (seed, start)
        names = sorted({clip.class_name for clip in features.clips})
        self.classes = torch.tensor([names.index(clip.class_name) for clip in features.clips])
        self.network = network
        self.loss = ArcFace(
            network.embedding.out_features, len(names), settings.arcface_scale, settings.margin
        )
        self.learned = nn.ModuleDict({"network": network, "loss": self.loss}).to(device)
        self.optimizer = torch.optim.AdamW(
            self.learned.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.generator = torch.Generator().manual_seed(seed)
        self.train = self.validation = list(range(len(features)))
        if settings.patience:
            self.train, self.validation = split_off(len(features), self.generator)
        # What a step takes of a clip: whole columns, no more than the longest has.
        wanted = round(settings.crop_seconds / 0.010)
        longest = max(clip.n_frames for clip in features.clips)
        patch = network.beats.config.input_patch_size
        self.n_frames = max(1, -(-min(wanted, longest) // patch)) * patch
        self.step, self.waiting = 0, torch.empty(0, dtype=torch.int64)
        self.losses: list[float] = []
        self.best = BestState(self.learned, settings.patience) if settings.patience else None
        self.stopped = False

    def run(self, checkpoints: Path | None, progress: Progress) -> None:
        """Train to the end, or to an early one.

        Args:
            checkpoints: folder in which the state is written, in a folder of this training's own;
                one that is there is continued from, and stays until `Detector.fit` is through.
            progress: called before every step.

        Raises:
            FitError: the loss is no number any more.
            Cancelled: by `progress`; the latest checkpoint stays.
        """
        settings, folder = self.settings, None
        if checkpoints is not None:
            folder = checkpoints / f"anopatch-{self.identity[:16]}"
            if self.resume(folder):
                progress(f"{STAGE}: going on from step {self.step}", self.share)
        self.network.train()
        while self.step < settings.steps and not self.stopped:
            said = f", loss {self.losses[-1]:.3g}" if self.losses else ""
            progress(f"{STAGE}: step {self.step + 1} of {settings.steps}{said}", self.share)
            self._one_step()
            last = self.step == settings.steps
            if self.best and (last or self.step % settings.check_every == 0):
                self.stopped = self.best.seen(self._validation_loss())
            due = last or self.stopped or self.step % settings.checkpoint_every == 0
            if folder is not None and due:
                self.save(folder)
        if self.best:
            self.best.restore()
        self.network.eval().requires_grad_(False)

    @property
    def share(self) -> float:
        """How much of it is done."""
        return self.step / self.settings.steps

    def _one_step(self) -> None:
        # One batch, forth and back; the weights move after every `accumulation`-th.
        settings = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * min(
                1.0, (self.step + 1) / max(1, settings.warmup_steps)
            )
        indices = self._next_indices()
        log_mel = torch.stack([self._crop(i) for i in indices])
        log_mel = masked(log_mel, settings.specaug_freq, settings.specaug_time, self.generator)
        embeddings, _ = self.network(log_mel.to(self.device))
        loss = self.loss(embeddings, self.classes[indices].to(self.device))
        (loss / settings.accumulation).backward()
        value = float(loss.detach())
        if value != value:
            raise FitError(
                "The network's training diverged; fit again with a smaller learning_rate than "
                f"{settings.learning_rate:g}."
            )
        self.step += 1
        self.losses.append(value)
        if self.step % settings.accumulation == 0 or self.step == settings.steps:
            self.optimizer.step()
            self.optimizer.zero_grad()

    def _next_indices(self) -> list[int]:
        # The next clips: all of them in random order, again and again.
        size = min(self.settings.batch_size, len(self.train))
        while len(self.waiting) < size:
            order = torch.randperm(len(self.train), generator=self.generator)
            self.waiting = torch.cat([self.waiting, torch.tensor(self.train)[order]])
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        return taken.tolist()

    def _crop(self, index: int) -> Tensor:
        segments = self.features[index]
        which = int(torch.randint(len(segments), (1,), generator=self.generator))
        log_mel = segments[which].log_mel
        n_starts = max(1, log_mel.shape[1] - self.n_frames + 1)
        start = int(torch.randint(n_starts, (1,), generator=self.generator))
        return fixed_length(log_mel, self.n_frames, start)

    @torch.no_grad()
    def _validation_loss(self) -> float:
        self.network.eval()
        total = 0.0
        for start in range(0, len(self.validation), self.settings.batch_size):
            indices = self.validation[start : start + self.settings.batch_size]
            crops = [fixed_length(self.features[i][0].log_mel, self.n_frames, 0) for i in indices]
            embeddings, _ = self.network(torch.stack(crops).to(self.device))
            loss = self.loss(embeddings, self.classes[indices].to(self.device))
            total += float(loss) * len(indices)
        self.network.train()
        return total / len(self.validation)

    # Checkpoints

    def save(self, folder: Path) -> None:
        """Write everything that the next step depends on.

        Args:
            folder: the checkpoint's.

        Raises:
            StoreError: the folder cannot be written.
        """
        tensors = {f"learned.{name}": v for name, v in self.learned.state_dict().items()}
        for i, parameter in enumerate(self.learned.parameters()):
            for name, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{i}.{name}"] = value
            if parameter.grad is not None:
                tensors[f"gradient.{i}"] = parameter.grad
        manifest = {"training": self.identity, "step": self.step, "stopped": self.stopped}
        if self.best:
            tensors |= {f"best.{name}": v for name, v in self.best.state.items()}
            lowest = self.best.lowest if self.best.lowest < torch.inf else None
            manifest |= {"lowest": lowest, "since": self.best.since}
        tensors["generator"] = self.generator.get_state()
        tensors["random"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        tensors["waiting"] = self.waiting
        tensors["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        write_model(folder, manifest, tensors)

    def resume(self, folder: Path) -> bool:
        """Go back to where a checkpoint stands; a damaged one counts as none.

        Args:
            folder: the checkpoint's.

        Returns:
            Whether there is one of this training.
        """
        if not folder.is_dir():
            return False
        try:
            manifest, tensors = read_model(folder)
        except ModelError:
            delete_model(folder)
            return False
        if manifest.get("training") != self.identity:
            return False
        self.learned.load_state_dict(below(tensors, "learned."))
        for i, parameter in enumerate(self.learned.parameters()):
            state = below(tensors, f"optimizer.{i}.")
            # AdamW counts its steps on the CPU.
            self.optimizer.state[parameter] = {
                name: v if name == "step" else v.to(self.device) for name, v in state.items()
            }
            gradient = tensors.get(f"gradient.{i}")
            parameter.grad = None if gradient is None else gradient.to(self.device)
        if self.best and manifest["lowest"] is not None:
            self.best.state = below(tensors, "best.")
            self.best.lowest, self.best.since = manifest["lowest"], manifest["since"]
        self.generator.set_state(tensors["generator"])
        torch.set_rng_state(tensors["random"])
        if "random.cuda" in tensors and self.device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random.cuda"], self.device)
        self.waiting = tensors["waiting"]
        self.losses = tensors["losses"].tolist()
        self.step, self.stopped = manifest["step"], manifest["stopped"]
        return True

    @property
    def identity(self) -> str:
        """A digest of what tells this training from others: settings, clips, classes, start."""
        clips = [(clip.sha256, clip.class_name) for clip in self.features.clips]
        settings = with_former_names(dataclasses.asdict(self.settings))
        described = [FORMAT, settings, self._start, clips]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()
