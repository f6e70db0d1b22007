"""Every sample that a file holds is heard, whatever its header says, or the loss is said."""

from __future__ import annotations

import io
import re
from functools import cache

import av
import numpy as np
import pytest

from core.audio import read_clip
from core.audio.decoding import decoder
from core.audio.source import AudioSource
from core.errors import AudioError
from core.types import Float32Array
from tests.support.sound_files import (
    FFMPEG_KINDS,
    SIZES,
    Kind,
    case,
    cut,
    flac_of_unknown_length,
    flipped,
    mp3_without_header,
    sndfile_kinds,
    varied,
    with_sizes,
    without,
    without_end_flag,
    zeroed,
)

RATE = 44_100
# PyAV 17, the last for Python 3.10, drops what it decoded in front of a fault in the same packet.
needs_pyav_18 = pytest.mark.skipif(
    int(av.__version__.split(".")[0]) < 18, reason="PyAV 17 loses more of a damaged FLAC"
)
FLAC = Kind("FLAC", "FLAC", "PCM_16")
VORBIS = Kind("Vorbis", "OGG", "VORBIS")
OPUS = Kind("Opus", "OGG", "OPUS", rates=(48_000, 16_000))
MP3 = Kind("MP3", "MP3", "MPEG_LAYER_III")


@cache
def written(kind: Kind, seconds: float = 3.0, rate: int = RATE, seed: int = 0) -> bytes:
    n_channels = min(kind.most_channels, 2)
    return kind.write(varied(round(seconds * rate) + 17, rate, n_channels, seed), rate)


def heard(data: bytes) -> tuple[Float32Array, tuple[str, ...]]:
    with AudioSource(io.BytesIO(data)) as source:
        frames = list(source.frames())
        samples = np.concatenate(frames) if frames else np.zeros((0, source.n_channels), np.float32)
        assert source.n_frames == len(samples)
        return samples, source.warnings


@pytest.mark.parametrize(
    ("name", "n_frames"),
    [
        ("mp3_vbr_no_xing/a.mp3", 531_072),
        ("ogg_chained/chained.ogg", 2 * 132_300),
        ("flac_unknown_length/short.flac", 132_300),
        ("flac_unknown_length/long.flac", 529_200),
        ("wav_data_size_zero/a.wav", 32_000),
    ],
)
def test_the_cases_of_users_are_heard_whole(name: str, n_frames: int) -> None:
    samples, warnings = heard(case(name).read_bytes())
    # Between two Vorbis streams FFmpeg hears 128 samples that the first one's end cuts off.
    assert 0 <= len(samples) - n_frames <= 128
    assert warnings == ()


def test_the_case_of_a_wav_cut_short_says_how_much_there_is() -> None:
    _, warnings = heard(case("cli_says_nothing/trunc10pct.wav").read_bytes())
    assert warnings == ("The file is cut short or damaged; 0.30 s of 3.00 s could be read.",)


def test_an_mp3_without_a_xing_header_is_heard_to_its_end() -> None:
    whole, _ = heard(written(MP3))
    samples, warnings = heard(mp3_without_header(written(MP3)))
    assert len(whole) <= len(samples) <= len(whole) + 3 * 1_152
    assert warnings == ()


