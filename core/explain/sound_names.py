"""What the anomalous part of a recording sounds like, in the words of AudioSet's classes.

YAMNet scores each class in patches of 0.96 s. A sound is new where its log-odds during the
anomalous moments exceed the highest that normal recordings have anywhere. The recording as it is
counts 0.6 and its anomalous part alone 0.4: alone it is clearer, and it has holes that YAMNet
never heard (folds 1-3 of ESC-10, four kinds of normal recordings, events at 6 dB: the right name
among three in 71 % together, in 65 % by the recording as it is).

A name is a hint: nobody has taught YAMNet what this machine does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.audio import resample
from core.backbones.networks.yamnet import PATCH_FRAMES, Yamnet, cut_patches
from core.backbones.weights import catalogue
from core.backbones.yamnet import load_network
from core.errors import WeightsError
from core.explain.sound_families import FAMILY, SCENES
from core.spectral import yamnet_mel
from core.types import Clip, Float32Array

MOST_NAMES = 3
# Of the recording as it is; the rest is of its anomalous part.
WHOLE_SHARE = 0.6
# Below, a class is not heard at all, and differences mean nothing.
INAUDIBLE = -6.0
# How far a name must exceed every normal recording, in log-odds: 2.7 times the odds. At 0.5 one of
# eight normal recordings was given a name, at 1 one of eleven (folds 1-3, 16 clips to fit on).
CLEARLY_NEW = 1.0
HOP_FRAMES = 12
# A patch belongs to a moment where it holds this share of it (or of itself, if that is shorter).
SHARE_HELD = 0.6


# A model is told of so much of its recordings: 0.6 s of one core, 1.7 s of a busy one.
MOST_CLIPS, MOST_SECONDS = 24, 120.0


@dataclass(frozen=True)
class SoundName:
    """A sound that normal recordings do not have.

    Attributes:
        name: of AudioSet's class.
        score: YAMNet's, in 0..1.
        excess: how far its log-odds exceed the highest in normal recordings.
    """

    name: str
    score: float
    excess: float


class UsualSounds:
    """Keeps what `usual_sounds` needs of many normal recordings as they pass.

    Which ones are kept depends on their sounds, not on their order. Costs the memory of two minutes
    of sound.

    Args:
        n_clips: how many will pass.
    """

    def __init__(self, n_clips: int) -> None:
        self._seconds = MOST_SECONDS / max(1, min(n_clips, MOST_CLIPS))
        self._kept: dict[str, Clip] = {}

    def pass_on(self, clip: Clip) -> None:
        """Keep the beginning of a recording, if it is among those that are kept.

        Args:
            clip: the next one.
        """
        samples = clip.samples[: round(self._seconds * clip.sample_rate)].copy()
        self._kept[clip.sha256] = Clip(samples, clip.sample_rate, clip.name, clip.sha256)
        if len(self._kept) > MOST_CLIPS:
            del self._kept[max(self._kept)]

    def highest(self) -> Tensor | None:
        """Find the highest that each class reaches in them.

        Returns:
            [class], log-odds; None without recordings, or without YAMNet's weights.
        """
        if not self._kept or catalogue.find("yamnet") is None:
            return None
        with contextlib.suppress(WeightsError):
            return torch.from_numpy(usual_sounds(self._kept.values()))
        return None


def usual_sounds(clips: Iterable[Clip]) -> Float32Array:
    """Find the highest that each class reaches in normal recordings.

    Cost: about 5 ms of a CPU core a second of audio.

    Args:
        clips: normal ones, at any sample rate.

    Returns:
        [class], log-odds.
    """
    of_each = [_log_odds(_patches(clip, 2 * HOP_FRAMES)).max(axis=0) for clip in clips]
    highest: Float32Array = np.max(of_each, axis=0)
    return highest


def new_sounds(
    clip: Clip, anomalous_part: Clip, moments: Sequence[tuple[float, float]], usual: Float32Array
) -> tuple[SoundName, ...]:
    """Name what is new in a recording.

    Args:
        clip: the recording, or a stretch of it.
        anomalous_part: what its evidence map keeps of it, as long.
        moments: start and end in seconds of its regions; none gives no name.
        usual: what `usual_sounds` found in the normal recordings.

    Returns:
        At most three, the clearest first, one of each kind of sound; none where nothing stands out.
    """
    if not moments:
        return ()
    whole, part = _patches(clip, HOP_FRAMES), _patches(anomalous_part, HOP_FRAMES)
    held = _held(moments, len(whole))
    found = WHOLE_SHARE * _log_odds(whole[held]).max(axis=0)
    found += (1 - WHOLE_SHARE) * _log_odds(part[held]).max(axis=0)
    excess = found - np.maximum(usual, INAUDIBLE)
    _, names = _network()
    chosen: list[SoundName] = []
    families: set[int] = set()
    for index in np.argsort(-excess):
        if len(chosen) == MOST_NAMES or excess[index] <= CLEARLY_NEW:
            break
        if names[index] in SCENES or FAMILY[index] in families:
            continue
        families.add(FAMILY[index])
        score = 1.0 / (1.0 + float(np.exp(-found[index])))
        chosen.append(SoundName(names[index], score, float(excess[index])))
    return tuple(chosen)


@lru_cache(maxsize=1)
def _network() -> tuple[Yamnet, list[str]]:
    return load_network()


def _patches(clip: Clip, hop_frames: int) -> Tensor:
    samples = resample(clip, yamnet_mel.SAMPLE_RATE).samples
    if samples.size < yamnet_mel.FRAME:
        samples = np.pad(samples, (0, yamnet_mel.FRAME - samples.size))
    return cut_patches(yamnet_mel.log_mel(torch.from_numpy(samples)), hop_frames)


@torch.inference_mode()
def _log_odds(patches: Tensor) -> Float32Array:
    # [patch, class]
    scores: Float32Array = _network()[0].class_log_odds(patches).numpy()
    return scores


def _held(moments: Sequence[tuple[float, float]], n_patches: int) -> Tensor:
    # The patches that hold most of a moment; where none does, the one that holds most of it.
    hop_s = HOP_FRAMES * yamnet_mel.HOP / yamnet_mel.SAMPLE_RATE
    patch_s = PATCH_FRAMES * yamnet_mel.HOP / yamnet_mel.SAMPLE_RATE
    starts = np.arange(n_patches) * hop_s
    held = np.zeros(n_patches, dtype=np.bool_)
    for start, end in moments:
        overlap = np.minimum(starts + patch_s, end) - np.maximum(starts, start)
        enough = overlap >= SHARE_HELD * min(end - start, patch_s)
        held |= enough
        held[int(overlap.argmax())] = True
    return torch.from_numpy(held)
