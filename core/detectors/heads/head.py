"""A head learns what normal feature maps look like and gives each cell of a new one a score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from core.backbones import Backbone
from core.detectors.settings import option
from core.features.extractor import Features
from core.runtime.progress import Progress
from core.types import FeatureMaps


@dataclass(frozen=True)
class HeadSettings:
    """What every head can be told."""

    layers: tuple[str, ...] = option(
        (), "Layers of the backbone; empty means its usual ones, finest the finest of those."
    )
    smoothing_sigma: float = option(
        4.0, "Gaussian smoothing of the map, in spectrogram cells.", low=0.0, high=50.0
    )
    views: str = option(
        "training",
        "What is compared. training: the head's map only, as published. both: besides it the "
        "stationary view, which compares how a clip sounds and moves with the training clips and "
        "finds what lasts the whole clip; distances are then measured in spreads of their row.",
        choices=("training", "both"),
    )
    clip_score: str = option(
        "peak",
        "The clip's score from its map: the highest cell, as published, or (top) the mean of the "
        "five best columns, each the mean of its five best rows, which one cell cannot lift.",
        choices=("peak", "top"),
    )
    energy_exponent: float = option(
        0.0,
        "Energy weighting: the map is multiplied by each cell's power over the background power, "
        "to this exponent (with both views its logarithm is added to the map, and the clip's score "
        "is left alone); 0, as published, does nothing.",
        low=0.0,
        high=4.0,
    )


@dataclass(frozen=True, eq=False)
class CellScores:
    """A head's scores of one stretch of a clip.

    Attributes:
        map: [freq, time] on the head's own grid, higher is more anomalous.
        clip_weight: [freq, time] or None; where given, the clip's score is the unsmoothed map's
            highest cell times its weight, else the smoothed map's highest cell.
        whole: the head's own score of the whole stretch, where it has one besides the map; a
            clip's is that of its highest stretch.
    """

    map: Tensor
    clip_weight: Tensor | None = None
    whole: float | None = None


class Head(ABC):
    """An anomaly algorithm on feature maps. `docs/adding_a_head.md` shows a whole one.

    A head is fitted once; fitting again starts afresh. With one seed it is repeatable.

    Args:
        settings: of the head's `settings_type`.
        layers: the backbone's layers that it uses.
        backbone: the network.
    """

    settings_type: ClassVar[type[HeadSettings]] = HeadSettings
    # Whether the defaults are those of a paper: the preset "published" is called "Defaults" if not.
    has_paper: ClassVar[bool] = True
    # The form that suits sound (docs/departures.md), beside the published one of the defaults. A
    # head inherits it: `Head.recommended | {...}` changes it, `{}` leaves the defaults as they are.
    recommended: ClassVar[dict[str, Any]] = {
        "views": "both",
        "clip_score": "top",
        "energy_exponent": 1.4,
    }
    # More forms by name: settings for `Detector`, offered beside "recommended" and "published".
    more_presets: ClassVar[dict[str, dict[str, Any]]] = {}
    fewest_clips: ClassVar[int] = 2
    # What the published form has otherwise for a benchmark's data set, by the benchmark's name.
    published_for: ClassVar[dict[str, dict[str, Any]]] = {}
    # Where a head that trains for hours writes its state, to continue from: folders that begin with
    # the head's name and a dash, which are deleted after the fit.
    checkpoints: Path | None = None

    def __init__(self, settings: HeadSettings, layers: tuple[str, ...], backbone: Backbone) -> None:
        self.settings: Any = settings
        self.layers = layers
        self.backbone = backbone
        self.device = backbone.device

    @abstractmethod
    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Learn from the feature maps of normal clips, read one segment at a time.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction that never falls.
        """

    @abstractmethod
    def score(self, maps: FeatureMaps) -> CellScores:
        """Score one segment.

        Args:
            maps: its feature maps.

        Returns:
            A score of every cell.
        """

    def score_among(self, maps: FeatureMaps, bank: str) -> CellScores:
        """Score one segment of a clip that is to be compared with one bank's clips.

        Heads that know no banks score it as any other.

        Args:
            maps: its feature maps.
            bank: the bank's name.

        Returns:
            A score of every cell.
        """
        return self.score(maps)

    @classmethod
    def learns_classes(cls, settings: Any) -> bool:
        """Say whether a head of these settings learns by telling the clips' classes apart.

        Args:
            settings: the head's.

        Returns:
            Whether it does.
        """
        return False

    @classmethod
    def choose_layers(cls, settings: Any, backbone: Backbone) -> tuple[str, ...]:
        """Choose the backbone's layers that a head of these settings needs.

        Args:
            settings: the head's.
            backbone: the network.

        Returns:
            Names of layers, fine ones first.
        """
        return backbone.choose_layers(settings.layers)

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Give everything learned.

        Returns:
            Tensors by name.
        """

    @abstractmethod
    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave.

        Args:
            state: tensors by name.

        Raises:
            KeyError: a tensor is missing.
        """
