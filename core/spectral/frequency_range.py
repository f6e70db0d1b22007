"""Frequency ranges in words."""

from __future__ import annotations


def frequency_range(low_hz: float, high_hz: float) -> str:
    """Name a range of frequencies.

    >>> frequency_range(80, 240), frequency_range(300, 5200), frequency_range(26, 9800)
    ('80–240 Hz', '0.3–5.2 kHz', '26 Hz–9.8 kHz')
    >>> frequency_range(1010, 1040), frequency_range(1000, 1000)
    ('1.01–1.04 kHz', '1 kHz')

    Args:
        low_hz: its lower edge.
        high_hz: its upper edge.

    Returns:
        The edges, in Hz where the upper is below 1 kHz and in kHz otherwise, with more digits where
        they would look equal; one of them where no digit tells them apart.
    """
    size, unit, digits = (1000, "kHz", 1) if high_hz >= 1000 else (1, "Hz", 0)
    if unit == "kHz" and 0.5 <= low_hz < 100:
        return f"{low_hz:.0f} Hz–{_rounded(high_hz / size, digits)} {unit}"
    for more in range(digits, digits + 3):
        low, high = _rounded(low_hz / size, more), _rounded(high_hz / size, more)
        if low != high:
            return f"{low}–{high} {unit}"
    return f"{_rounded(high_hz / size, digits)} {unit}"


def _rounded(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def place_in_spectrum(low_hz: float, high_hz: float, spectrum_hz: tuple[float, float]) -> str:
    """Say where in a spectrum a range of frequencies lies.

    >>> place_in_spectrum(0, 184, (0, 22050)), place_in_spectrum(5664, 22050, (0, 22050))
    ('below 184 Hz', 'above 5.7 kHz')
    >>> place_in_spectrum(358, 710, (0, 22050)), place_in_spectrum(0, 22050, (0, 22050))
    ('at 358–710 Hz', 'at all frequencies')

    Args:
        low_hz: the range's lower edge.
        high_hz: its upper edge.
        spectrum_hz: the edges of the whole spectrum.

    Returns:
        A clause that follows what happens there.
    """
    from_bottom, to_top = low_hz <= spectrum_hz[0], high_hz >= spectrum_hz[1]
    if from_bottom and to_top:
        return "at all frequencies"
    if from_bottom:
        return f"below {_hertz(high_hz)}"
    if to_top:
        return f"above {_hertz(low_hz)}"
    return f"at {frequency_range(low_hz, high_hz)}"


def _hertz(hz: float) -> str:
    return f"{hz:.0f} Hz" if hz < 1000 else f"{round(hz / 1000, 1):g} kHz"
