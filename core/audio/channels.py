"""Which channel of a recording is heard, and what the others hold that is not."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from core.audio.source import AudioSource, Channel
from core.errors import SettingError
from core.runtime.time_words import time_text
from core.types import Float32Array, Float64Array

ChannelChoice = Channel | Literal["loudest"]

# In all, and in a tenth of a second: wind and near sources differ more from moment to moment.
LOUDER_DB, LOUDER_MOMENT_DB = 10.0, 12.0
ANTIPHASE_CORRELATION = -0.8
_WINDOW_SECONDS = 0.1
_QUIETEST = 1e-10  # in power: -100 dBFS
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def channel_choice(text: str) -> ChannelChoice:
    """Read a channel that a person, a record or a file names.

    Args:
        text: a number from 0, “mean” or “loudest”

    Returns:
        The channel.

    Raises:
        SettingError: it is none of them.

    >>> channel_choice("1"), channel_choice("mean")
    (1, 'mean')
    """
    if text == "mean":
        return "mean"
    if text == "loudest":
        return "loudest"
    if text.isdecimal() and len(text) < 6:
        return int(text)
    raise SettingError(f"A channel is a number from 0, mean or loudest, not “{text}”.")


def heard_channel(source: AudioSource, choice: ChannelChoice) -> Channel:
    """Find the channel that a choice means in one recording.

    “loudest” is the channel of the highest RMS about its mean; of several channels it costs reading
    the recording once more.

    Args:
        source: the recording, open
        choice: a number from 0, “mean” or “loudest”

    Returns:
        A number from 0, or “mean”; the number may be of no channel.

    Raises:
        AudioError: the recording cannot be read.
    """
    if choice != "loudest":
        return choice
    if source.n_channels == 1:
        return 0
    levels = ChannelLevels(source.sample_rate, source.n_channels, 0)
    for frames in source.frames():
        levels.add(frames)
    return int(levels.powers.argmax())


def channel_ordinal(channel: int) -> str:
    """Name a channel in a sentence, where some count from 0 and others from 1.

    Args:
        channel: its number from 0

    Returns:
        An ordinal number.

    >>> channel_ordinal(1), channel_ordinal(11)
    ('second', '12th')
    """
    return _ORDINALS[channel] if channel < len(_ORDINALS) else f"{channel + 1}th"


class ChannelLevels:
    """Levels of all channels, and what is on others and not on the one that is heard.

    Args:
        sample_rate: in Hz
        n_channels: of the recording
        heard: the channel that is heard
    """

    def __init__(self, sample_rate: int, n_channels: int, heard: Channel) -> None:
        self._heard = heard
        self._window = max(1, round(_WINDOW_SECONDS * sample_rate))
        self._sample_rate = sample_rate
        self._n = 0
        self._sums = np.zeros(n_channels)
        self._squares = np.zeros(n_channels)
        self._products = 0.0
        self._mean_squares = 0.0
        self._loudest_moment = (0.0, 0, 0.0)

    def add(self, frames: Float32Array) -> None:
        """Take the next samples.

        Args:
            frames: [n, channel]; what is no number counts as 0
        """
        # Each channel's samples side by side: ten times as fast.
        channels = np.ascontiguousarray(frames.T)
        sums = np.einsum("cn->c", channels)
        if not np.isfinite(sums).all():
            channels = np.nan_to_num(channels, nan=0.0, posinf=0.0, neginf=0.0)
            sums = np.einsum("cn->c", channels)
        n_channels, n = channels.shape
        n_windows, length = max(1, n // self._window), min(self._window, n)
        whole = channels[:, : n_windows * length].reshape(n_channels, n_windows, length)
        powers = np.einsum("cwn,cwn->wc", whole, whole).astype(np.float64)
        rest = channels[:, n_windows * length :]
        self._sums += sums
        self._squares += powers.sum(axis=0) + np.einsum("cn,cn->c", rest, rest)
        if n_channels == 2:
            self._products += float(np.dot(channels[0], channels[1]))
        if self._heard == "mean":
            mean = np.einsum("cn->n", channels) / n_channels
            self._mean_squares += float(np.dot(mean, mean))
        else:
            self._compare(powers / length, self._heard)
        self._n += n

    def _compare(self, powers: Float64Array, heard: int) -> None:
        # The window in which another channel is farthest above the heard one, quiet ones left out.
        ratios = powers / np.maximum(powers[:, [heard]], _QUIETEST)
        usual = self._squares / max(self._n + 1, 1)
        ratios[powers < np.maximum(np.minimum(usual, powers.max(axis=0)), _QUIETEST)] = 0.0
        place, channel = np.unravel_index(int(ratios.argmax()), ratios.shape)
        if ratios[place, channel] > self._loudest_moment[0]:
            at_s = (self._n + int(place) * self._window) / self._sample_rate
            self._loudest_moment = (float(ratios[place, channel]), int(channel), at_s)

    @property
    def powers(self) -> Float64Array:
        """Mean square of each channel about its mean, [channel]."""
        n = max(self._n, 1)
        return np.asarray(np.maximum(self._squares / n - np.square(self._sums / n), 0.0))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences on channels that cancel each other, or that are louder than the heard one."""
        if self._n == 0 or self._squares.size == 1:
            return ()
        return tuple(filter(None, (self._cancelling(), self._not_heard())))

    def _cancelling(self) -> str:
        powers = self.powers
        usual, n_channels = float(powers.mean()), powers.size
        if usual < _QUIETEST:
            return ""
        if n_channels == 2:
            product = self._products / self._n - float(np.prod(self._sums / self._n))
            correlation = product / max(math.sqrt(float(powers.prod())), _QUIETEST)
            in_mean = (usual + product) / 2
            if correlation > ANTIPHASE_CORRELATION or float(powers.min()) < _QUIETEST:
                return ""
            who = "The two channels are in antiphase and cancel"
        else:
            in_mean = self._mean_squares / self._n - float((self._sums / self._n).mean()) ** 2
            # Of independent channels the mean has the n-th part of their power.
            limit = (1 + ANTIPHASE_CORRELATION) * usual / n_channels
            if self._heard != "mean" or in_mean > limit:
                return ""
            who = f"The {n_channels} channels cancel"
        quieter_db = min(10 * math.log10(usual / max(in_mean, 1e-20)), 99.0)
        return (
            f"{who} each other in their mean, which is {quieter_db:.0f} dB quieter than they are; "
            "use one channel, not the mean."
        )

    def _not_heard(self) -> str:
        if self._heard == "mean":
            return ""
        powers = self.powers
        heard = max(float(powers[self._heard]), _QUIETEST)
        loudest = int(powers.argmax())
        louder_db = 10 * math.log10(max(float(powers[loudest]), _QUIETEST) / heard)
        only = f"Only the {channel_ordinal(self._heard)} of {powers.size} channels is heard here"
        if louder_db >= LOUDER_DB:
            return f"{only}; the {channel_ordinal(loudest)} is {louder_db:.0f} dB louder."
        ratio, channel, at_s = self._loudest_moment
        if ratio < 10 ** (LOUDER_MOMENT_DB / 10):
            return ""
        return (
            f"{only}; at {time_text(at_s)} the {channel_ordinal(channel)} is "
            f"{10 * math.log10(ratio):.0f} dB louder."
        )
