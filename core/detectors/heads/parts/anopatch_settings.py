"""AnoPatch's settings, which its head and its training share."""

from __future__ import annotations

from dataclasses import dataclass

from core.detectors.heads.head import HeadSettings
from core.detectors.settings import option


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
        10.08, "Stretch of a clip of a step, no more than a window.", low=0.16, high=10.08
    )
    patience: int = option(
        0,
        "Checks without a lower loss on the validation clips, a fifth, after which training ends; "
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
