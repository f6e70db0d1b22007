"""Two decoders that know nothing of each other hear the same of the same file."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest

from core.audio.source import AudioSource
from tests.support.independent_decoder import heard_by_ffmpeg, heard_by_sndfile
from tests.support.sound_files import FFMPEG_KINDS, Kind, sndfile_kinds, varied

# What FFmpeg does not read, or takes for another codec.
ONLY_SNDFILE = ("HTK", "MAT4", "MAT5", "MPC2K", "WVE", "XI", "PAF, PCM_24", "DWVW", "RIFX")
TAKEN_FOR_ANOTHER = ("G721", "G723", "NMS")
# MS ADPCM differs by rounding that adds up within a block, IMA ADPCM in AIFF likewise.
TOLERANCES = {"MP3": 3e-6, "VORBIS": 1e-6, "MS_ADPCM": 0.03, "AIFF, IMA": 0.01}


def ours(data: bytes) -> np.ndarray:
    with AudioSource(io.BytesIO(data)) as source:
        return np.concatenate(list(source.frames()))


@cache
def comparable() -> tuple[Kind, ...]:
    left_out = ONLY_SNDFILE + TAKEN_FOR_ANOTHER
    return tuple(k for k in sndfile_kinds() if not any(word in k.name for word in left_out))


@pytest.mark.parametrize("kind", comparable(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("rate_index", [0, -1])
def test_what_libsndfile_reads_ffmpeg_hears_too(kind: Kind, rate_index: int) -> None:
    rate = kind.rates[rate_index]
    if kind.codec == "OPUS":
        rate = 48_000  # FFmpeg decodes Opus at no other
    sound = varied(rate + 13, rate, kind.most_channels)
    data = kind.write(sound, rate)
    expected = heard_by_ffmpeg(data)
    assert expected is not None
    found = ours(data)
    # In the last block of GSM there is more than was written: how much of it is heard differs.
    n = min(len(found), len(expected))
    assert n == max(len(found), len(expected)) or (kind.codec == "GSM610" and n >= len(sound))
    tolerance = next((value for name, value in TOLERANCES.items() if name in kind.name), 0.0)
    if kind.codec == "OPUS":
        tolerance = 0.002
    np.testing.assert_allclose(found[:n], expected[:n], atol=tolerance, rtol=0)


@pytest.mark.parametrize("kind", FFMPEG_KINDS, ids=lambda kind: kind.name)
def test_what_ffmpeg_reads_libsndfile_hears_too_where_it_can(kind: Kind) -> None:
    sound = varied(kind.rates[0], kind.rates[0], kind.most_channels)
    data = kind.write(sound, kind.rates[0])
    found = ours(data)
    if kind.codec in ("pcm_s16le", "alac"):  # an own parse: what was written, rounded to its bits
        assert len(found) == len(sound)
        np.testing.assert_allclose(found, sound, atol=2**-15)
        return
    expected = heard_by_sndfile(data)
    if expected is None:
        pytest.skip("libsndfile does not read it")
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=3e-6)


@pytest.mark.parametrize("kind", sndfile_kinds(), ids=lambda kind: kind.name)
def test_what_was_written_comes_back(kind: Kind) -> None:
    rate = kind.rates[0]
    sound = varied(rate, rate, kind.most_channels)
    found = ours(kind.write(sound, rate))
    assert 0 <= len(found) - len(sound) < 2_048  # codecs of blocks fill their last one
    if kind.codec in ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        bits = {"PCM_16": 16, "PCM_24": 24}.get(kind.codec, 24)
        np.testing.assert_allclose(found[: len(sound)], sound, atol=2.0 ** (1 - bits))
    else:
        error = found[: len(sound)] - sound
        assert np.square(error).mean() < 0.05 * np.square(sound).mean()
