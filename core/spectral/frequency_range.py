"""Frequency ranges in words."""

from __future__ import annotations


def frequency_range(low_hz: float, high_hz: float) -> str:
    """Name a range of frequencies.

    >>> frequency_range(80, 240), frequency_range(300, 5200)
    ('80–240 Hz', '0.3–5.2 kHz')

    Args:
        low_hz: its lower edge.
        high_hz: its upper edge.

    Returns:
        The edges, in Hz where the upper is below 1 kHz and in kHz otherwise.
    """
    if high_hz < 1000:
        return f"{low_hz:.0f}–{high_hz:.0f} Hz"
    low_khz, high_khz = round(low_hz / 1000, 1), round(high_hz / 1000, 1)
    return f"{low_khz:g}–{high_khz:g} kHz"
