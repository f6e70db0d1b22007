"""AnoPatch: a BEATs network learns to tell the normal clips' classes apart; new sound lies apart.

Jiang et al., "AnoPatch: Towards Better Consistency in Machine Anomalous Sound Detection",
Interspeech 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from core.backbones import Backbone
from core.detectors.heads.head import CellScores, Head, HeadSettings
from core.detectors.heads.parts.anopatch_network import AnoPatchNetwork, beats_of, frozen_view
from core.detectors.heads.parts.anopatch_training import fine_tuned, random_numbers
from core.detectors.heads.parts.banks import Banks
from core.detectors.heads.parts.reservoir import Reservoir
from core.detectors.settings import option
from core.errors import FitError
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps


@dataclass(frozen=True)
class AnoPatchSettings(HeadSettings):
    """AnoPatch's own settings; the defaults are the paper's (table 4) where it gives them."""

    clip_score: str = option(
        "embedding",
        "The clip's score: its embedding's distance from the nearest normal clip's, as published, "
        "or from its map the highest cell (peak) or the mean of the best columns (top).",
        choices=("embedding", "peak", "top"),
    )
    fine_tune: bool = option(
        True,
        "Train the network to tell the clips' classes apart, as published, which wants a GPU for "
        "BEATs; off, the network stays as it is and needs no classes.",
    )
    steps: int = option(10_000, "Batches of training.", low=1, high=10_000_000)
    batch_size: int = option(32, "Clips in a batch.", low=2, high=4096)
    accumulation: int = option(
        8, "Batches before the weights move; their gradients are averaged.", low=1, high=1024
    )
    learning_rate: float = option(1e-4, "Step size of AdamW.", low=1e-8, high=1.0)
    warmup_steps: int = option(960, "Steps over which it grows from nothing.", low=0)
    weight_decay: float = option(0.01, "AdamW's; not in the paper.", low=0.0, high=1.0)
    arcface_scale: float = option(30.0, "s of ArcFace; not in the paper.", low=1.0, high=1000.0)
    margin: float = option(0.5, "m of ArcFace, in radians; not in the paper.", low=0.0, high=1.5)
    specaug_freq: int = option(
        40, "Most bands a mask hides (DCASE 2020; 80 for DCASE 2023).", low=0, high=128
    )
    specaug_time: int = option(80, "Most frames a mask hides.", low=0, high=10_000)
    crop_seconds: float = option(
        10.08, "Stretch of a clip that a step hears, no more than a window.", low=0.16, high=10.08
    )
    patience: int = option(
        0,
        "Checks without a lower loss on a fifth of the clips, held out, after which training ends; "
        "0, as published, trains on all clips to the last step.",
        low=0,
    )
    check_every: int = option(200, "Steps between those checks.", low=1)
    checkpoint_every: int = option(200, "Steps between kept states, to go on from.", low=1)
    k: int = option(
        1, "Nearest normal clips whose mean distance counts; 1 is published.", low=1, high=1000
    )
    reservoir_size: int = option(
        10_000, "Patches kept for the map, drawn at random from all clips.", low=10, high=1_000_000
    )


class AnoPatch(Head):
    """AnoPatch, with a map, which the paper has not: each patch's token against normal tokens.

    Fine-tuned, an embedding of 128 numbers is compared; frozen (`fine_tune` off), the mean of the
    last layer's tokens. Banks may be named (`Detector.fit(banks=...)`): one a machine and id for
    DCASE 2020, machine/source and machine/target for DCASE 2023, whose smaller score counts.
    Departures: a step is one batch, and the weights move after each eighth; the learning rate
    stays after the warm-up; the paper names neither, nor ArcFace's scale and margin.
    Cost: training BEATs wants a GPU; what a step costs is in benchmarks/RESULTS.md. Below 100
    clips a detector is fitted five times.
    """

    name = "anopatch"
    title = "AnoPatch"
    summary = (
        "Teaches a transformer to tell machines apart; compares a clip with the nearest normal one."
    )
    settings_type = AnoPatchSettings
    backbones = ("beats", "beats-iter3plus", "beats-small")
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
        self._beats = beats_of(backbone.network, self.title)
        self._network: AnoPatchNetwork | None = None

    @classmethod
    def choose_layers(cls, settings: Any, backbone: Backbone) -> tuple[str, ...]:
        """The last usual layer; fine-tuned, when the frozen network does not count, the first."""
        if settings.fine_tune:
            return tuple(backbone.strides)[:1]
        return backbone.choose_layers(settings.layers or backbone.default_layers[-1:])

    @classmethod
    def learns_classes(cls, settings: Any) -> bool:
        """Fine-tuned it does."""
        return bool(settings.fine_tune)

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Fine-tune where asked for, then remember every normal clip."""
        self._network = None
        if self.settings.fine_tune:
            self._network = self._fine_tuned(features, seed, part(progress, 0.0, 0.9))
            progress = part(progress, 0.9, 1.0)
        names = sorted({clip.bank for clip in features.clips})
        size = max(1, self.settings.reservoir_size // len(names))
        embeddings: dict[str, list[Tensor]] = {name: [] for name in names}
        tokens = {name: Reservoir(size, seed) for name in names}
        for i, segments in enumerate(features):
            bank = features.clips[i].bank
            for maps in segments:
                embedding, patches = self._heard(maps)
                embeddings[bank].append(embedding)
                tokens[bank].add(patches)
            progress("Remembering normal clips", (i + 1) / len(features))
        self._clips = Banks({name: torch.stack(rows) for name, rows in embeddings.items()})
        self._patches = Banks({name: one.rows() for name, one in tokens.items()})

    def score(self, maps: FeatureMaps) -> CellScores:
        """Cosine distances of every patch and of the whole from the nearest normal ones."""
        return self.score_among(maps, "")

    def score_among(self, maps: FeatureMaps, bank: str) -> CellScores:
        """The same, among the clips of one bank; one that is not known is widened to those above.

        That is so for a held-out clip which is the only one of its bank.
        """
        embedding, patches = self._heard(maps)
        name = self._clips.widened(bank)
        distances = self._patches.distance(patches, name)
        whole = self._clips.distance(embedding[None], name, self.settings.k)
        rows = maps.log_mel.shape[0] // self._beats.config.input_patch_size
        return CellScores(distances.reshape(-1, rows).T.contiguous().cpu(), whole=float(whole))

    def state(self) -> dict[str, Tensor]:
        """The banks, and the network where it was fine-tuned."""
        network = {} if self._network is None else self._network.state_dict()
        return {
            **{f"clips.{name}": value for name, value in self._clips.state().items()},
            **{f"patches.{name}": value for name, value in self._patches.state().items()},
            **{f"network.{name}": value for name, value in network.items()},
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with these banks, and with this network."""
        self._clips = Banks.from_state(_below(state, "clips."), self.device)
        self._patches = Banks.from_state(_below(state, "patches."), self.device)
        if self.settings.fine_tune:
            network = AnoPatchNetwork(self._beats)
            given = _below(state, "network.")
            network.load_state_dict({name: given[name] for name in network.state_dict()})
            self._network = network.to(self.device).eval().requires_grad_(False)

    def _fine_tuned(self, features: Features, seed: int, progress: Progress) -> AnoPatchNetwork:
        classes = {clip.class_name for clip in features.clips}
        if len(classes) < 2:
            which = f"of one class, “{next(iter(classes))}”" if classes != {""} else "without one"
            raise FitError(
                "AnoPatch learns by telling classes of normal clips apart (machines, their parts, "
                f"their speeds), and all {len(features)} clips are {which}. Give each clip its "
                "class (--label-by), or leave the network as it is (fine_tune=false)."
            )
        with random_numbers(seed, self.device):
            network = AnoPatchNetwork(self._beats).to(self.device)
            losses = fine_tuned(
                network,
                features,
                self.settings,
                self.device,
                seed=seed,
                start=self.backbone.weights_sha256,
                checkpoints=self.checkpoints,
                progress=progress,
            )
        self.losses = tuple(losses)
        return network

    @torch.no_grad()
    def _heard(self, maps: FeatureMaps) -> tuple[Tensor, Tensor]:
        """The embedding [feature] of a stretch, and its tokens [token, channel]."""
        if self._network is None:
            return frozen_view(maps.layers[self.layers[-1]].to(self.device))
        embeddings, tokens = self._network(maps.log_mel[None].to(self.device))
        return embeddings[0], tokens[0]


def _below(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}
