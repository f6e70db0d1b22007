"""The spectrogram that each backbone was trained on, by the backbone's name."""

from __future__ import annotations

from functools import partial

from core.spectral.spectrogram import KALDI, YAMNET, SpectrogramSettings

_mel_64_decibels = partial(
    SpectrogramSettings,
    n_mels=64,
    f_min_hz=50.0,
    mel_scale="slaney",
    mel_norm="slaney",
    compression="decibel",
)
FRONT_ENDS: dict[str, SpectrogramSettings] = {
    "aisfx": SpectrogramSettings(),
    # MS-CLAP's configuration says an FFT of 1028, which its code does not use.
    "clap-cnn14": _mel_64_decibels(44_100, 1024, 320, f_max_hz=14_000.0),
    "panns-cnn14": _mel_64_decibels(32_000, 1024, 320, f_max_hz=14_000.0),
    "panns-cnn14-16k": _mel_64_decibels(16_000, 512, 160, f_max_hz=8_000.0),
    "panns-cnn10": _mel_64_decibels(32_000, 1024, 320, f_max_hz=14_000.0),
    "laion-htsat": _mel_64_decibels(48_000, 1024, 480, f_max_hz=14_000.0),
    "beats": KALDI,
    "beats-iter3plus": KALDI,
    "beats-small": KALDI,
    "yamnet": YAMNET,
}
"""The backbones whose spectrogram is known before their weights are here."""
