"""A long recording passes in blocks, as what is read whole; and one too long is a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from core.audio import SoundStream, limits, read_clip, read_or_stream, read_recording
from core.errors import AudioError, SettingError
from core.types import Clip


def written(path: Path, seconds: float, rate: int = 8000, n_channels: int = 2) -> Path:
    rng = np.random.default_rng(3)
    n = round(seconds * rate)
    sf.write(path, rng.normal(0, 0.2, (n, n_channels)).clip(-1, 1), rate, "PCM_16")
    return path


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_what_passes_is_what_is_read_whole(suffix: str, rate: int, tmp_path: Path) -> None:
    path = written(tmp_path / f"a.{suffix}", 40.7)
    stream, found = read_or_stream(path, channel=1, sample_rate=rate, most_seconds=5.0)
    assert isinstance(stream, SoundStream)
    assert stream.expected_seconds == pytest.approx(40.7)
    samples = np.concatenate(list(stream))
    clip, info = read_recording(path, channel=1, sample_rate=rate)
    np.testing.assert_array_equal(samples, clip.samples)
    assert (stream.sha256, stream.n_samples) == (clip.sha256, clip.samples.size)
    assert found() == info
    assert list(stream) == []


def test_a_short_recording_is_a_clip_with_what_was_found_of_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", 4.0)
    clip, found = read_or_stream(path, sample_rate=16_000, most_seconds=5.0)
    expected, info = read_recording(path, sample_rate=16_000)
    assert isinstance(clip, Clip) and clip.sha256 == expected.sha256 and found() == info


def test_a_stream_ends_where_its_file_cannot_be_read_any_more(tmp_path: Path) -> None:
    samples = np.zeros(8000 * 60, np.float32)
    samples[8000 * 50] = np.nan
    sf.write(tmp_path / "a.wav", samples, 8000, "FLOAT")
    stream, found = read_or_stream(tmp_path / "a.wav", most_seconds=5.0)
    assert isinstance(stream, SoundStream)
    with pytest.raises(AudioError, match=r"“a.wav” holds samples that are not numbers.* 50.000 s"):
        list(stream)
    assert found().duration_seconds < 50.0


def test_a_recording_that_never_ends_is_left_after_the_hours_that_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.wav", 60.0, n_channels=1)
    monkeypatch.setenv(limits.HOURS, str(50 / 3600))
    stream, _ = read_or_stream(path, most_seconds=5.0)
    assert isinstance(stream, SoundStream)
    with pytest.raises(AudioError, match=r"“a.wav” is longer than .* hours; .*HEARMAP_MOST_HOURS"):
        list(stream)
    assert read_clip(path, start_seconds=20.0, stop_seconds=30.0).duration_seconds == 10.0


def test_what_is_held_whole_is_counted_after_resampling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file at 500 Hz is 88 times as large at 44.1 kHz."""
    path = written(tmp_path / "slow.wav", 20.0, rate=500, n_channels=1)
    monkeypatch.setenv(limits.SAMPLES, "500000")
    said = "“slow.wav” is too long to be held whole: at 44,100 Hz it has more than 500,000 samples"
    with pytest.raises(AudioError, match=said):
        read_clip(path, sample_rate=44_100)
    with pytest.raises(AudioError, match=said):
        read_recording(path, sample_rate=44_100)
    assert read_clip(path, sample_rate=16_000).samples.size == 320_000
    stream, _ = read_or_stream(path, sample_rate=44_100, most_seconds=5.0)
    assert isinstance(stream, SoundStream)
    assert sum(block.size for block in stream) == 882_000


def test_more_channels_than_are_set_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "many.wav", 1.0, n_channels=6)
    assert read_clip(path, channel=5).duration_seconds == 1.0
    monkeypatch.setenv(limits.CHANNELS, "5")
    with pytest.raises(AudioError, match=r"“many.wav” says it has 6 channels; at most 5 are read"):
        read_clip(path)


@pytest.mark.parametrize("text", ["0", "-1", "many", "nan", "inf"])
def test_a_limit_that_is_none_is_a_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.HOURS, text)
    with pytest.raises(SettingError, match="HEARMAP_MOST_HOURS must be a number above 0, not"):
        limits.most_hours()


def test_blocks_stay_small_at_whatever_rate(tmp_path: Path) -> None:
    """A block of the file's own samples becomes 88 of them at 44.1 kHz."""
    path = written(tmp_path / "slow.wav", 700.0, rate=500, n_channels=1)
    stream, _ = read_or_stream(path, sample_rate=44_100, most_seconds=5.0)
    assert isinstance(stream, SoundStream)
    sizes = [block.size for block in stream]
    assert max(sizes) < 2**18 + 44_100 and sum(sizes) == 700 * 44_100