@pytest.mark.parametrize("seconds", [0.5, 3.0])
@pytest.mark.parametrize(
    ("kind", "rate", "between"),
    # An MP3's frame with the Xing header is silence, and its encoder's delay is not taken away.
    [
        (MP3, RATE, 4 * 1_152),
        (VORBIS, RATE, 1_024),
        (OPUS, 48_000, 0),
        (OPUS, 16_000, 1),
        (FLAC, RATE, 0),
    ],
)
def test_one_file_after_the_other_is_heard_as_both(kind, rate, between, seconds) -> None:
    first, second = written(kind, 3.0, rate), written(kind, seconds, rate, seed=1)
    a, b = heard(first)[0], heard(second)[0]
    both, warnings = heard(first + second)
    assert warnings == ()
    assert 0 <= len(both) - len(a) - len(b) <= between
    np.testing.assert_array_equal(both[: len(a)], a)
    if kind is FLAC:
        np.testing.assert_array_equal(both[len(a) :], b)
    else:
        tail = both[-min(len(b) // 2, 8_000) - 2_000 :][:6_000].mean(axis=1)
        expected = np.pad(b.mean(axis=1), (0, 6_000))
        similar = np.correlate(expected, tail).max() / np.square(tail).sum()
        assert similar > 0.9


@pytest.mark.parametrize("n_later", [100, 4_096, 5_000, 20_000])
def test_short_flacs_one_after_the_other_are_heard_to_the_sample(n_later: int) -> None:
    parts = [
        FLAC.write(varied(n, RATE, 1, seed), RATE) for seed, n in enumerate((9_000, n_later, 77))
    ]
    samples, warnings = heard(b"".join(parts))
    np.testing.assert_array_equal(samples, np.concatenate([heard(part)[0] for part in parts]))
    assert warnings == ()
    end = 9_000 + n_later
    for start, stop in ((8_990, end + 50), (9_001, end), (end - 1, end + 77), (end + 70, None)):
        with AudioSource(io.BytesIO(b"".join(parts))) as source:
            stretch = np.concatenate(list(source.frames(start, stop)))
            np.testing.assert_array_equal(stretch, samples[start:stop])


def test_any_stretch_of_three_flacs_in_one_file_is_exact() -> None:
    parts = [
        Kind("", "FLAC", "PCM_24").write(varied(35_000, RATE, 1, seed), RATE) for seed in (0, 1, 2)
    ]
    whole, _ = heard(b"".join(parts))
    for start in range(1_000, 100_000, 7_000):
        with AudioSource(io.BytesIO(b"".join(parts))) as source:
            stretch = np.concatenate(list(source.frames(start, start + 20_000)))
        np.testing.assert_array_equal(stretch, whole[start : start + 20_000])


@pytest.mark.parametrize("start", [20_000, 60_000, 130_000])
def test_a_stretch_of_an_mp3_without_a_xing_header_is_that_of_the_whole(start: int) -> None:
    data = mp3_without_header(written(MP3))
    whole, _ = heard(data)
    with AudioSource(io.BytesIO(data)) as source:
        stretch = np.concatenate(list(source.frames(start, start + 1_000)))
    np.testing.assert_allclose(stretch, whole[start : start + 1_000], atol=1e-6)


def test_a_flac_of_unknown_length_is_heard_whole() -> None:
    data = written(FLAC)
    samples, warnings = heard(flac_of_unknown_length(data))
    np.testing.assert_array_equal(samples, heard(data)[0])
    assert warnings == ()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_flac_cut_short_is_heard_to_its_last_whole_block(share: float) -> None:
    whole, _ = heard(written(FLAC))
    samples, warnings = heard(cut(written(FLAC), share))
    assert share * len(whole) - 2 * 4_096 < len(samples) < len(whole)
    np.testing.assert_array_equal(samples, whole[: len(samples)])
    assert "cut short" in warnings[0] and "of 3.00 s could be read" in warnings[0]


def test_a_flac_whose_first_block_is_damaged_keeps_its_times() -> None:
    data = written(FLAC)
    whole, _ = heard(data)
    for unknown in (False, True):
        damaged = flipped(data, 0.012)
        samples, warnings = heard(flac_of_unknown_length(damaged) if unknown else damaged)
        np.testing.assert_array_equal(samples[4_096:], whole[4_096:])
        assert not samples[:4_096].any() and "0.09 s of it could not be decoded" in warnings[0]


@needs_pyav_18
@pytest.mark.parametrize("damage", [flipped, zeroed, without])
def test_of_a_damaged_flac_only_the_block_with_the_fault_is_silent(damage) -> None:
    data = written(FLAC)
    whole, _ = heard(data)
    samples, warnings = heard(damage(data, 0.5) if damage is flipped else damage(data, 0.5, 2_000))
    assert len(samples) == len(whole)
    wrong = np.flatnonzero((samples != whole).any(axis=1))
    assert 0 < wrong[-1] + 1 - wrong[0] <= 2 * 4_096
    assert not samples[wrong].any()
    assert len(warnings) == 1
    found = re.search(r"damaged at ([\d.]+) s; ([\d.]+) s of it .* is silence", warnings[0])
    assert found and abs(float(found[1]) - wrong[0] / RATE) < 0.02
    assert abs(float(found[2]) - len(wrong) / RATE) < 0.02
    with AudioSource(
        io.BytesIO(damage(data, 0.5, *(() if damage is flipped else (2_000,))))
    ) as source:
        stretch = np.concatenate(list(source.frames(100_000, 120_000)))
        np.testing.assert_array_equal(stretch, whole[100_000:120_000])


@pytest.mark.parametrize(("kind", "rate"), [(OPUS, 48_000), (OPUS, 16_000), (VORBIS, RATE)])
def test_an_ogg_stream_whose_end_is_not_marked_is_heard_to_its_end(kind, rate) -> None:
    data = written(kind, 3.0, rate)
    whole, _ = heard(data)
    samples, warnings = heard(without_end_flag(data))
    assert 0 <= len(samples) - len(whole) < 0.02 * rate
    np.testing.assert_allclose(samples[: len(whole)], whole, atol=0.02)
    assert warnings == ("Its end is not marked as the end; it may be cut short.",)


@needs_pyav_18
@pytest.mark.parametrize("kind", [FLAC, VORBIS, MP3], ids=lambda kind: kind.name)
def test_tags_and_zeros_behind_a_stream_are_no_loss(kind: Kind) -> None:
    whole, _ = heard(written(kind))
    for tail in (b"TAG" + bytes(125), bytes(5_000)):
        samples, warnings = heard(written(kind) + tail)
        assert (len(samples), warnings) == (len(whole), ())


PLAIN = [kind for kind in sndfile_kinds() if kind.container in SIZES and "ALAC" not in kind.codec]


@pytest.mark.parametrize("size", [0, "all bits"])
@pytest.mark.parametrize("whole_size", [None, 0, "all bits"])
@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.name)
def test_sizes_that_were_never_filled_in_lose_nothing(kind: Kind, size, whole_size) -> None:
    data = written(kind, 0.5)
    expected, _ = heard(data)
    samples, warnings = heard(with_sizes(data, kind.container, size, whole_size))
    np.testing.assert_array_equal(samples, expected)
    assert warnings == ()


@pytest.mark.parametrize("container", sorted(SIZES))
def test_a_size_of_some_time_before_the_end_loses_nothing_and_is_said(container: str) -> None:
    data = written(Kind("", container, "PCM_16"))
    expected, _ = heard(data)
    samples, warnings = heard(with_sizes(data, container, 4 * 11_025))
    np.testing.assert_array_equal(samples, expected)
    assert len(warnings) == 1 and "Its header declares 0.25 s of sound" in warnings[0]


@pytest.mark.parametrize("container", sorted(SIZES))
def test_sound_cut_short_says_of_how_much(container: str) -> None:
    data = written(Kind("", container, "PCM_16"))
    whole, _ = heard(data)
    samples, warnings = heard(cut(data, 0.5))
    np.testing.assert_array_equal(samples, whole[: len(samples)])
    assert abs(len(samples) - len(whole) / 2) < 1_200
    seconds = f"{len(samples) / RATE:.2f}"
    assert warnings == (f"The file is cut short or damaged; {seconds} s of 3.00 s could be read.",)


@pytest.mark.parametrize("container", ["WAV", "AIFF", "W64"])
def test_chunks_behind_the_sound_are_no_sound(container: str) -> None:
    data = written(Kind("", container, "PCM_16"))
    expected, _ = heard(data)
    if container == "W64":
        chunk = b"LIST" + bytes(12) + (24 + 10_000).to_bytes(8, "little") + b"\x7f" * 10_000
    else:
        order = "little" if container == "WAV" else "big"
        chunk = b"LIST" + (10_000).to_bytes(4, order) + b"\x7f" * 10_000
    align = 8 if container == "W64" else 2
    samples, warnings = heard(data + bytes(-len(data) % align) + chunk)
    np.testing.assert_array_equal(samples, expected)
    assert warnings == ()


def test_a_recording_behind_a_wav_is_said_not_to_be_heard() -> None:
    data = written(Kind("", "WAV", "PCM_16"))
    samples, warnings = heard(data + data)
    assert len(samples) == len(heard(data)[0])
    assert warnings == ("Another recording follows in the same file; it is not heard.",)


def test_a_wav_longer_than_its_sizes_can_say_is_heard_whole() -> None:
    # 4 GiB and 1 s, without having them: between the ends lies silence that costs nothing.
    data = bytearray(written(Kind("", "WAV", "PCM_16", most_channels=1)))
    n_sound = 2**32 + 2 * RATE
    file = Sparse(bytes(data), len(data) - 2 * 100 + n_sound)
    with AudioSource(file) as source:  # type: ignore[arg-type]
        assert source.n_frames == (file.n_bytes - data.index(b"data") - 8) // 2
        last = np.concatenate(list(source.frames(source.n_frames - 100)))
        assert len(last) == 100 and last.any()


class Sparse(io.RawIOBase):
    """A file of some bytes, then noise without end."""

    def __init__(self, start: bytes, n_bytes: int) -> None:
        super().__init__()
        self.start, self.n_bytes, self.at = start, n_bytes, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset + (0, self.at, self.n_bytes)[whence]
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1, /) -> bytes:
        n = max(0, min(size, self.n_bytes - self.at))
        data = (self.start[self.at : self.at + n] + b"\x11\x22" * (n // 2 + 1))[:n]
        self.at += n
        return data


@pytest.mark.parametrize("kind", FFMPEG_KINDS, ids=lambda kind: kind.name)
def test_what_ffmpeg_writes_is_read_and_sounds_as_written(kind: Kind) -> None:
    for rate in {kind.rates[0], kind.rates[-1]}:
        sound = varied(2 * rate, rate, kind.most_channels)
        samples, warnings = heard(kind.write(sound, rate))
        assert warnings == ()
        assert -2_048 <= len(samples) - len(sound) <= 3 * 2_048
        # Wherever a codec's delay has put it, it is there, and as loud.
        middle = sound[len(sound) // 2 :][:2_000, 0]
        found = np.correlate(samples[:, 0], middle) / np.square(middle).sum()
        assert found.max() == pytest.approx(1.0, abs=0.25)


SEEKING = [kind for kind in sndfile_kinds() if kind.codec != "PCM_U8"] + list(FFMPEG_KINDS)


@pytest.mark.parametrize("kind", SEEKING, ids=lambda kind: kind.name)
def test_a_stretch_is_that_stretch_of_the_whole(kind: Kind, monkeypatch) -> None:
    monkeypatch.setattr(decoder, "BLOCK_SAMPLES", 5_000)
    rate = kind.rates[0]
    data = kind.write(varied(rate, rate, kind.most_channels), rate)
    whole, _ = heard(data)
    with AudioSource(io.BytesIO(data)) as source:
        for start, stop in ((11, 12_000), (20_000, 30_000), (9_000, 9_500), (30_000, None)):
            stretch = list(source.frames(start, stop))
            expected = whole[start:stop]
            samples = np.concatenate([*stretch, np.zeros_like(whole[:0])])
            np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize("kind", [VORBIS, OPUS, MP3], ids=lambda kind: kind.name)
def test_a_stretch_that_begins_in_the_second_of_two_files_is_exact(kind: Kind) -> None:
    rate = kind.rates[0]
    data = written(kind, 1.0, rate) + written(kind, 1.0, rate, seed=1)
    whole, _ = heard(data)
    for start, stop in ((-20_000, None), (-20_000, -19_000), (-rate - 700, -rate + 500)):
        with AudioSource(io.BytesIO(data)) as source:
            start, stop = start + len(whole), stop and stop + len(whole)
            stretch = np.concatenate(list(source.frames(start, stop)))
            np.testing.assert_array_equal(stretch, whole[start:stop])
    with pytest.raises(AudioError, match=rf"lasts {len(whole) / rate:.3f} s"):
        read_clip(io.BytesIO(data), start_seconds=4.0)


@pytest.mark.parametrize("kind", [VORBIS, FLAC, MP3], ids=lambda kind: kind.name)
def test_a_change_of_rate_within_a_file_is_said(kind: Kind) -> None:
    samples, warnings = heard(written(kind) + written(kind, 1.0, 16_000))
    assert 0 <= len(samples) - len(heard(written(kind))[0]) < 2 * 1_152
    assert any("another sample rate" in warning for warning in warnings)


@pytest.mark.parametrize(
    "text",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{path}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '{path}'\n",
        b"[playlist]\nFile1={path}\nNumberOfEntries=1\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    ],
)
def test_a_file_cannot_name_another_that_is_opened(tmp_path, text: bytes) -> None:
    inside = tmp_path / "secret.wav"
    inside.write_bytes(written(Kind("", "WAV", "PCM_16")))
    data = text.replace(b"{path}", str(inside).encode())
    with pytest.raises(AudioError, match="cannot be read as audio"):
        heard(data)
