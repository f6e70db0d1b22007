"""Frozen features of clips, computed once and kept on disk, read back one stretch at a time.

A long clip is cut into segments with enough context to either side that the maps equal those of
the whole clip. Values are rounded to 16-bit floats whether they come from the cache or not, so a
cached fit and a fresh one are the same.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import torch
import torch.nn.functional as F
from torch import Tensor

from core.audio.stream import SoundStream
from core.backbones import Backbone
from core.errors import AudioError
from core.features.cache import LOG_MEL, FeatureCache
from core.features.sliding_samples import SlidingSamples
from core.runtime import memory
from core.runtime.progress import Progress, silent
from core.types import Clip, FeatureMaps, TrainingClip

SEGMENT_SECONDS = 30.0
BATCH_SECONDS = 40.0


@dataclass(frozen=True)
class SourceClip:
    """What is known of a clip once its features are made and its samples are released.

    `group`, `class_name` and `bank` are those of its `TrainingClip`; where nobody said, the group
    is the sound's sha256 and the others are empty.
    """

    name: str
    sha256: str
    duration_seconds: float
    n_frames: int
    group: str = ""
    class_name: str = ""
    bank: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells the clip from others, its sound first, to put clips into one order."""
        return self.sha256, self.group, self.class_name, self.bank, self.name


class Features(Sequence[list[FeatureMaps]]):
    """The features of many clips: item i is the list of segments of clip i, read when asked for.

    Costs disk, not memory: about 0.25 MB a second of audio for aiSFX's three layers.

    Args:
        clips: what is known of each clip.
        keys: the cache's keys of each clip's segments.
        cache: where the segments are read from.
    """

    def __init__(self, clips: Sequence[SourceClip], keys: Sequence[list[str]], cache: FeatureCache):
        self.clips = list(clips)
        self._keys = list(keys)
        self._cache = cache

    def __len__(self) -> int:
        """Count the clips.

        Returns:
            Their number.
        """
        return len(self.clips)

    def __getitem__(self, index: int) -> list[FeatureMaps]:  # type: ignore[override]
        """Read the features of one clip.

        Args:
            index: the clip's place.

        Returns:
            Its segments.
        """
        return [self._cache.read(key) for key in self._keys[index]]

    def log_mel(self, index: int) -> Tensor:
        """Read the log-mel of one clip, without its maps.

        Args:
            index: the clip's place.

        Returns:
            [freq, time], all of its segments, without the padding at its end.
        """
        parts = [self._cache.read_log_mel(key) for key in self._keys[index]]
        return torch.cat(parts, dim=1)[:, : self.clips[index].n_frames]

    def n_segments(self, index: int) -> int:
        """Count the segments of one clip, without reading them.

        Args:
            index: the clip's place.

        Returns:
            Their number.
        """
        return len(self._keys[index])

    def segments(self, progress: Progress = silent, stage: str = "") -> Iterator[FeatureMaps]:
        """Read every segment of every clip.

        Args:
            progress: called with the stage after every clip.
            stage: what is done with the segments.

        Yields:
            The segments, in order.
        """
        for i, segments in enumerate(self, start=1):
            yield from segments
            progress(stage, i / len(self))

    def subset(self, indices: Iterable[int]) -> Features:
        """Choose some of the clips.

        Args:
            indices: which.

        Returns:
            Their features, in the order of the indices.
        """
        chosen = list(indices)
        return Features(
            [self.clips[i] for i in chosen], [self._keys[i] for i in chosen], self._cache
        )


@dataclass(frozen=True)
class _Span:
    """Frames of a sound: the maps of `start` to `stop`, made of what the network reads."""

    start: int
    stop: int
    first: int
    last: int

    def moved(self, frames: int) -> _Span:
        return _Span(*(frame + frames for frame in vars(self).values()))


