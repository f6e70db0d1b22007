"""EnvMix: anomalous events mixed into normal recordings at a known place and signal-to-noise ratio.

Vision to Sound, section 3.1, with the convention of the DCASE 2017 rare-event synthesiser that it
cites: the SNR holds over the event's region (or, where asked for, over the whole clip), its onset
is uniform where it fits, and one factor keeps the whole mix from clipping.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from core.errors import DataSetError, SettingError
from core.spectral.spectrogram import SpectrogramSettings, mel_filter_bank, stft
from core.types import Clip, Float32Array, Float64Array

SnrOver = Literal["event", "clip"]

SHORTEST_EVENT_SECONDS = 1.0
LONGEST_EVENT_SECONDS = 2.5
ACTIVE_DB = 30.0
SILENT_SHARE = 0.01
MOST_DRAWS = 100
# A stem counts as missing sound where the background undoes at least this share of it.
TAKEN_AWAY = 0.5


@dataclass(frozen=True, eq=False)
class Mix:
    """A normal clip with one event in it, and the truth about the event.

    Attributes:
        clip: The mix, [n] samples.
        event: The event as it is in the mix, [n] float32: scaled, in place, zeros elsewhere.
        background: The normal clip as it is in the mix, [n] float32.
        start_s: Where the event begins, in seconds.
        end_s: Where it ends, in seconds.
        snr_db: The signal-to-noise ratio in dB; None of a fault as loud as it was made.
        gain: What the event was multiplied by.
    """

    clip: Clip
    event: Float32Array
    background: Float32Array
    start_s: float
    end_s: float
    snr_db: float | None
    gain: float

    def stem_power(self, settings: SpectrogramSettings) -> Float64Array:
        """Compute the event's mel power: what the ground truth is cut from.

        Args:
            settings: The front end of the map that is judged.

        Returns:
            Power [freq, time] on the axes of that map.
        """
        power = stft(torch.from_numpy(self.event), settings).abs().square()
        mel_power: Float64Array = (mel_filter_bank(settings).T @ power).double().numpy()
        return mel_power

    def columns(self, settings: SpectrogramSettings) -> slice:
        """Find the spectrogram's columns whose centres lie within the event.

        Args:
            settings: The front end of the map that is judged.

        Returns:
            The columns, at least one.
        """
        first = int(np.ceil(self.start_s / settings.hop_seconds))
        last = int(np.floor(self.end_s / settings.hop_seconds))
        return slice(first, max(first + 1, last + 1))


def trim(clip: Clip) -> Float32Array:
    """Cut the event out of a clip, without the silence that many clips are padded with.

    It runs from the first to the last 20 ms frame within 30 dB of the loudest one; where that is
    longer than 2.5 s, it is the 2.5 s of most energy; where it is shorter than 1 s, 1 s.

    Args:
        clip: The clip with the event.

    Returns:
        The samples [m] of the event, 1 to 2.5 s long, or all of a shorter clip.
    """
    rate = clip.sample_rate
    frame = round(0.02 * rate)
    n_frames = clip.samples.size // frame
    energy = np.square(clip.samples[: n_frames * frame], dtype=np.float64).reshape(n_frames, frame)
    energy = energy.sum(axis=1)
    active = np.flatnonzero(energy > energy.max() * 10.0 ** (-ACTIVE_DB / 10.0))
    start, stop = (int(active[0]), int(active[-1]) + 1) if active.size else (0, n_frames)
    longest = round(LONGEST_EVENT_SECONDS * rate / frame)
    if stop - start > longest:
        window = np.convolve(energy[start:stop], np.ones(longest), mode="valid")
        start += int(window.argmax())
        stop = start + longest
    shortest = round(SHORTEST_EVENT_SECONDS * rate / frame)
    stop = min(n_frames, max(stop, start + shortest))
    return clip.samples[start * frame : stop * frame]


def mix(normal: Clip, event: Clip, snr_db: float, *, seed: int, snr_over: SnrOver = "event") -> Mix:
    """Mix the event of one clip into a normal clip.

    gain = 10^(snr / 20) * rms(background) / rms(event). Where the background is digitally silent
    (some clips are padded) the event would be silent too, so the onset is drawn again there; a
    clip that is silent nearly throughout gives its own rms.

    Args:
        normal: The normal clip.
        event: The clip with the event, which is trimmed.
        snr_db: The signal-to-noise ratio in dB.
        seed: What the onset is drawn from, together with both clips.
        snr_over: Where the ratio holds: over "event" both levels are measured where the event
            lies, over "clip" throughout, the event's silence included.

    Returns:
        The mix and its stems.

    Raises:
        DataSetError: one of the two is silent, so no SNR can hold.
        SettingError: `snr_over` is neither "event" nor "clip".
    """
    if snr_over not in get_args(SnrOver):
        raise SettingError(f"An SNR holds over the event or the clip, not over “{snr_over}”.")
    trimmed = trim(event)[: normal.samples.size]
    whole_rms, event_rms = _rms(normal.samples), _rms(trimmed)
    for clip, level in ((normal, whole_rms), (event, event_rms)):
        if level == 0.0:
            raise DataSetError(f"“{clip.name}” is silent, so it cannot be mixed; leave it out.")
    drawn = f"{seed}:{normal.sha256}:{event.sha256}".encode()
    # Drawn from the clips, not from a running generator: adding a class moves no other onset.
    generator = np.random.default_rng(int.from_bytes(hashlib.sha256(drawn).digest()[:8], "big"))
    for _ in range(MOST_DRAWS):
        onset = int(generator.integers(0, normal.samples.size - trimmed.size + 1))
        under = slice(onset, onset + trimmed.size)
        background_rms = _rms(normal.samples[under])
        if background_rms > SILENT_SHARE * whole_rms:
            break
    else:
        background_rms = whole_rms
    if snr_over == "clip":
        background_rms = whole_rms
        event_rms *= (trimmed.size / normal.samples.size) ** 0.5
    gain = 10.0 ** (snr_db / 20.0) * background_rms / event_rms
    stem = np.zeros_like(normal.samples)
    stem[under] = gain * trimmed
    times = (onset / normal.sample_rate, (onset + trimmed.size) / normal.sample_rate)
    return _mixed(normal, stem, times, snr_db, gain, f"{normal.name} + {event.name}")


def mix_stem(
    normal: Clip,
    stem: Float32Array,
    times: tuple[tuple[float, float], ...],
    snr_db: float | None,
    name: str,
) -> Mix:
    """Mix a normal clip with a stem that lies in place already, such as a made machine's fault.

    A stem that takes sound away (a missed stroke) is never made louder: no more can be missing
    than there was.

    Args:
        normal: The normal clip, [n] samples.
        stem: What is added, [n].
        times: Start and end in seconds of each part that sounds.
        snr_db: The signal-to-noise ratio over those parts, in dB; None leaves the stem as loud as
            it is.
        name: The mix's name, to which the ratio is added.

    Returns:
        The mix and its stems.

    Raises:
        DataSetError: the clip or the stem is silent there.
    """
    sounding = np.zeros(stem.size, dtype=np.bool_)
    for start_s, end_s in times:
        sounding[round(start_s * normal.sample_rate) : round(end_s * normal.sample_rate)] = True
    under, event = normal.samples[sounding], stem[sounding]
    if not under.any() or not event.any():
        raise DataSetError(f"“{name}” is silent where its anomaly should be; leave it out.")
    gain = 1.0
    if snr_db is not None:
        gain = 10.0 ** (snr_db / 20.0) * _rms(under) / _rms(event)
        if float(under @ event) < -TAKEN_AWAY * float(event @ event):
            gain = min(gain, 1.0)
    return _mixed(normal, gain * stem, (times[0][0], times[-1][1]), snr_db, gain, name)


def _mixed(
    normal: Clip,
    stem: Float32Array,
    times: tuple[float, float],
    snr_db: float | None,
    gain: float,
    name: str,
) -> Mix:
    mixed = normal.samples + stem
    scale = min(1.0, 0.999 / max(float(np.abs(mixed).max()), 1e-12))
    at = "as made" if snr_db is None else f"at {snr_db:g} dB"
    return Mix(
        clip=Clip.from_samples(mixed * scale, normal.sample_rate, f"{name} {at}"),
        event=(stem * scale).astype(np.float32),
        background=(normal.samples * scale).astype(np.float32),
        start_s=times[0],
        end_s=times[1],
        snr_db=snr_db,
        gain=gain * scale,
    )


def _rms(samples: Float32Array) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
