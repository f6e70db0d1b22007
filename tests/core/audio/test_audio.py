"""Reading: right samples from any container, length, rate and channel; a sentence otherwise."""

from __future__ import annotations

import io
import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from core.audio import find_audio, inspect, read_clip, resample, wav_bytes
from core.audio.decoding import decoder
from core.audio.level import Level
from core.audio.writing import scaled_pcm16
from core.errors import AudioError, SettingError
from core.types import Clip, samples_sha256
from tests.support.bad_files import RATE, USABLE, tone, wav_of, write_bad_files, write_long_file


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_bad_files(tmp_path_factory.mktemp("bad"))


@pytest.fixture()
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "BLOCK_SAMPLES", 1_000)


@pytest.mark.parametrize(
    ("extension", "subtype", "tolerance"),
    [
        ("wav", "PCM_16", 1e-4),
        ("wav", "PCM_24", 1e-6),
        ("wav", "PCM_U8", 1.2e-2),
        ("wav", "FLOAT", 0.0),
        ("wav", "DOUBLE", 1e-7),
        ("flac", "PCM_24", 1e-6),
        ("aiff", "PCM_16", 1e-4),
        ("ogg", "VORBIS", 0.1),
        ("mp3", "MPEG_LAYER_III", 0.1),
    ],
)
def test_every_container_gives_the_sound_back(tmp_path, extension, subtype, tolerance) -> None:
    sound = tone(sample_rate=44_100)
    path = tmp_path / f"sound.{extension}"
    sf.write(path, sound, 44_100, subtype=subtype)
    clip = read_clip(path)
    assert (clip.sample_rate, clip.name) == (44_100, path.name)
    assert clip.samples.size == sound.size
    assert np.abs(clip.samples - sound).max() <= tolerance
    info = inspect(path)
    assert (info.problem, info.warnings, info.subtype) == (None, (), subtype)
    assert info.sha256 == clip.sha256


@pytest.mark.parametrize("native", [8_000, 22_050, 44_100, 48_000, 384_000])
@pytest.mark.parametrize("target", [16_000, 32_000, 44_100])
@pytest.mark.parametrize("n", [44_100, 40_001])
def test_resampling_in_blocks_equals_resampling_at_once(small_blocks, native, target, n) -> None:
    sound = tone(n / native, native)
    read = read_clip(io.BytesIO(wav_of(sound, native, "FLOAT")), sample_rate=target)
    assert read.samples.size == round(n * target / native)
    at_once = sound if native == target else soxr.resample(sound, native, target)
    np.testing.assert_array_equal(read.samples, at_once[: read.samples.size])
    whole = resample(Clip.from_samples(sound, native, "x"), target)
    assert whole.sha256 == read.sha256


def test_resampling_keeps_a_tone_and_kills_what_would_alias() -> None:
    time = np.arange(48_000) / 48_000
    for frequency, gain in ((1_000, 1.0), (12_000, 0.0)):
        clip = Clip.from_samples(0.5 * np.sin(2 * np.pi * frequency * time), 48_000, "tone")
        middle = resample(clip, 16_000).samples[2_000:-2_000]
        assert math.sqrt(2 * np.square(middle).mean()) == pytest.approx(0.5 * gain, abs=1e-3)


def test_channels_are_picked_or_averaged(bad, small_blocks) -> None:
    sound, rate = sf.read(bad["eight channels"], dtype="float32")
    for channel in range(8):
        clip = read_clip(bad["eight channels"], channel=channel)
        np.testing.assert_array_equal(clip.samples, sound[:, channel])
    mean = read_clip(bad["eight channels"], channel="mean").samples
    np.testing.assert_allclose(mean, sound.mean(axis=1), atol=1e-7)
    assert rate == RATE
    for wrong in (8, -1):
        with pytest.raises(AudioError, match=r"eight_channels\.wav.* has 8 channels"):
            read_clip(bad["eight channels"], channel=wrong)
    assert inspect(bad["eight channels"], channel=8).problem is not None


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_a_stretch_is_the_same_stretch_of_the_whole(tmp_path, small_blocks, extension) -> None:
    path = tmp_path / f"x.{extension}"
    sf.write(path, tone(2.0, 44_100), 44_100)
    whole = read_clip(path).samples
    part = read_clip(path, start_seconds=0.5, stop_seconds=1.25).samples
    assert part.size == round(0.75 * 44_100)
    np.testing.assert_allclose(part, whole[22_050 : 22_050 + part.size], atol=2e-3)
    with pytest.raises(SettingError):
        read_clip(path, start_seconds=1.0, stop_seconds=1.0)
    with pytest.raises(AudioError, match=r"lasts 2\.000 s"):
        read_clip(path, start_seconds=2.0)
    with pytest.raises(AudioError, match=r"lasts 0\.050 s"):
        read_clip(path, start_seconds=1.0, stop_seconds=1.05)


