"""Random files, whole, cut, joined and damaged: every sample is heard, or a sentence says so.

HEARMAP_RANDOM_FILES=2000 tries so many, other ones at every run; without it 100 are tried, the
same at every run.
"""

from __future__ import annotations

import io
import os
import re
import resource
import sys
import time
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.audio.decoding import decoder
from core.audio.source import AudioSource
from core.errors import AudioError
from core.types import Float32Array
from tests.support.independent_decoder import heard_by_ffmpeg, heard_by_sndfile
from tests.support.sound_files import (
    FFMPEG_KINDS,
    SIZES,
    Kind,
    cut,
    flac_of_unknown_length,
    flipped,
    sndfile_kinds,
    varied,
    with_sizes,
    without,
    without_end_flag,
    zeroed,
)

N_FILES = int(os.environ.get("HEARMAP_RANDOM_FILES", "0"))
HEADER_BYTES = 300
STREAMS = ("FLAC", "OGG", "MP3")
LONGEST_HEADER_BYTES = 5_000
LOSSY = ("MP3", "MPEG", "VORBIS", "OPUS", "aac", "mp3", "wma", "opus", "amr", "mp2", "ac3", "g722")
BLOCKS = ("ADPCM", "GSM610", "G721", "G723", "PAF, PCM_24", "DWVW")
NO_LENGTH = ("XI", "PAF")  # declare none, so that nothing tells of a cut
EXACT_LENGTH = ("HTK",)  # libsndfile knows them by their length


