"""A new head in one file: what is louder than every normal recording is anomalous.

    python examples/new_head.py

The head is registered here, for this program only. To have it in `hearmap fit --head ceiling` and
in the app, put the class into core/detectors/heads/ceiling.py and the entry into
core/detectors/registry.py; docs/adding_a_head.md has the rest.
"""

import torch
from torch import Tensor

from core import Detector
from core.detectors.heads.head import CellScores, Head
from core.detectors.registry import HEADS, HeadEntry
from core.evaluation.datasets.machines import make
from core.features.extractor import Features
from core.runtime.progress import Progress
from core.types import FeatureMaps


class Ceiling(Head):
    """The highest normal level of every frequency band."""

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Find the highest level of every band.

        Args:
            features: of normal clips, read one at a time.
            seed: not needed: nothing is left to chance.
            progress: called after every clip.
        """
        self._highest = torch.full((self.backbone.settings.n_mels,), -torch.inf)
        for i, segments in enumerate(features):
            for maps in segments:
                self._highest = torch.maximum(self._highest, maps.log_mel.amax(dim=1))
            progress("Measuring every band", (i + 1) / len(features))

    def score(self, maps: FeatureMaps) -> CellScores:
        """Measure how far every cell is above its band's highest normal level.

        Args:
            maps: of one segment.

        Returns:
            The distances [freq, time].
        """
        return CellScores((maps.log_mel - self._highest[:, None]).clamp(min=0.0))

    def state(self) -> dict[str, Tensor]:
        """Give the levels, [freq].

        Returns:
            Tensors by name.
        """
        return {"highest": self._highest}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with these levels.

        Args:
            state: what `state` gave.
        """
        self._highest = state["highest"]


HEADS["ceiling"] = HeadEntry(
    "Ceiling", "Finds what is louder than in every normal recording.", Ceiling
)

if __name__ == "__main__":
    normal = [make("fan", seed=seed, duration_seconds=2.0).clip for seed in range(10)]
    detector = Detector("ceiling", false_alarm_rate=0.1, smoothing_sigma=1.0).fit(normal)
    for fault in (None, "bearing knock"):
        found = detector.score(make("fan", seed=100, duration_seconds=2.0, fault=fault).clip)
        print(f"{found.clip_name}: score {found.score:.4f}, p-value {found.p_value:.2f}")
