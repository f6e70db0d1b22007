"""An open recording: blocks of every channel, and what the system cannot read."""

from __future__ import annotations

import io
import re
from functools import cache

import numpy as np
import pytest

from core.audio import read_clip
from core.audio.source import AudioSource
from core.errors import AudioError
from tests.support.bad_files import RATE, BadCard, tone, wav_of
from tests.support.sound_files import FFMPEG_KINDS, Kind, varied


def test_frames_hold_every_channel_and_blocks_are_a_channel_of_them() -> None:
    sound = np.stack([tone(), 0.5 * tone()[::-1]], axis=1)
    with AudioSource(io.BytesIO(wav_of(sound, RATE, "FLOAT"))) as source:
        np.testing.assert_array_equal(np.concatenate(list(source.frames())), sound)
        np.testing.assert_array_equal(np.concatenate(list(source.frames(7, 99))), sound[7:99])
        np.testing.assert_array_equal(np.concatenate(list(source.blocks(1))), sound[:, 1])
        assert source.warnings == ()


KINDS = [
    Kind("WAV", "WAV", "PCM_16"),
    Kind("FLAC", "FLAC", "PCM_16"),
    Kind("Vorbis", "OGG", "VORBIS"),
    Kind("MP3", "MP3", "MPEG_LAYER_III"),
    *(kind for kind in FFMPEG_KINDS if kind.name in ("M4A, AAC", "WMA", "WebM, Opus")),
]


@cache
def written(kind: Kind) -> bytes:
    return kind.write(varied(4 * kind.rates[0], kind.rates[0], 2), kind.rates[0])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.8])
def test_an_input_output_error_is_not_the_end_of_the_file(kind: Kind, share: float) -> None:
    data = written(kind)
    with pytest.raises(AudioError) as raised:
        read_clip(BadCard(data, round(share * len(data))))
    found = re.search(
        r"is unreadable from (\d\.\d) s on \(input/output error\)\.$", str(raised.value)
    )
    assert found
    # What lies in front of the bad sector has been read, to the last block of the codec.
    if kind.name in ("WAV", "FLAC", "MP3") and share > 0.1:
        assert abs(float(found[1]) - 4 * share) < 0.4


def test_a_stretch_before_the_bad_sector_is_read_and_one_behind_it_is_not() -> None:
    sound = tone(4.0)
    card = BadCard(wav_of(sound, RATE, "FLOAT"), 128_044)
    read = read_clip(card, start_seconds=0.5, stop_seconds=1.5)
    np.testing.assert_array_equal(read.samples, sound[RATE // 2 : RATE * 3 // 2])
    with pytest.raises(AudioError, match=r"unreadable from 2\.0 s on"):
        read_clip(card, start_seconds=1.5, stop_seconds=2.5)
    with pytest.raises(AudioError, match=r"unreadable from 3\.0 s on"):
        read_clip(card, start_seconds=3.0)


def test_an_m4a_that_was_broken_off_is_said_to_lack_its_index() -> None:
    data = KINDS[4].write(varied(RATE, RATE, 2), RATE)
    with pytest.raises(AudioError, match="cut short: its index is missing"):
        read_clip(io.BytesIO(data[: len(data) // 2]))


def test_what_has_no_sound_that_can_be_decoded_is_refused() -> None:
    for data in (b"RIFF\x24\0\0\0AVI LIST" + bytes(500), b"\x1aE\xdf\xa3" + bytes(500), b"ID3"):
        with pytest.raises(AudioError, match="cannot be read as audio"):
            read_clip(io.BytesIO(data))