class FeatureExtractor:
    """Turns clips into feature maps of one backbone's layers, in batches, through a disk cache.

    Args:
        backbone: the network.
        layers: names of its layers.
        cache: where features are read and written.
    """

    def __init__(self, backbone: Backbone, layers: tuple[str, ...], cache: FeatureCache) -> None:
        self.backbone = backbone
        self.layers = backbone.check_layers(layers)
        self.cache = cache
        settings = backbone.settings
        self.stride = backbone.stride(self.layers)
        self.segment_frames = backbone.window_frames or self._multiple(
            SEGMENT_SECONDS / settings.hop_seconds
        )
        self.context_frames = 0 if backbone.window_frames else self._multiple(backbone.reach_frames)
        # A product over more rows may be summed in another order, and what is rounded after it
        # then differs: of clips shorter than 4 s one value in 200 of aiSFX's maps did. On the CPU a
        # clip goes through the network alone, so its score is its own, to the bit. That costs a
        # tenth of the time at 5 s, and half as much again at 1 s.
        self.seconds_together = 0.0 if backbone.device.type == "cpu" else BATCH_SECONDS
        self._most_together = sys.maxsize
        described = f"{backbone.weights_sha256}|{settings}|{self.layers}|{self.segment_frames}"
        if backbone.precision != "float32":
            described += f"|{backbone.precision}"
        self._prefix = hashlib.sha256(described.encode()).hexdigest()[:16]

    def extract(
        self,
        clips: Iterable[Clip | TrainingClip],
        n_clips: int = 0,
        progress: Progress = silent,
    ) -> Features:
        """Make the features of clips, or find them in the cache.

        Costs 7 to 10 ms of two CPU cores a second of audio for aiSFX, and the memory of one clip,
        or of one segment of a long clip; on a GPU that of one batch (40 s of audio).

        Args:
            clips: at the backbone's sample rate; each is released once its features are made.
            n_clips: their number, for the progress; 0 where nobody knows it.
            progress: called after every clip.

        Returns:
            The features, to be read from the cache.
        """
        infos: list[SourceClip] = []
        keys: list[list[str]] = []
        of_all = f" of {n_clips}" if n_clips else ""
        for group in self._batches(map(TrainingClip.of, clips)):
            missing = [one for one in group if not self._has(one.clip)]
            for one, segments in zip(missing, self.batch(missing), strict=True):
                for key, maps in zip(self._keys(one.clip), segments, strict=True):
                    self.cache.write(key, maps)
            for one in group:
                infos.append(self.info(one))
                keys.append(self._keys(one.clip))
                stage = f"Computing features of clip {len(infos)}{of_all}"
                progress(stage, len(infos) / (n_clips or math.inf))
        return Features(infos, keys, self.cache)

    def info(self, clip: TrainingClip) -> SourceClip:
        """Describe a clip without its samples.

        Args:
            clip: at the backbone's sample rate.

        Returns:
            What remains known of it.
        """
        sound = clip.clip
        return SourceClip(
            sound.name,
            sound.sha256,
            sound.duration_seconds,
            self.backbone.settings.n_frames(sound.samples.size),
            sound.sha256 if clip.group is None else clip.group,
            clip.class_name,
            clip.bank,
        )

    def stream_info(self, stream: SoundStream, bank: str = "") -> SourceClip:
        """Describe a stream that has passed.

        Args:
            stream: at the backbone's sample rate, read to its end.
            bank: the bank it is compared with.

        Returns:
            What remains known of it.
        """
        n_frames = self.backbone.settings.n_frames(stream.n_samples)
        sha256, seconds = stream.sha256, stream.duration_seconds
        return SourceClip(stream.name, sha256, seconds, n_frames, sha256, bank=bank)

    def segments(
        self, sound: Clip | SoundStream, progress: Progress = silent
    ) -> Iterator[FeatureMaps]:
        """Make the feature maps of a sound without using the cache.

        Beside the network's own memory a stream takes that of two segments (11 MB for aiSFX).

        Args:
            sound: at the backbone's sample rate.
            progress: of scoring it: called when the next segment is asked for.

        Yields:
            The maps, segment by segment.
        """
        settings, name = self.backbone.settings, sound.name
        if isinstance(sound, SoundStream):
            sliding = SlidingSamples(sound)
            n_expected = settings.n_frames(round(sound.expected_seconds * sound.sample_rate))
        else:
            sliding = SlidingSamples([sound.samples])
            n_expected = settings.n_frames(sound.samples.size)
        # Frames that half a frame's samples reach beyond its centre.
        edge = -(-settings.n_fft // settings.hop)
        ahead = self.segment_frames + self.context_frames + edge
        behind = max(self.backbone.window_frames or 0, self.context_frames) + edge
        start = 0
        while True:
            sliding.reach((start + ahead) * settings.hop)
            n_frames = settings.n_frames(sliding.stop)
            if start >= n_frames:
                return
            span = self._span(start, n_frames)
            base = max(0, span.first - edge)
            samples = torch.from_numpy(sliding.samples[base * settings.hop - sliding.first :])
            yield self._maps(samples[None], span.moved(-base), name)[0]
            progress(f"Scoring {name}", min(1.0, span.stop / n_expected))
            start = span.stop
            sliding.drop(max(0, start - behind) * settings.hop)
            if self.segment_frames < max(start, n_frames):
                memory.trim()

    def batch(
        self, clips: Sequence[TrainingClip], progress: Progress = silent
    ) -> Iterator[Iterable[FeatureMaps]]:
        """Make the feature maps of clips without using the cache, on a GPU several at a time.

        Args:
            clips: at the backbone's sample rate.
            progress: called with the segments of clips that are made alone.

        Yields:
            The segments of each clip; those of a long clip are made one by one.
        """
        for group in self._batches(clips):
            sounds = [one.clip for one in group]
            if len(sounds) == 1:
                yield self.segments(sounds[0], progress)
            else:
                samples = torch.stack([torch.from_numpy(clip.samples) for clip in sounds])
                span = self._span(0, self.backbone.settings.n_frames(samples.shape[1]))
                yield from ([maps] for maps in self._maps(samples, span, sounds[0].name))

    def _has(self, clip: Clip) -> bool:
        n_frames = self.backbone.settings.n_frames(clip.samples.size)
        return all(
            self.cache.has(key, self._shapes(min(n_frames - start, self.segment_frames)))
            for key, start in zip(
                self._keys(clip), range(0, n_frames, self.segment_frames), strict=True
            )
        )

    def _shapes(self, n_frames: int) -> dict[str, tuple[int, int]]:
        # Rows and columns of what `_maps` makes of a segment.
        n_rows, n_columns = self.backbone.settings.n_mels, self._multiple(n_frames)
        strides = self.backbone.strides
        of_layers = {
            name: (n_rows // strides[name], n_columns // strides[name]) for name in self.layers
        }
        return {LOG_MEL: (n_rows, n_columns), **of_layers}

    def _keys(self, clip: Clip) -> list[str]:
        n_frames = self.backbone.settings.n_frames(clip.samples.size)
        n_segments = -(-n_frames // self.segment_frames)
        return [f"{self._prefix}-{clip.sha256}-{i}" for i in range(n_segments)]

    def _batches(self, clips: Iterable[TrainingClip]) -> Iterator[list[TrainingClip]]:
        # Neighbouring clips of one length, as many as a batch may hold; long clips alone.
        settings = self.backbone.settings
        for n_samples, group in groupby(clips, key=lambda one: one.clip.samples.size):
            together = int(self.seconds_together * settings.sample_rate / n_samples)
            alone = settings.n_frames(n_samples) > self.segment_frames
            while batch := list(islice(group, 1 if alone else max(1, together))):
                yield batch

    def _span(self, start: int, n_frames: int) -> _Span:
        stop = min(start + self.segment_frames, n_frames)
        if window := self.backbone.window_frames:
            # The last window of a long clip is as full as the others: it reaches back.
            return _Span(start, stop, max(0, min(start, self._multiple(n_frames) - window)), stop)
        context = self.context_frames
        return _Span(start, stop, max(0, start - context), min(n_frames, stop + context))

    def _maps(self, samples: Tensor, span: _Span, name: str) -> list[FeatureMaps]:
        # Of [clip, n] samples; a batch that memory is short for is halved for good.
        n_clips = len(samples)
        if n_clips <= self._most_together:
            try:
                return self._maps_at_once(samples, span)
            except (MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
            if n_clips == 1:
                raise AudioError(
                    f"There is not enough memory for “{name}” with backbone "
                    f"{self.backbone.name}; close other programs, or choose a smaller backbone."
                )
            self._most_together = n_clips // 2
            if self.backbone.device.type == "cuda":
                torch.cuda.empty_cache()
        size = self._most_together
        batches = (samples[i : i + size] for i in range(0, n_clips, size))
        return [maps for batch in batches for maps in self._maps(batch, span, name)]

    def _maps_at_once(self, samples: Tensor, span: _Span) -> list[FeatureMaps]:
        backbone = self.backbone
        log_mel = backbone.log_mel(samples, span.first, span.last)
        # Cells at the end of a clip that is no multiple of the stride see its last frame repeated.
        padding = -log_mel.shape[-1] % self.stride
        log_mel = F.pad(log_mel, (0, padding), mode="replicate")
        maps = backbone.maps(log_mel, self.layers)
        columns = slice(span.start - span.first, self._multiple(span.stop - span.first))
        inputs = _rounded(log_mel[:, :, columns])
        cut = {
            # A cell's channels side by side in memory, as the heads read them.
            layer: _rounded(
                values[..., columns.start // stride : columns.stop // stride]
            ).contiguous(memory_format=torch.channels_last)
            for layer, values in maps.items()
            for stride in [backbone.strides[layer]]
        }
        return [
            FeatureMaps(inputs[i], {layer: values[i] for layer, values in cut.items()})
            for i in range(len(samples))
        ]

    def _multiple(self, frames: float) -> int:
        return -(-int(frames) // self.stride) * self.stride


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return "can't allocate memory" in str(error) or "not enough memory" in str(error)


def _rounded(values: Tensor) -> Tensor:
    return values.half().cpu().float()
