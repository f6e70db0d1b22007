"""AnoPatch: a BEATs network learns to tell the normal clips' classes apart; new sound lies apart.

Jiang et al., "AnoPatch: Towards Better Consistency in Machine Anomalous Sound Detection",
Interspeech 2024.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from core.backbones import Backbone
from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.anopatch_network import AnoPatchNetwork, beats_of, frozen_embedding
from core.detectors.heads.parts.anopatch_settings import AnoPatchSettings
from core.detectors.heads.parts.anopatch_training import FineTuning
from core.detectors.heads.parts.banks import Banks
from core.detectors.heads.parts.reservoir import Reservoir
from core.detectors.heads.parts.training import below, seeded
from core.errors import FitError
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps


class AnoPatch(Head):
    """AnoPatch, with a map, which the paper has not: each patch's token against normal tokens.

    Fine-tuned, an embedding of 128 numbers is compared; frozen (`fine_tune` off), the mean of the
    last layer's tokens. Banks may be named (`TrainingClip.bank`): one a machine and id for
    DCASE 2020, machine/source and machine/target for DCASE 2023, whose smaller score counts.
    Departures: a step is one batch, and the weights move after each eighth; the learning rate
    stays after the warm-up; the paper names neither, nor ArcFace's scale and margin.
    Cost: training BEATs wants a GPU; what a step costs is in benchmarks/RESULTS.md. Below 100
    clips a detector is fitted five times.

    Args:
        settings: AnoPatch's.
        layers: the backbone's layers that it uses.
        backbone: a BEATs.
    """

    settings_type = AnoPatchSettings
    recommended: ClassVar[dict[str, Any]] = Head.recommended | {"fine_tune": False}
    more_presets: ClassVar[dict[str, dict[str, Any]]] = {
        "small": {
            "steps": 300,
            "batch_size": 16,
            "accumulation": 1,
            "learning_rate": 1e-3,
            "warmup_steps": 30,
            "crop_seconds": 2.0,
            "checkpoint_every": 50,
        }
    }
    published_for: ClassVar[dict[str, dict[str, Any]]] = {"dcase2023": {"specaug_freq": 80}}
    losses: tuple[float, ...] = ()

    def __init__(
        self, settings: AnoPatchSettings, layers: tuple[str, ...], backbone: Backbone
    ) -> None:
        super().__init__(settings, layers, backbone)
        self._beats = beats_of(backbone.network)
        self._network: AnoPatchNetwork | None = None

    @classmethod
    def choose_layers(cls, settings: Any, backbone: Backbone) -> tuple[str, ...]:
        """Choose the last usual layer; fine-tuned, when no frozen layer counts, the first.

        Args:
            settings: AnoPatch's.
            backbone: a BEATs.

        Returns:
            Names of layers.
        """
        if settings.fine_tune:
            return tuple(backbone.strides)[:1]
        return backbone.choose_layers(settings.layers or backbone.default_layers[-1:])

    @classmethod
    def learns_classes(cls, settings: Any) -> bool:
        """Say that it learns classes where it is fine-tuned.

        Args:
            settings: AnoPatch's.

        Returns:
            Whether it does.
        """
        return bool(settings.fine_tune)

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Fine-tune where asked for, then store the embeddings and tokens of every normal clip.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction.
        """
        self._network = None
        if self.settings.fine_tune:
            self._network = self._fine_tuned(features, seed, part(progress, 0.0, 0.9))
            progress = part(progress, 0.9, 1.0)
        names = sorted({clip.bank for clip in features.clips})
        size = max(1, self.settings.reservoir_size // len(names))
        embeddings: dict[str, list[Tensor]] = {name: [] for name in names}
        tokens = {name: Reservoir(size, seed) for name in names}
        for i, (clip, segments) in enumerate(zip(features.clips, features, strict=True), start=1):
            for maps in segments:
                embedding, patches = self._embedded(maps)
                embeddings[clip.bank].append(embedding)
                tokens[clip.bank].add(patches)
            progress("Remembering normal clips", i / len(features))
        self._clips = Banks({name: torch.stack(rows) for name, rows in embeddings.items()})
        self._patches = Banks({name: one.rows() for name, one in tokens.items()})

    def score(self, maps: FeatureMaps) -> CellScores:
        """Measure how far every patch and the whole are from the nearest normal ones, by cosine.

        Args:
            maps: of one segment.

        Returns:
            The distances.
        """
        return self.score_among(maps, "")

    def score_among(self, maps: FeatureMaps, bank: str) -> CellScores:
        """Measure the same among the clips of one bank.

        Args:
            maps: of one segment.
            bank: a bank; one that is not known is widened to those above, which is so for a clip
                that is the only one of its bank while the others are fitted on.

        Returns:
            The distances.
        """
        embedding, patches = self._embedded(maps)
        name = self._clips.widened(bank)
        distances = self._patches.distance(patches, name)
        whole = self._clips.distance(embedding[None], name, self.settings.k)
        rows = maps.log_mel.shape[0] // self._beats.config.input_patch_size
        return CellScores(distances.reshape(-1, rows).T.contiguous().cpu(), whole=float(whole))

    def state(self) -> dict[str, Tensor]:
        """Give the banks, and the network where it was fine-tuned.

        Returns:
            Tensors by name.
        """
        network = {} if self._network is None else self._network.state_dict()
        return {
            **{f"clips.{name}": value for name, value in self._clips.state().items()},
            **{f"patches.{name}": value for name, value in self._patches.state().items()},
            **{f"network.{name}": value for name, value in network.items()},
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with these banks, and with this network.

        Args:
            state: what `state` gave.
        """
        self._clips = Banks.from_state(below(state, "clips."), self.device)
        self._patches = Banks.from_state(below(state, "patches."), self.device)
        if self.settings.fine_tune:
            network = AnoPatchNetwork(self._beats)
            given = below(state, "network.")
            network.load_state_dict({name: given[name] for name in network.state_dict()})
            self._network = network.to(self.device).eval().requires_grad_(False)

    def _fine_tuned(self, features: Features, seed: int, progress: Progress) -> AnoPatchNetwork:
        classes = {clip.class_name for clip in features.clips}
        if len(classes) < 2:
            which = f"of one class, “{next(iter(classes))}”" if classes != {""} else "without one"
            raise FitError(
                "AnoPatch learns by telling classes of normal clips apart (machines, their parts, "
                f"their speeds), and all clips here are {which}. Give each clip its "
                "class (--class-by), or leave the network as it is (fine_tune=false)."
            )
        with seeded(seed, self.device):
            network = AnoPatchNetwork(self._beats).to(self.device)
            training = FineTuning(
                network, features, self.settings, self.device, seed, self.backbone.weights_sha256
            )
            training.run(self.checkpoints, progress)
        self.losses = tuple(training.losses)
        return network

    @torch.no_grad()
    def _embedded(self, maps: FeatureMaps) -> tuple[Tensor, Tensor]:
        # The embedding [feature] of a stretch, and its tokens [token, channel].
        if self._network is None:
            return frozen_embedding(maps.layers[self.layers[-1]].to(self.device))
        embeddings, tokens = self._network(maps.log_mel[None].to(self.device))
        return embeddings[0], tokens[0]
