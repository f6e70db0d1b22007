"""Reading recordings: any file that soundfile reads becomes a `Clip`.

Reading goes by blocks: of a long file of many channels no more is held than the one channel asked
for, at the rate asked for, and a block; of a `SoundStream` not even that channel.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from core.audio.channels import ChannelChoice, heard_channel
from core.audio.checks import ClipInfo, Inspection
from core.audio.limits import HOURS, SAMPLES, most_hours, most_samples
from core.audio.source import AudioSource, Channel
from core.audio.stream import SoundStream
from core.errors import AudioError, SettingError
from core.types import SHORTEST_CLIP_SECONDS, Clip, Float32Array

# From here on a recording is scored as a stream.
LONGEST_WHOLE_SECONDS = 120.0
_MOST_AT_ONCE = 2**18
_FIRST_BUFFER_SECONDS = 600  # a header may promise more than the file holds


def read_clip(
    path: Path | BinaryIO,
    *,
    name: str | None = None,
    channel: ChannelChoice = 0,
    sample_rate: int | None = None,
    start_seconds: float = 0.0,
    stop_seconds: float | None = None,
) -> Clip:
    """Read one channel of a recording, or a stretch of it.

    Samples of float files beyond full scale are clipped to it. A file cut short gives what it
    holds.

    Args:
        path: the file
        name: what the clip is called, by default as the file
        channel: its number from 0, "mean" for the mean of all, or "loudest" for the one of the
            highest RMS
        sample_rate: in Hz, for a clip that is resampled as it is read, to
            round(n * sample_rate / native rate) samples; by default the file's own
        start_seconds: where the stretch begins
        stop_seconds: where it ends, by default with the file

    Returns:
        The clip.

    Raises:
        AudioError: the recording cannot be used; the sentence names it.
        SettingError: the sample rate or the stretch asked for makes no sense.
    """
    if sample_rate is not None:
        _check_rate(sample_rate)
    if start_seconds < 0 or (stop_seconds is not None and stop_seconds <= start_seconds):
        raise SettingError(
            f"The stretch from {start_seconds} s to {stop_seconds} s is empty or before 0 s."
        )
    with AudioSource(path, name) as source:
        return _read(
            source, heard_channel(source, channel), sample_rate, start_seconds, stop_seconds
        )


def read_recording(
    path: Path | BinaryIO,
    *,
    name: str | None = None,
    channel: ChannelChoice = 0,
    sample_rate: int | None = None,
    top_hz: float | None = None,
) -> tuple[Clip, ClipInfo]:
    """Read a whole recording and inspect it, in one pass.

    Args:
        path: the file
        name: what it is called, by default as the file
        channel: its number from 0, "mean" or "loudest"
        sample_rate: in Hz, for a clip that is resampled as it is read; by default the file's own
        top_hz: the highest frequency that a network hears; what lies above it is measured

    Returns:
        The clip, and what was found of the recording; without a hash: the clip has one.

    Raises:
        AudioError: the recording cannot be used; the sentence names it.
        SettingError: the sample rate asked for makes no sense.
    """
    if sample_rate is not None:
        _check_rate(sample_rate)
    with AudioSource(path, name) as source:
        inspection = Inspection(source, heard_channel(source, channel), top_hz)
        clip = _read(source, inspection.channel, sample_rate, watch=inspection.add)
        return clip, inspection.info()


def read_or_stream(
    path: Path | BinaryIO,
    *,
    name: str | None = None,
    channel: ChannelChoice = 0,
    sample_rate: int | None = None,
    top_hz: float | None = None,
    most_seconds: float = LONGEST_WHOLE_SECONDS,
) -> tuple[Clip | SoundStream, Callable[[], ClipInfo]]:
    """Read a short recording whole, and of a long one give a stream, in memory for two minutes.

    Args:
        path: the file; it stays open while there is more of the stream
        name: what it is called, by default as the file
        channel: its number from 0, "mean" or "loudest"
        sample_rate: in Hz, to which it is resampled as it is read; by default the file's own
        top_hz: the highest frequency that a network hears; what lies above it is measured
        most_seconds: the longest recording that is read whole

    Returns:
        The sound, and what says what was found of it, of a stream once it has passed.

    Raises:
        AudioError: the recording cannot be used; the sentence names it. A stream raises it where
            it comes to that place.
        SettingError: the sample rate asked for makes no sense.
    """
    if sample_rate is not None:
        _check_rate(sample_rate)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(AudioSource(path, name))
        inspection = Inspection(source, heard_channel(source, channel), top_hz)
        rate = sample_rate or source.sample_rate
        blocks = _blocks(source, inspection.channel, rate, watch=inspection.add)
        found, first, n = [inspection.begun], [], 0
        for block in blocks:
            first.append(block)
            n += block.size
            if n > most_seconds * rate:
                break
        else:
            samples = np.concatenate([*first, np.zeros(0, np.float32)])
            found[0] = inspection.info()
            return _clip(source, samples, rate), lambda: found[0]
        opened = stack.pop_all()

    def passing() -> Iterator[Float32Array]:
        with opened:
            try:
                yield from first
                first.clear()
                yield from blocks
            finally:
                # While the file is open: how it ends is a part of it.
                found[0] = inspection.info()

    expected = min(max(source.n_frames / source.sample_rate, n / rate), 3600 * most_hours())
    return SoundStream(passing(), rate, source.name, expected), lambda: found[0]


def _read(
    source: AudioSource,
    channel: Channel,
    sample_rate: int | None,
    start_seconds: float = 0.0,
    stop_seconds: float | None = None,
    watch: Callable[[Float32Array, Float32Array], None] | None = None,
) -> Clip:
    start = round(start_seconds * source.sample_rate)
    stop = None if stop_seconds is None else round(stop_seconds * source.sample_rate)
    rate = sample_rate or source.sample_rate
    n_expected = min(source.n_frames, source.n_frames if stop is None else stop) - start
    n_expected = min(n_expected, _FIRST_BUFFER_SECONDS * source.sample_rate)
    try:
        samples = _joined(
            _not_too_many(_blocks(source, channel, rate, start, stop, watch), source, rate),
            round(n_expected * rate / source.sample_rate),
        )
    except MemoryError:
        raise AudioError(
            f"“{source.shown}” is too long for the memory there is; read a stretch of it."
        ) from None
    if start and not samples.size:
        seconds = source.n_frames / source.sample_rate
        raise AudioError(
            f"“{source.shown}” lasts {seconds:.3f} s; it cannot be read from {start_seconds} s."
        )
    return _clip(source, samples, rate)


def _clip(source: AudioSource, samples: Float32Array, rate: int) -> Clip:
    seconds = samples.size / rate
    if seconds < SHORTEST_CLIP_SECONDS:
        raise AudioError(
            f"“{source.shown}” lasts {seconds:.3f} s; "
            f"a clip needs at least {SHORTEST_CLIP_SECONDS} s."
        )
    return Clip.from_samples(samples, rate, source.name)


def _blocks(
    source: AudioSource,
    channel: Channel,
    rate: int,
    start: int = 0,
    stop: int | None = None,
    watch: Callable[[Float32Array, Float32Array], None] | None = None,
) -> Iterator[Float32Array]:
    # One channel within -1..1 at a rate; of a recording that never ends no more than the hours set.
    def native() -> Iterator[Float32Array]:
        n, most = 0, most_hours() * 3600 * source.sample_rate
        for block in source.blocks(channel, start, stop, watch):
            n += block.size
            if n > most:
                raise AudioError(
                    f"“{source.shown}” is longer than {most_hours():g} hours; cut it into parts, "
                    f"or set {HOURS} to more."
                )
            yield np.clip(block, -1.0, 1.0)

    yield from _resampled(native(), source.sample_rate, rate)


def _not_too_many(
    blocks: Iterator[Float32Array], source: AudioSource, rate: int
) -> Iterator[Float32Array]:
    # What is held whole: 10 MB at 500 Hz are 2 GB at 44.1 kHz.
    n = 0
    for block in blocks:
        n += block.size
        if n > most_samples():
            raise AudioError(
                f"“{source.shown}” is too long to be held whole: at {rate:,} Hz it has more than "
                f"{most_samples():,} samples ({most_samples() / rate / 60:.0f} minutes). Cut it "
                f"into parts, or set {SAMPLES} to more."
            )
        yield block


def _check_rate(sample_rate: int) -> None:
    if sample_rate <= 0:
        raise SettingError(f"A sample rate must be positive, not {sample_rate} Hz.")


def _resampled(
    blocks: Iterator[Float32Array], native_rate: int, sample_rate: int
) -> Iterator[Float32Array]:
    # The same sound at another rate, in blocks; equal to resampling it in one go.
    if native_rate == sample_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(native_rate, sample_rate, 1, dtype="float32", quality="HQ")
    n_in = n_out = 0
    # A block at 500 Hz would be one of 90 MB at 44.1 kHz.
    at_once = max(1, _MOST_AT_ONCE * native_rate // max(native_rate, sample_rate))
    for block in blocks:
        n_in += block.size
        for start in range(0, block.size, at_once):
            out = stream.resample_chunk(block[start : start + at_once])
            n_out += out.size
            yield np.clip(out, -1.0, 1.0)
    tail = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    n_left = max(round(n_in * sample_rate / native_rate) - n_out, 0)
    yield np.clip(tail[:n_left], -1.0, 1.0)
    if tail.size < n_left:
        yield np.zeros(n_left - tail.size, np.float32)


def _joined(blocks: Iterator[Float32Array], n_expected: int) -> Float32Array:
    # All blocks in one array that grows in place, so that nothing is held twice.
    buffer = np.empty(max(n_expected, 1), np.float32)
    n = 0
    for block in blocks:
        if n + block.size > buffer.size:
            # No other reference to the buffer exists, so realloc is safe.
            buffer.resize(max(n + block.size, buffer.size * 5 // 4), refcheck=False)
        buffer[n : n + block.size] = block
        n += block.size
    buffer.resize(n, refcheck=False)
    return buffer


def resample(clip: Clip, sample_rate: int) -> Clip:
    """Resample a clip.

    Args:
        clip: the clip
        sample_rate: the new rate in Hz

    Returns:
        The clip at that rate, round(n * sample_rate / clip.sample_rate) samples long.

    Raises:
        SettingError: the rate is not positive.
    """
    _check_rate(sample_rate)
    if sample_rate == clip.sample_rate:
        return clip
    n = round(clip.samples.size * sample_rate / clip.sample_rate)
    blocks = _resampled(iter([clip.samples]), clip.sample_rate, sample_rate)
    return Clip.from_samples(_joined(blocks, n), sample_rate, clip.name)
