"""Samples become a WAV file, or 16-bit numbers for a player."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from core.errors import AudioError, SettingError
from core.types import Float32Array


def wav_bytes(
    samples: NDArray[np.floating[Any]], sample_rate: int, subtype: str = "PCM_16"
) -> bytes:
    """Encode samples as a WAV file.

    Args:
        samples: [n] or [n, channel], cut to -1..1
        sample_rate: in Hz
        subtype: "PCM_16", which plays everywhere, "PCM_24", "FLOAT" or another of libsndfile's

    Returns:
        The file's bytes.

    Raises:
        AudioError: there are samples that are not numbers.
        SettingError: WAV does not have the subtype.
    """
    if not np.isfinite(samples).all():
        raise AudioError("The sound holds samples that are not numbers and cannot be written.")
    if not sf.check_format("WAV", subtype):
        raise SettingError(f"WAV has no subtype {subtype}; PCM_16, PCM_24 and FLOAT are common.")
    buffer = io.BytesIO()
    sf.write(buffer, np.clip(samples, -1.0, 1.0), sample_rate, format="WAV", subtype=subtype)
    return buffer.getvalue()


def scaled_pcm16(samples: Float32Array) -> tuple[NDArray[np.int16], float]:
    """Round samples to 16 bits that reach from the sound's own peak down.

    The full 16 bits go to each sound's own peak: what a map keeps is often 40 dB below the clip.

    Args:
        samples: [n]; what is no number counts as 0

    Returns:
        The numbers, [n], and the scale: a sample is its number times the scale.
    """
    finite = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(np.abs(finite).max(initial=0.0))
    scale = peak / 32767 if peak > 0 else 1.0
    return np.rint(finite / scale).astype(np.int16), scale
