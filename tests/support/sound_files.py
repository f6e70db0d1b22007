"""Files of sound in every kind that can be written here, and what happens to files.

`KINDS` are written by libsndfile and by FFmpeg. What befalls a file is a function from bytes to
bytes: `cut`, `flipped`, `without`, `without_end_flag`; and `with_sizes` for what a recorder leaves
that was switched off.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

CASES = Path(__file__).parents[3] / "shared" / "cases"


def case(name: str) -> Path:
    """A file of ../shared/cases, where there is one."""
    path = CASES / name
    if not path.exists():
        pytest.skip(f"there is no {name} beside the repository")
    return path


@dataclass(frozen=True)
class Kind:
    """A kind of file: what writes it, and at which rates.

    `exact` says whether its samples come back as they were written, to the bits that it has, and
    `decoders` who reads a whole one.
    """

    name: str
    container: str
    codec: str
    by_ffmpeg: bool = False
    rates: tuple[int, ...] = (44_100, 16_000, 8_000)
    most_channels: int = 2
    bit_rate: int | None = None
    with_video: bool = False

    def write(self, sound: NDArray[np.float32], rate: int) -> bytes:
        """The bytes of a file of [n, channel]."""
        if self.by_ffmpeg:
            return _by_ffmpeg(self, sound, rate)
        file = io.BytesIO()
        with sf.SoundFile(
            file, "w", rate, sound.shape[1], format=self.container, subtype=self.codec
        ) as out:
            # In one go libsndfile's Vorbis and ALAC write beyond their memory.
            for start in range(0, len(sound), 4_000):
                out.write(sound[start : start + 4_000])
        return file.getvalue()


def _by_ffmpeg(kind: Kind, sound: NDArray[np.float32], rate: int) -> bytes:
    file = io.BytesIO()
    layout = ("mono", "stereo")[sound.shape[1] - 1]
    with av.open(file, "w", format=kind.container) as container:
        track = container.add_stream(kind.codec, rate=rate, layout=layout)
        context: Any = track.codec_context
        if kind.bit_rate:
            context.bit_rate = kind.bit_rate
        if kind.with_video:
            _add_pictures(container, len(sound) / rate)
        resampler = av.AudioResampler(
            format=context.format, layout=layout, rate=rate, frame_size=context.frame_size or 1_024
        )
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", layout)
        frame.sample_rate = rate
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(context.encode(part))
    return file.getvalue()


def _add_pictures(container: Any, seconds: float) -> None:
    track = container.add_stream("mpeg4", rate=5)
    track.width = track.height = 64
    track.pix_fmt = "yuv420p"
    picture = np.zeros((64, 64, 3), np.uint8)
    for _ in range(max(1, round(5 * seconds))):
        container.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
    container.mux(track.encode(None))


@cache
def sndfile_kinds() -> tuple[Kind, ...]:
    """Every format and subtype that libsndfile writes without more being said than a rate."""
    kinds = []
    for container in sf.available_formats():
        # RAW has no header; SD2 writes a second file; SDS is refused; writing ALAC overruns
        # libsndfile's memory.
        if container in ("RAW", "SD2", "SDS"):
            continue
        for codec in sf.available_subtypes(container):
            if codec.startswith("ALAC"):
                continue
            rates = (48_000, 16_000) if codec == "OPUS" else (44_100, 16_000, 8_000)
            for n_channels in (2, 1):
                kind = Kind(f"{container}, {codec}", container, codec, False, rates, n_channels)
                try:
                    kind.write(np.zeros((4_000, n_channels), np.float32), rates[0])
                except sf.LibsndfileError:
                    continue
                kinds.append(kind)
                break
    return tuple(kinds)


FFMPEG_KINDS = (
    Kind("M4A, AAC", "ipod", "aac", True),
    Kind("M4A, ALAC", "ipod", "alac", True),
    Kind("MP4 with a picture, AAC", "mp4", "aac", True, with_video=True),
    Kind("MOV, 16 bits", "mov", "pcm_s16le", True),
    Kind("3GP, AMR", "3gp", "libopencore_amrnb", True, (8_000,), 1),
    Kind("AAC (ADTS)", "adts", "aac", True),
    Kind("WMA", "asf", "wmav2", True, (44_100,), 2, 96_000),
    Kind("WMV with a picture, WMA", "asf", "wmav2", True, (44_100,), 2, 96_000, with_video=True),
    Kind("WebM, Opus", "webm", "libopus", True, (48_000,)),
    Kind("MKV with a picture, AAC", "matroska", "aac", True, with_video=True),
    Kind("MKA, MP3", "matroska", "libmp3lame", True),
    Kind("AVI with a picture, MP3", "avi", "libmp3lame", True, (44_100,), with_video=True),
    Kind("AVI, 16 bits", "avi", "pcm_s16le", True),
    Kind("MPEG, MP2", "mpeg", "mp2", True, (44_100,), with_video=True),
    Kind("AC-3", "ac3", "ac3", True, (48_000, 44_100)),
    Kind("AMR", "amr", "libopencore_amrnb", True, (8_000,), 1),
    Kind("CAF, ALAC", "caf", "alac", True),
    Kind("MP2", "mp2", "mp2", True, (44_100, 16_000)),
    Kind("WAV, MP3", "wav", "libmp3lame", True, (44_100,)),
    Kind("WAV, G.722", "wav", "adpcm_g722", True, (16_000,), 1),
)


def varied(n: int, rate: int, n_channels: int = 1, seed: int = 0) -> NDArray[np.float32]:
    """A sound that is nowhere like elsewhere, [n, channel]: rising tones in noise."""
    random = np.random.default_rng(seed)
    time = np.arange(n)[:, None] / rate
    pitch = 200 + 50 * np.arange(n_channels) + 40 * time
    sound = 0.3 * np.sin(2 * np.pi * pitch * time) + 0.01 * random.normal(size=(n, n_channels))
    return sound.astype(np.float32)


def cut(data: bytes, share: float) -> bytes:
    """The first bytes of a file."""
    return data[: max(1, round(len(data) * share))]


def flipped(data: bytes, share: float, bit: int = 3) -> bytes:
    """A file with one bit that is wrong."""
    damaged = bytearray(data)
    damaged[min(round(len(data) * share), len(data) - 1)] ^= 1 << bit
    return bytes(damaged)


def without(data: bytes, share: float, n_bytes: int) -> bytes:
    """A file that lacks some bytes in the middle, as a dropped block of a transfer."""
    start = round(len(data) * share)
    return data[:start] + data[start + n_bytes :]


def zeroed(data: bytes, share: float, n_bytes: int) -> bytes:
    """A file with zeros instead of some bytes, as a sector that was never written."""
    start = round(len(data) * share)
    return data[:start] + bytes(len(data[start : start + n_bytes])) + data[start + n_bytes :]


def without_end_flag(data: bytes) -> bytes:
    """An Ogg file whose last page is not marked as the last, with a checksum that is right."""
    start = data.rindex(b"OggS")
    page = bytearray(data[start:])
    page[5] &= ~4
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", _ogg_checksum(page))
    return data[:start] + bytes(page)


def _ogg_checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C1_1DB7 if value >> 31 else 0)) & 0xFFFF_FFFF
    return value


def flac_of_unknown_length(data: bytes) -> bytes:
    """A FLAC whose header does not say how many samples there are: a stream, RFC 9639 8.2."""
    header = bytearray(data)
    header[8 + 13] &= 0xF0
    header[8 + 14 : 8 + 18] = bytes(4)
    return bytes(header)


def mp3_without_header(data: bytes) -> bytes:
    """An MP3 without its first frame, which holds the Xing header."""
    frames = data.index(b"Xing") if b"Xing" in data else data.index(b"Info")
    second = data.index(data[:2], frames)
    return data[second:]


SIZES: dict[str, tuple[Callable[[bytes], int], str]] = {
    # Where the size of the sound is, and what it is like.
    "WAV": (lambda data: data.index(b"data") + 4, "<I"),
    "WAVEX": (lambda data: data.index(b"data") + 4, "<I"),
    "RF64": (lambda data: data.index(b"ds64") + 16, "<Q"),
    "W64": (lambda data: data.index(b"data") + 16, "<Q"),
    "AIFF": (lambda data: data.index(b"SSND") + 4, ">I"),
    "AU": (lambda data: 8, ">I"),
    "CAF": (lambda data: data.index(b"data") + 4, ">Q"),
}
WHOLE_SIZES = {"WAV": (4, "<I"), "WAVEX": (4, "<I"), "W64": (16, "<Q"), "AIFF": (4, ">I")}


def with_sizes(
    data: bytes, container: str, size: int | str, whole: int | str | None = None
) -> bytes:
    """A file with other sizes of its sound and of itself; a word stands for all bits set."""
    changed = bytearray(data)
    places = {SIZES[container][0](data): (SIZES[container][1], size)}
    if whole is not None and container in WHOLE_SIZES:
        at, form = WHOLE_SIZES[container]
        places[at] = (form, whole)
    for at, (form, value) in places.items():
        number = 2 ** (8 * struct.calcsize(form)) - 1 if isinstance(value, str) else value
        struct.pack_into(form, changed, at, number)
    return bytes(changed)
