"""What is said of a recording: each sentence from a sound that is so, and none of a clean one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
from numpy.typing import NDArray

from core.audio import find_audio, inspect, read_clip, read_recording
from core.audio.decoding import decoder
from core.errors import AudioError
from core.types import Float32Array
from tests.support.bad_files import tone, wav_of

RATE = 16_000
DATA = Path(__file__).parents[4] / "shared" / "data"
CASES = Path(__file__).parents[4] / "shared" / "cases"


def noise(seed: int = 0, seconds: float = 2.0, rms: float = 0.05, rate: int = RATE) -> Float32Array:
    random = np.random.default_rng(seed)
    return (rms * random.standard_normal(round(seconds * rate))).astype(np.float32)


def said(samples: NDArray[np.float32], rate: int = RATE, subtype: str = "PCM_16") -> str:
    return " ".join(inspect(io.BytesIO(wav_of(samples, rate, subtype))).warnings)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0])
@pytest.mark.parametrize("n_channels", [1, 2, 8])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_nothing_is_said_of_a_clean_recording(seconds, n_channels, subtype) -> None:
    channels = [noise(seed, seconds) + tone(seconds, seed=seed) for seed in range(n_channels)]
    assert said(np.stack(channels, axis=1), subtype=subtype) == ""


@pytest.mark.parametrize("part", ["esc10", "mimii"])
def test_few_real_recordings_are_warned_of(part) -> None:
    if not DATA.is_dir():
        pytest.skip("../shared/data is not here")
    warned = [info for info in map(inspect, find_audio([DATA / part])[::4]) if info.warnings]
    # ESC-10 ends many clips with digital silence, cuts at 5 s, and its Vorbis overshoots 0 dBFS.
    assert len(warned) <= 1
    assert all("beyond full scale" in said for info in warned for said in info.warnings)


@pytest.mark.parametrize("offset", [0.3, 0.02, -0.02])
def test_an_offset_is_said_with_its_size(offset) -> None:
    assert f"about {offset:+.1%} of full scale" in said(noise() + np.float32(offset))


def test_an_offset_hides_neither_a_very_quiet_sound_nor_silence() -> None:
    words = said(noise(rms=1e-5) + np.float32(0.5), subtype="FLOAT")
    assert "DC offset" in words and "Very quiet (-100 dBFS)" in words
    assert "all samples are equal, at +25.00%" in said(np.full(RATE, 0.25, np.float32))
    assert "digital silence from beginning to end" in said(np.zeros(RATE, np.float32))


def test_integer_samples_in_a_float_file_are_refused_as_such() -> None:
    integers = np.rint(noise() * 32_767)
    data = wav_of(integers, subtype="FLOAT")
    with pytest.raises(AudioError, match="scale of integers"):
        read_clip(io.BytesIO(data))
    info = inspect(io.BytesIO(data))
    assert (
        info.problem is not None and f"reaches {np.abs(integers).max():,.0f} times" in info.problem
    )
    # Resampled since: not whole any more, and still no recording at that scale.
    with pytest.raises(AudioError, match="scale of integers"):
        read_clip(io.BytesIO(wav_of(integers * np.float32(0.93), subtype="FLOAT")))
    # A recorder's overload is another thing: it is clipped, and said.
    hot = noise() * 40
    assert "beyond full scale" in said(hot, subtype="FLOAT")
    assert np.abs(read_clip(io.BytesIO(wav_of(hot, subtype="FLOAT"))).samples).max() == 1.0


def test_the_case_of_integer_samples_and_of_a_file_cut_short() -> None:
    folder = CASES / "cli_says_nothing"
    if not folder.is_dir():
        pytest.skip("../shared/cases is not here")
    with pytest.raises(AudioError, match=r"int16scale\.wav.* scale of integers"):
        read_clip(folder / "int16scale.wav")
    _, info = read_recording(folder / "trunc10pct.wav")
    assert "cut short" in info.warnings[0] and "0.30 s of 3.00 s" in info.warnings[0]


@pytest.mark.parametrize("block", [100, 2**18])
@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (0.1, 0.0), (0.7, 0.1)])
def test_a_sound_that_was_clipped_and_made_softer_is_still_clipped(
    monkeypatch, block, gain, offset
) -> None:
    monkeypatch.setattr(decoder, "BLOCK_SAMPLES", block)
    time = np.arange(2 * RATE) / RATE
    swell = (noise(0, 2.0) + np.sin(2 * np.pi * 200 * time) * np.sin(np.pi * time)).astype("f")
    clipped = np.clip(1.5 * swell, -1, 1) * np.float32(gain) + np.float32(offset)
    share = float((np.abs(1.5 * swell) >= 1).mean())
    words = said(clipped)
    assert "it was clipped before it was made softer" in words
    assert float(words.split("Clipping: ")[1].split("%")[0]) / 100 == pytest.approx(share, rel=0.2)
    assert said(0.9 * swell) == ""


@pytest.mark.parametrize("gain_db", [0.3, 0.9])
def test_a_lossy_decoder_that_overshoots_a_little_is_not_called_clipped(tmp_path, gain_db) -> None:
    path = tmp_path / "loud.ogg"
    loud = noise(rms=0.2)
    loud = np.clip(loud / np.abs(loud).max() * 10 ** (gain_db / 20), -1, 1).astype(np.float32)
    sf.write(path, loud, RATE)
    assert inspect(path).warnings == ()
    assert "beyond" in said(loud * np.float32(1.01), subtype="FLOAT")


# Gaps of digital silence.


def with_gaps(*gaps: tuple[float, float], seed: int = 0) -> Float32Array:
    sound = noise(seed, 3.0)
    for start, stop in gaps:
        sound[round(start * RATE) : round(stop * RATE)] = 0.0
    return sound


@pytest.mark.parametrize("block", [1, 100, 2**18])
def test_drop_outs_are_counted_timed_and_summed_whatever_the_blocks(monkeypatch, block) -> None:
    monkeypatch.setattr(decoder, "BLOCK_SAMPLES", block)
    sound = with_gaps((0.5, 0.54), (1.2, 1.3), (2.0, 2.02))[: 48_000 if block > 1 else 40_000]
    words = said(sound)
    assert "3 gaps of digital silence, 0.16 s in all, the first at 0.50 s" in words


def test_silence_at_either_end_and_short_zeros_are_no_drop_outs() -> None:
    assert said(with_gaps((0.0, 0.5), (2.5, 3.0))) == ""
    assert said(with_gaps((1.0, 1.005))) == ""
    assert "a gap of digital silence, 0.02 s in all, at 1.00 s" in said(with_gaps((1.0, 1.02)))


def test_a_sound_that_fades_to_silence_or_rounds_to_zero_is_no_drop_out() -> None:
    time = np.arange(3 * RATE) / RATE
    swells = noise(0, 3.0) * np.clip(np.sin(2 * np.pi * time), 0, None).astype(np.float32) ** 4
    assert said(swells) == ""
    # A knock every half second over a background below one step of 16 bits.
    knocks = noise(0, 3.0, 0.3) * np.exp(-((time % 0.5) / 0.02)).astype(np.float32)
    assert said(knocks + noise(1, 3.0, 5e-6)) == ""
    assert "drops out" not in said(noise(0, 3.0, 3e-5))


# Channels.


def test_a_channel_with_nothing_beside_one_with_something_is_named() -> None:
    right = np.stack([noise(0, rms=0.0005), noise(1)], axis=1)
    assert said(right) == "Only the first of 2 channels is heard here; the second is 40 dB louder."
    left = inspect(io.BytesIO(wav_of(right)), channel=1)
    mean = inspect(io.BytesIO(wav_of(right)), channel="mean")
    loudest = inspect(io.BytesIO(wav_of(right)), channel="loudest")
    assert left.warnings == mean.warnings == loudest.warnings == ()
    assert (left.channel, mean.channel, loudest.channel) == (1, "mean", 1)
    silent = np.stack([np.zeros(2 * RATE, np.float32), *(noise(i) for i in range(10))], axis=1)
    assert "silence from beginning to end" in said(silent)
    assert "Only the first of 11 channels" in said(silent)
    # It can be fitted on by another channel; what is silent on all of them cannot.
    assert inspect(io.BytesIO(wav_of(silent))).problem is None
    assert inspect(io.BytesIO(wav_of(0 * silent))).problem is not None


def test_an_event_on_another_channel_alone_is_timed() -> None:
    both = np.stack([noise(0, rms=0.01), noise(1, rms=0.01)], axis=1)
    both[RATE : RATE + RATE // 20, 1] *= 12
    words = said(both)
    assert "Only the first of 2 channels is heard here; at 1." in words
    assert "the second is 1" in words and "dB louder" in words
    both[RATE : RATE + RATE // 20, 0] *= 6
    assert said(both) == ""


@pytest.mark.parametrize("channel", [0, 1, "mean"])
def test_channels_that_cancel_are_said_whichever_is_heard(channel) -> None:
    sound = noise()
    data = wav_of(np.stack([sound, -sound + noise(1, rms=0.005)], axis=1))
    (words,) = inspect(io.BytesIO(data), channel=channel).warnings
    assert "antiphase" in words
    quieter_db = float(words.split(" is ")[1].split(" dB")[0])
    assert quieter_db == pytest.approx(26, abs=1)
    apart = wav_of(np.stack([sound, noise(1)], axis=1))
    same = wav_of(np.stack([sound, sound], axis=1))
    for clean in (apart, same):
        assert inspect(io.BytesIO(clean), channel=channel).warnings == ()


def test_four_channels_that_cancel_are_said_where_their_mean_is_heard() -> None:
    a, b = noise(0), noise(1)
    data = wav_of(np.stack([a, b, -a, noise(2, rms=0.005) - b], axis=1))
    (words,) = inspect(io.BytesIO(data), channel="mean").warnings
    assert "The 4 channels cancel each other in their mean" in words
    assert inspect(io.BytesIO(data), channel=2).warnings == ()


def test_the_loudest_channel_is_that_of_the_whole_recording_in_every_stretch(tmp_path) -> None:
    both = np.stack([noise(0), noise(1, rms=0.1)], axis=1)
    both[:RATE, 1] *= 0.01  # in the first second the other is louder
    both += np.array([0.4, 0.0], np.float32)  # a constant is no loudness
    path = tmp_path / "both.wav"
    sf.write(path, both, RATE, subtype="FLOAT")
    part = read_clip(path, channel="loudest", stop_seconds=0.5)
    np.testing.assert_array_equal(part.samples, both[: RATE // 2, 1])


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_the_loudest_channel_of_any_container_is_read_whole(tmp_path, extension) -> None:
    both = np.stack([noise(0, 3.0, rate=44_100), noise(1, 3.0, 0.1, 44_100)], axis=1)
    path = tmp_path / f"both.{extension}"
    sf.write(path, both, 44_100)
    clip, info = read_recording(path, channel="loudest")
    second = read_clip(path, channel=1)
    assert (info.channel, clip.sha256) == (1, second.sha256)
    assert clip.samples.size == both.shape[0]


def test_numbers_that_are_none_on_a_channel_that_is_not_heard_harm_nothing() -> None:
    both = np.stack([noise(0), noise(1)], axis=1)
    both[100, 1] = np.nan
    assert said(both, subtype="FLOAT") == ""


# How far up a recording reaches.


@pytest.mark.parametrize(("low", "high"), [(8_000, 44_100), (16_000, 48_000), (11_025, 22_050)])
def test_a_converted_recording_ends_at_half_its_former_rate(low, high) -> None:
    converted = soxr.resample(noise(0, 3.0, rate=low), low, high).astype(np.float32)
    info = inspect(io.BytesIO(wav_of(converted, high)))
    assert info.highest_hz == pytest.approx(low / 2, rel=0.1)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_a_recording_ends_at_half_its_rate_where_nothing_cuts_it(subtype) -> None:
    random = np.random.default_rng(0)
    brown = np.cumsum(random.standard_normal(3 * RATE))
    brown = 0.1 * (brown - np.convolve(brown, np.ones(500) / 500, "same")) / 30
    time = np.arange(3 * RATE) / RATE
    hum = 0.3 * np.sin(2 * np.pi * 50 * time)
    for sound in (noise(), brown, hum + noise(1, 3.0, 1e-4), np.zeros(RATE), tone(2.0)):
        info = inspect(io.BytesIO(wav_of(np.asarray(sound, np.float32), RATE, subtype)))
        assert info.highest_hz == RATE / 2


@pytest.mark.parametrize("rate", [500, 1_000, 1_200, 3_000, 11_025, 96_000, 768_000, 3_000_000])
@pytest.mark.parametrize("n", [1, 100, 2_047, 2_048, 300_000])
def test_no_rate_and_no_length_is_too_odd_to_be_inspected(rate, n) -> None:
    for sound in (noise(0, n / rate, rate=rate), np.zeros(n), np.eye(1, n)[0]):
        info = inspect(io.BytesIO(wav_of(np.asarray(sound, np.float32), rate)))
        assert 0 < info.highest_hz <= rate / 2


def test_what_lies_above_a_network_s_range_is_measured_in_full() -> None:
    rate = 192_000
    time = np.arange(2 * rate) / rate
    ultrasound = (0.1 * np.sin(2 * np.pi * 40_000 * time)).astype(np.float32)
    data = wav_of(ultrasound + noise(0, 2.0, 0.001, rate), rate, "PCM_24")
    _, info = read_recording(io.BytesIO(data), sample_rate=44_100, top_hz=22_050)
    assert info.unheard_dbfs == pytest.approx(-23, abs=0.1)
    _, info = read_recording(io.BytesIO(data), sample_rate=192_000, top_hz=96_000)
    assert info.unheard_dbfs == -200


# One pass.


@pytest.mark.parametrize("channel", [0, 1, "mean", "loudest"])
@pytest.mark.parametrize("rate", [None, 8_000, 44_100])
def test_one_pass_gives_what_two_give(channel, rate) -> None:
    sound = np.stack([noise(0), noise(1, rms=0.1) + np.float32(0.1)], axis=1)
    data = wav_of(sound)
    clip, info = read_recording(io.BytesIO(data), name="x", channel=channel, sample_rate=rate)
    alone = read_clip(io.BytesIO(data), name="x", channel=channel, sample_rate=rate)
    apart = inspect(io.BytesIO(data), name="x", channel=channel)
    assert clip.sha256 == alone.sha256
    assert (info.warnings, info.rms_dbfs, info.highest_hz, info.channel) == (
        apart.warnings, apart.rms_dbfs, apart.highest_hz, apart.channel,
    )  # fmt: skip