SENTENCES = {
    "empty": "is empty",
    "one sample": "0.000 s (1 sample)",
    "no samples": "0 samples",
    "short": "0.050 s",
    "nan": "the first at 0.500 s",
    "infinity": "the first at 0.250 s",
    "header only": "cannot be read as audio",
    "text": "WAV, FLAC, OGG, MP3, M4A",
    "unreadable format": "its index is missing",
}


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_an_unusable_file_is_refused_with_one_sentence_naming_it(bad, key) -> None:
    info = inspect(bad[key])
    assert info.problem is not None
    assert SENTENCES[key] in info.problem
    assert bad[key].name in info.problem
    assert "\n" not in info.problem
    with pytest.raises(AudioError, match=bad[key].name):
        read_clip(bad[key])


@pytest.mark.parametrize("key", sorted(USABLE - {"zeros"}))
def test_an_odd_but_sound_file_is_read(bad, key) -> None:
    info = inspect(bad[key])
    clip = read_clip(bad[key], sample_rate=32_000)
    assert info.problem is None
    assert info.sha256 == read_clip(bad[key]).sha256
    assert info.name == clip.name == bad[key].name
    assert clip.duration_seconds == pytest.approx(info.duration_seconds, abs=1e-4)
    assert np.abs(clip.samples).max() <= 1.0


def test_every_bad_file_is_covered_here_or_is_a_zip(bad) -> None:
    zips = {key for key, path in bad.items() if path.suffix == ".zip"}
    assert set(bad) == USABLE | set(SENTENCES) | zips


def test_silence_is_readable_but_nothing_to_learn_from(bad) -> None:
    info = inspect(bad["zeros"])
    assert info.silent
    assert info.problem is not None and "silent" in info.problem
    assert info.peak_dbfs == -200.0
    assert not read_clip(bad["zeros"]).samples.any()
    constant = inspect(io.BytesIO(wav_of(np.full(RATE, 0.25, np.float32))))
    assert constant.silent


def test_samples_beyond_full_scale_are_clipped_and_said_so(bad) -> None:
    info = inspect(bad["over full scale"])
    assert info.peak_dbfs > 5
    assert "are clipped" in info.warnings[0]
    expected = np.clip(tone() * 8, -1, 1)
    np.testing.assert_array_equal(read_clip(bad["over full scale"]).samples, expected)


@pytest.mark.parametrize("extension", ["wav", "aiff", "flac", "ogg", "mp3"])
def test_a_file_cut_short_gives_what_it_holds_and_warns(tmp_path, small_blocks, extension) -> None:
    path = tmp_path / f"cut.{extension}"
    sf.write(path, tone(2.0, 44_100), 44_100)
    whole = read_clip(path).samples
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    info = inspect(path)
    part = read_clip(path).samples
    assert info.problem is None
    assert 0.8 < info.duration_seconds < 1.9
    np.testing.assert_allclose(part[:30_000], whole[:30_000], atol=1e-3)
    if extension != "ogg":  # an Ogg stream does not declare its length
        assert "cut short" in info.warnings[0]


def test_a_streamed_wav_of_unknown_length_is_not_called_cut_short(tmp_path) -> None:
    data = bytearray(wav_of(tone()))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    info = inspect(io.BytesIO(bytes(data)), name="streamed.wav")
    assert (info.problem, info.warnings) == (None, ())
    assert info.duration_seconds == 1.0


def test_a_wav_with_an_absurd_rate_is_refused() -> None:
    data = wav_of(tone(), 1)
    with pytest.raises(AudioError, match="sample rate is 1 Hz"):
        read_clip(io.BytesIO(data), sample_rate=32_000)