@dataclass
class File:
    """A file, and what befell it."""

    kind: Kind
    rate: int
    n_channels: int
    sounds: tuple[tuple[int, int], ...]  # samples and seed of each of those joined
    fate: str
    share: float = 0.5
    n_bytes: int = 0

    def parts(self) -> list[bytes]:
        return [written(self.kind, self.rate, self.n_channels, *sound) for sound in self.sounds]

    def data(self) -> bytes:
        data = b"".join(self.parts())
        if self.fate == "cut":
            return cut(data, self.share)
        if self.fate == "flipped":
            return flipped(data, self.share, self.n_bytes % 8)
        if self.fate == "header":
            return flipped(data, self.share * min(HEADER_BYTES / len(data), 1), self.n_bytes % 8)
        if self.fate == "zeroed":
            return zeroed(data, self.share, self.n_bytes)
        if self.fate == "without":
            return without(data, self.share, self.n_bytes)
        if self.fate == "junk":
            return data + np.random.default_rng(self.n_bytes).bytes(self.n_bytes)
        if self.fate == "sizes":
            value = (0, "all bits")[self.n_bytes % 2]
            return with_sizes(
                data, self.kind.container, value, (0, "all bits")[self.n_bytes // 2 % 2]
            )
        if self.fate == "no end":
            ogg = self.kind.container == "OGG"
            return without_end_flag(data) if ogg else flac_of_unknown_length(data)
        return data


@cache
def written(kind: Kind, rate: int, n_channels: int, n: int, seed: int) -> bytes:
    return kind.write(varied(n, rate, n_channels, seed), rate)


@st.composite
def files(draw: st.DrawFn) -> File:
    # By one seed: Hypothesis by itself prefers the first of a list and the ends of a range, and of
    # 100 files not one was two FLACs in one.
    random = Random(draw(st.integers(0, 2**32 - 1)))
    streams = [kind for kind in sndfile_kinds() if kind.container in STREAMS]
    # Half of them of a kind whose length is an estimate.
    kind = random.choice(random.choice([streams, sndfile_kinds() + FFMPEG_KINDS]))
    fates = ["whole", "cut", "joined", "flipped", "header", "zeroed", "without", "junk"]
    if kind.container in SIZES and not kind.by_ffmpeg:
        fates += ["sizes", "sizes"]
    if kind.container in ("OGG", "FLAC"):
        fates.append("no end")
    rate, fate = random.choice(kind.rates), random.choice(fates)
    n_sounds = random.choice((2, 3)) if fate == "joined" else 1
    sounds = [
        (random.randint(rate // 4, rate * 3 // 2), random.randint(0, 3)) for _ in range(n_sounds)
    ]
    return File(
        *(kind, rate, random.randint(1, kind.most_channels), tuple(sounds), fate),
        *(random.random(), random.randint(1, 20_000)),
    )


def heard(
    data: bytes, start: int = 0, stop: int | None = None
) -> tuple[Float32Array, tuple[str, ...]]:
    with AudioSource(io.BytesIO(data)) as source:
        frames = []
        for block in source.frames(start, stop):
            assert 0 < block.size <= decoder.BLOCK_SAMPLES
            assert block.shape[1] == source.n_channels and block.dtype == np.float32
            frames.append(block)
        none = np.zeros((0, source.n_channels), np.float32)
        return np.concatenate([none, *frames]), source.warnings


@cache
def slack(kind: Kind) -> int:
    """Samples by which two decoders may differ where nothing is missing."""
    name = f"{kind.name} {kind.codec}"
    if any(word in name for word in LOSSY):
        return 4_096
    if any(word in name for word in BLOCKS):
        return 2_048
    return 2 if kind.container == "VOC" else 0  # its end is a byte, or two


@cache
def is_heard_alike_by_ffmpeg(kind: Kind) -> bool:
    """Whether FFmpeg hears a whole file of this kind as we do."""
    data = written(kind, kind.rates[0], kind.most_channels, kind.rates[0], 0)
    ours, theirs = heard(data)[0], heard_by_ffmpeg(data)
    if theirs is None or ours.shape[1] != theirs.shape[1]:
        return False
    n = min(len(ours), len(theirs))
    alike = n > 0 and np.abs(ours[:n] - theirs[:n]).max() < 0.05
    return bool(alike) and abs(len(ours) - len(theirs)) <= slack(kind)


def heard_independently(file: File, data: bytes) -> int | None:
    """How many samples another decoder hears of a file, None if there is no other."""
    others = [heard_by_sndfile(data)] if file.kind.by_ffmpeg else []
    if file.kind.by_ffmpeg or is_heard_alike_by_ffmpeg(file.kind):
        others.append(heard_by_ffmpeg(data))
    n = max((len(other) for other in others if other is not None), default=None)
    # FFmpeg decodes Opus at 48 kHz, whatever was encoded.
    return round(n * file.rate / 48_000) if n and file.kind.codec == "OPUS" else n


@settings(
    max_examples=N_FILES or 100,
    derandomize=not N_FILES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(files())
def test_every_sample_is_heard_or_the_loss_is_said(file: File) -> None:
    data = file.data()
    began, memory = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        samples, warnings = heard(data)
    except AudioError as error:
        event(f"{file.fate}: refused")
        is_changed_at_its_end = file.fate in ("joined", "junk")
        if not (is_changed_at_its_end and file.kind.container in EXACT_LENGTH):
            assert file.fate not in ("whole", "joined", "junk", "sizes", "no end"), str(error)
        assert "\n" not in str(error) and str(error).endswith(".")
        return
    finally:
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        grown_bytes = grown * (1 if sys.platform == "darwin" else 1_024)
        assert time.monotonic() - began < 20
        assert grown_bytes < 200e6 + 100 * len(data)
    event(f"{file.fate}: {'said' if warnings else 'nothing to say'}")
    if file.fate not in ("flipped", "header", "zeroed", "without"):
        start = round(file.share * len(samples))
        stretch, _ = heard(data, start, start + file.n_bytes)
        np.testing.assert_allclose(stretch, samples[start : start + file.n_bytes], atol=1e-6)
    if file.fate == "header":  # what it declares may now be anything
        return
    wholes = [heard(part)[0] for part in file.parts()]
    if rate_of(data) != rate_of(file.parts()[0]):  # FFmpeg decodes Opus at 48 kHz
        return
    n_held = sum(map(len, wholes))
    n_missing = n_held - len(samples) - slack(file.kind) * len(wholes)
    # A file without any samples is refused for its length of 0 s.
    is_told = bool(warnings) or file.kind.container in NO_LENGTH or not len(samples)
    if n_missing > 0 and not is_told:
        # Nothing tells of the loss: then nobody else may hear more.
        n_other = heard_independently(file, data)
        assert n_other is not None, "there is no other to ask"
        assert n_other <= len(samples) + slack(file.kind) * len(wholes)
    for said in re.findall(r"([\d.]+) s(?: of ([\d.]+) s)? could be read", " ".join(warnings)):
        assert abs(float(said[0]) - len(samples) / rate_of(data)) < 0.006
        assert not said[1] or float(said[1]) >= float(said[0])
    if file.fate in ("whole", "sizes"):
        assert warnings == ()
    if file.fate in ("whole", "sizes", "no end", "joined", "junk"):
        assert len(samples) >= min(n_held, len(wholes[0])) - slack(file.kind)
        n = len(wholes[0]) - slack(file.kind)
        np.testing.assert_allclose(samples[: max(n, 0)], wholes[0][: max(n, 0)], atol=0.02)
    if file.fate == "cut" and not slack(file.kind) and len(data) > LONGEST_HEADER_BYTES:
        n = min(len(samples), len(wholes[0]))
        np.testing.assert_array_equal(samples[:n], wholes[0][:n])


def rate_of(data: bytes) -> int:
    with AudioSource(io.BytesIO(data)) as source:
        return source.sample_rate
