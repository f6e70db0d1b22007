"""An open recording: blocks of every channel, and what the system cannot read."""

from __future__ import annotations

import errno
import io

import numpy as np
import pytest

from core.audio import read_clip
from core.audio.source import AudioSource
from core.errors import AudioError
from tests.support.bad_files import RATE, tone, wav_of


class BadCard(io.BytesIO):
    """A file on a card that cannot be read beyond some byte."""

    def __init__(self, data: bytes, n_good: int) -> None:
        super().__init__(data)
        self.n_good = n_good

    def _check(self, size: int) -> None:
        if self.tell() + size > self.n_good:
            raise OSError(errno.EIO, "Input/output error")

    def read(self, size: int | None = -1, /) -> bytes:
        self._check(len(self.getbuffer()) - self.tell() if size is None or size < 0 else size)
        return super().read(size)


def test_frames_hold_every_channel_and_blocks_are_a_channel_of_them() -> None:
    sound = np.stack([tone(), 0.5 * tone()[::-1]], axis=1)
    with AudioSource(io.BytesIO(wav_of(sound, RATE, "FLOAT"))) as source:
        np.testing.assert_array_equal(np.concatenate(list(source.frames())), sound)
        np.testing.assert_array_equal(np.concatenate(list(source.frames(7, 99))), sound[7:99])
        np.testing.assert_array_equal(np.concatenate(list(source.blocks(1))), sound[:, 1])
        assert source.warnings == ()


@pytest.mark.parametrize("n_good", [0, 20, 44, 30_000])
def test_an_input_output_error_is_not_the_end_of_the_file(n_good: int) -> None:
    with pytest.raises(AudioError, match=r"unreadable from \d\.\d s on \(input/output error\)\.$"):
        read_clip(BadCard(wav_of(tone(2.0), RATE), n_good))