def test_paths_that_are_no_recording(tmp_path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav.* is not there"):
        read_clip(tmp_path / "gone.wav")
    with pytest.raises(AudioError, match="is a folder"):
        read_clip(tmp_path)
    raw = tmp_path / "sound.raw"
    raw.write_bytes(bytes(64_000))
    with pytest.raises(AudioError, match=r"sound\.raw.*cannot be read as audio"):
        read_clip(raw)


def test_a_long_name_is_shortened_in_sentences_and_kept_whole_elsewhere() -> None:
    name = "\x07" + "n" * 296 + ".wav"
    info = inspect(io.BytesIO(b""), name=name)
    assert info.name == name
    assert info.problem is not None and len(info.problem) < 160
    assert "\x07" not in info.problem


def test_the_hash_is_of_the_sound_alone(tmp_path) -> None:
    sound = (tone() * 2**15).astype(np.int16)
    for name, samples in (("a.wav", sound), ("b.flac", sound), ("c.wav", sound + 1)):
        sf.write(tmp_path / name, samples.astype(np.int16), RATE, subtype="PCM_16")
    a, b, c = (inspect(tmp_path / name) for name in ("a.wav", "b.flac", "c.wav"))
    assert a.sha256 == b.sha256 != c.sha256
    read = sf.read(tmp_path / "a.wav", dtype="float32")[0]
    assert a.sha256 == samples_sha256(read, RATE)


@pytest.mark.parametrize("n_block", [1, 3, 7, 50])
def test_clipped_runs_are_counted_across_blocks_as_in_one(n_block) -> None:
    random = np.random.default_rng(1)
    for chance in (0.2, 0.5, 0.9, 1.0):
        full = random.random(200) < chance
        samples = np.where(full, 1.0, 0.5).astype(np.float32)
        runs = "".join("x" if f else " " for f in full).split()
        level = Level(RATE, full_scale=1.0)
        for start in range(0, samples.size, n_block):
            level.add(samples[start : start + n_block])
        assert level.clipped_fraction == sum(len(r) for r in runs if len(r) >= 3) / 200


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_clipping_is_told_from_a_peak(subtype) -> None:
    time = np.arange(RATE) / RATE
    sine = np.sin(2 * np.pi * 400 * time).astype(np.float32)
    clipped = inspect(io.BytesIO(wav_of(np.clip(2 * sine, -1, 1), subtype=subtype)))
    clean = inspect(io.BytesIO(wav_of(0.9 * sine, subtype=subtype)))
    assert clipped.clipped_fraction == pytest.approx(2 / 3, abs=0.03)
    assert "Clipping" in clipped.warnings[0]
    assert (clean.clipped_fraction, clean.warnings) == (0.0, ())
    assert clean.rms_dbfs == pytest.approx(20 * math.log10(0.9 / math.sqrt(2)), abs=0.1)


def test_a_long_file_takes_the_memory_of_one_channel(tmp_path) -> None:
    path = write_long_file(tmp_path / "long.flac", hours=0.2, n_channels=8)
    n_bytes = 0.2 * 3600 * 8_000 * 4
    tracemalloc.start()
    info = inspect(path)
    inspected = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    clip = read_clip(path, channel=3)
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert info.duration_seconds == clip.duration_seconds == 720
    assert inspected < 10e6
    assert read < n_bytes * 1.1 + 10e6


def test_find_audio_searches_folders_and_takes_named_files(bad, tmp_path) -> None:
    for name in ("b.wav", "a.FLAC", "sub/c.mp3", "notes.txt", ".hidden.wav", "__MACOSX/d.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    odd = tmp_path / "notes.txt"
    found = find_audio([tmp_path, odd, tmp_path / "b.wav"])
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == ["a.FLAC", "b.wav", "notes.txt", "sub/c.mp3"]
    with pytest.raises(AudioError, match=r"nowhere.* is not there"):
        find_audio([tmp_path / "nowhere"])
    (tmp_path / "hollow").mkdir()
    with pytest.raises(AudioError, match=r"hollow.* holds no audio"):
        find_audio([tmp_path / "hollow"])


def test_wav_bytes_round_trip_and_refuse_what_cannot_be_written() -> None:
    sound = tone()
    back = read_clip(io.BytesIO(wav_bytes(sound, RATE)))
    assert np.abs(back.samples - sound).max() <= 2**-15
    exact = read_clip(io.BytesIO(wav_bytes(sound, RATE, "FLOAT")))
    np.testing.assert_array_equal(exact.samples, sound)
    loud = read_clip(io.BytesIO(wav_bytes(sound * 10, RATE)))
    assert np.sign(loud.samples[np.abs(sound) > 0.1]).tolist() == (
        np.sign(sound[np.abs(sound) > 0.1]).tolist()
    )
    with pytest.raises(AudioError):
        wav_bytes(sound * np.float32(np.nan), RATE)
    with pytest.raises(SettingError, match="VORBIS"):
        wav_bytes(sound, RATE, "VORBIS")


@pytest.mark.parametrize("level", [1e-4, 0.1, 1.0])
def test_16_bits_reach_to_a_sounds_own_peak(level) -> None:
    sound = (level * tone()).astype(np.float32)
    numbers, scale = scaled_pcm16(sound)
    assert numbers.dtype == np.int16 and np.abs(numbers).max() == 32767
    assert np.abs(numbers * scale - sound).max() <= 0.51 * scale
    silence, scale = scaled_pcm16(np.array([0.0, np.nan], np.float32))
    assert (silence.tolist(), scale) == ([0, 0], 1.0)
