"""Recordings whose sample rate is too low for a front end leave its highest mel bands empty."""

from __future__ import annotations

from collections.abc import Collection

from core.spectral.spectrogram import SpectrogramSettings


def n_empty_bands(settings: SpectrogramSettings, sample_rate: int) -> int:
    """Count the mel bands that lie wholly above what a recording of a sample rate can hold.

    >>> n_empty_bands(SpectrogramSettings(), 44_100)
    0

    Args:
        settings: the front end.
        sample_rate: the recording's own, in Hz.

    Returns:
        The number of bands.
    """
    # A band begins where the band below it has its centre.
    begins_hz = [settings.f_min_hz, *settings.freq_hz[:-1]]
    return sum(bool(hz >= sample_rate / 2) for hz in begins_hz)


def band_limit_warning(
    settings: SpectrogramSettings, sample_rates: Collection[int], backbone: str
) -> str | None:
    """Say which bands recordings of these rates leave empty.

    Args:
        settings: the front end.
        sample_rates: one entry a recording, its own rate in Hz before it is resampled.
        backbone: whose front end it is, for the sentence.

    Returns:
        A sentence; None if no band stays empty.
    """
    empty = {rate: n_empty_bands(settings, rate) for rate in set(sample_rates) if rate > 0}
    lowest = min((rate for rate, n in empty.items() if n), default=None)
    if lowest is None:
        return None
    n_low = sum(empty.get(rate, 0) > 0 for rate in sample_rates)
    n_bands = empty[lowest]
    who = "The recordings are" if n_low == len(sample_rates) else f"{n_low} of the recordings are"
    first_hz = settings.freq_hz[len(settings.freq_hz) - n_bands]
    said = (
        f"{who} at {lowest / 1000:g} kHz and hold nothing above {lowest / 2000:g} kHz, so "
        f"{n_bands} of the {settings.n_mels} mel bands of {backbone} stay empty, those from "
        f"{first_hz / 1000:.1f} kHz on."
    )
    if n_low == len(sample_rates):
        return f"{said} Score recordings of the same rate only: others would differ there."
    return f"{said} The others are not empty there: use recordings of one rate."
