"""Every awkward audio file and ZIP a user may bring, written afresh into a folder.

`write_bad_files` gives small ones by a short key. Those of `USABLE` are odd but sound: they must
be read. The others must be refused with one sentence that names the file. `write_long_file`
makes the one-hour recording only where it is asked for.
"""

from __future__ import annotations

import errno
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

RATE = 16_000
LONG_NAME = "n" * 296 + ".wav"  # 300 characters: fits a ZIP, but no file system
USABLE = frozenset(
    {
        "truncated",
        "over full scale",
        "zeros",
        "eight channels",
        "eight bit",
        "384 khz",
        "same name a",
        "same name b",
        "emoji name",
        "script name",
        "longest name",
    }
)


class BadCard(io.BytesIO):
    """A file on a card that cannot be read beyond some byte."""

    def __init__(self, data: bytes, n_good: int) -> None:
        super().__init__(data)
        self.n_good = n_good

    def read(self, size: int | None = -1, /) -> bytes:
        left = len(self.getbuffer()) - self.tell()
        if self.tell() + (left if size is None or size < 0 else min(size, left)) > self.n_good:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def tone(seconds: float = 1.0, sample_rate: int = RATE, seed: int = 0) -> NDArray[np.float32]:
    """A tone in noise at about -12 dBFS, [n]; another seed gives other noise."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    noise = np.random.default_rng(seed).normal(0.0, 0.02, time.size)
    return (0.25 * np.sin(2 * np.pi * 440 * time) + noise).astype(np.float32)


def wav_of(samples: NDArray[np.float32], sample_rate: int = RATE, subtype: str = "PCM_16") -> bytes:
    """The bytes of a WAV of [n] or [n, channel]."""
    buffer = io.BytesIO()
    sf.write(buffer, samples, sample_rate, format="WAV", subtype=subtype)
    return buffer.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    """The bytes of a compressed ZIP of these members, names kept as given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """A ZIP whose one member claims to be encrypted (flag bit 0 in both of its headers)."""
    data = bytearray(zip_of({"secret.wav": wav_of(tone())}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def bomb_zip() -> bytes:
    """About 64 KiB that unpack to 64 MiB of silence."""
    return zip_of(
        {"bomb.wav": wav_of(np.zeros(32 * 2**20, np.float32)), "good.wav": wav_of(tone())}
    )


def lying_bomb_zip() -> bytes:
    """A bomb whose headers declare 1,000 bytes."""
    data = bytearray(zip_of({"bomb.wav": wav_of(np.zeros(32 * 2**20, np.float32))}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(signature) + offset
        data[start : start + 4] = struct.pack("<I", 1_000)
    return bytes(data)


def write_bad_files(folder: Path) -> dict[str, Path]:
    """Writes them under `folder` (made where missing) and gives key -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    sound = tone()
    with_nan, with_inf = sound.copy(), sound.copy()
    with_nan[RATE // 2 : RATE // 2 + 3] = np.nan
    with_inf[RATE // 4] = np.inf
    eight = np.stack([tone(seed=k) * (k + 1) / 8 for k in range(8)], axis=1)
    whole = wav_of(tone(2.0))
    files: dict[str, tuple[str, bytes]] = {
        "empty": ("empty.wav", b""),
        "one sample": ("one_sample.wav", wav_of(sound[:1])),
        "no samples": ("no_samples.wav", wav_of(sound[:0])),
        "short": ("short_0.05_s.wav", wav_of(sound[: RATE // 20])),
        "zeros": ("zeros.wav", wav_of(np.zeros(RATE, np.float32))),
        "nan": ("nan.wav", wav_of(with_nan, subtype="FLOAT")),
        "infinity": ("infinity.wav", wav_of(with_inf, subtype="FLOAT")),
        "over full scale": ("over_full_scale.wav", wav_of(sound * 8, subtype="FLOAT")),
        "truncated": ("truncated.wav", whole[: len(whole) * 2 // 3]),
        "header only": ("header_only.wav", whole[:30]),
        "text": ("text.wav", b"This is not a recording, only a note renamed .wav.\n" * 20),
        "unreadable format": ("movie.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(64)),
        "eight channels": ("eight_channels.wav", wav_of(eight)),
        "eight bit": ("eight_bit.wav", wav_of(sound, subtype="PCM_U8")),
        "384 khz": ("384_khz.wav", wav_of(tone(0.5, 384_000), 384_000)),
        "same name a": ("a/same.wav", wav_of(tone(seed=1))),
        "same name b": ("b/same.wav", wav_of(tone(seed=2))),
        "emoji name": ("fan 🌀 läuft.wav", wav_of(tone(seed=3))),
        "script name": ("<img src=x onerror=alert(1)><script>.wav", wav_of(tone(seed=4))),
        "longest name": ("n" * 251 + ".wav", wav_of(tone(seed=5))),
        "long name zip": ("long_name.zip", zip_of({LONG_NAME: wav_of(tone(seed=6))})),
        "nested zip": (
            "nested.zip",
            zip_of({"inner.zip": zip_of({"a.wav": whole}), "good.wav": wav_of(sound)}),
        ),
        "outside zip": (
            "outside.zip",
            zip_of({"../x.wav": whole, "/x.wav": whole, "C:\\x.wav": whole, "good.wav": whole}),
        ),
        "bomb zip": ("bomb.zip", bomb_zip()),
        "lying bomb zip": ("lying_bomb.zip", lying_bomb_zip()),
        "encrypted zip": ("encrypted.zip", encrypted_zip()),
        "corrupt zip": ("corrupt.zip", zip_of({"a.wav": whole})[:-40]),
        "empty zip": ("empty.zip", zip_of({})),
        "no audio zip": ("no_audio.zip", zip_of({"notes.txt": b"no sound here"})),
    }
    paths: dict[str, Path] = {}
    for key, (name, data) in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        paths[key] = path
    return paths


def write_long_file(path: Path, hours: float = 1.0, n_channels: int = 1) -> Path:
    """A FLAC of low noise at 8 kHz, written a minute at a time."""
    random = np.random.default_rng(0)
    with sf.SoundFile(path, "w", 8_000, n_channels, subtype="PCM_16", format="FLAC") as sink:
        for _ in range(round(hours * 60)):
            sink.write(random.normal(0.0, 0.003, (8_000 * 60, n_channels)).astype(np.float32))
    return path
