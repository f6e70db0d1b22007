"""Checkpoints laid out as they were published, with random weights: names, shapes, companions."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import torch
from torch import Tensor

from core.backbones import registry
from core.backbones.weights import catalogue
from core.spectral.spectrogram import SpectrogramSettings

N_DRAWN = 4


def cnn_state(
    settings: SpectrogramSettings, n_blocks: int, seed: int, prefix: str = ""
) -> dict[str, Tensor]:
    """The state of PANNs' Cnn14 (6 blocks) or Cnn10 (4): front end, blocks, and two dense layers.

    Weights keep the size of the signal, and normalisations differ from channel to channel; what no
    map is made of (blocks 5 and 6, the dense layers) is zero.
    """
    generator = torch.Generator().manual_seed(seed)
    n_bins = settings.n_fft // 2 + 1
    state: dict[str, Tensor] = {}
    # Fourier matrix times window, as torchlibrosa makes its convolutions.
    matrix = np.exp(
        -2j * np.pi * np.outer(np.arange(n_bins), np.arange(settings.n_fft)) / settings.n_fft
    )
    windowed = matrix * librosa.filters.get_window("hann", settings.n_fft, fftbins=True)
    state["spectrogram_extractor.stft.conv_real.weight"] = torch.tensor(windowed.real)[
        :, None
    ].float()
    state["spectrogram_extractor.stft.conv_imag.weight"] = torch.tensor(windowed.imag)[
        :, None
    ].float()
    filters = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        n_mels=settings.n_mels,
        fmin=settings.f_min_hz,
        fmax=settings.f_max_hz,
    )
    state["logmel_extractor.melW"] = torch.tensor(filters.T).contiguous()
    state |= _normalisation("bn0", settings.n_mels, generator)
    # A trained bn0 brings decibels to about one.
    state["bn0.running_mean"] = state["bn0.running_mean"] * 5.0 - 40.0
    state["bn0.running_var"] = state["bn0.running_var"] * 200.0
    n_in = 1
    for block in range(1, n_blocks + 1):
        n_out = 32 * 2**block
        for i, n_from in ((1, n_in), (2, n_out)):
            shape, name = (n_out, n_from, 3, 3), f"conv_block{block}"
            if block <= N_DRAWN:
                weight = torch.randn(shape, generator=generator) * (2.0 / (9 * n_from)) ** 0.5
            else:
                # Of the published shape, and a few bytes in the file.
                weight = torch.zeros(1).expand(shape)
            state[f"{name}.conv{i}.weight"] = weight
            state |= _normalisation(f"{name}.bn{i}", n_out, generator)
        n_in = n_out
    for name, n_out in (("fc1", n_in), ("fc_audioset", 527)):
        state[f"{name}.weight"] = torch.zeros(1).expand(n_out, n_in)
        state[f"{name}.bias"] = torch.zeros(n_out)
    return {f"{prefix}{name}": values for name, values in state.items()}


def _normalisation(name: str, n: int, generator: torch.Generator) -> dict[str, Tensor]:
    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator)

    return {
        f"{name}.weight": drawn(0.7, 1.3),
        f"{name}.bias": drawn(-0.2, 0.2),
        f"{name}.running_mean": drawn(-0.2, 0.2),
        f"{name}.running_var": drawn(0.7, 1.3),
        f"{name}.num_batches_tracked": torch.tensor(1000),
    }


def htsat_state(tower: torch.nn.Module, seed: int) -> dict[str, Tensor]:
    """The state of LAION-CLAP's audio tower, drawn anew, under the published prefix."""
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for name, values in tower.state_dict().items():
        fixed = "extractor" in name or not values.is_floating_point() or "attn_mask" in name
        if name.startswith("bn0"):
            drawn |= _normalisation("bn0", 64, generator)
        elif fixed or values.ndim < 2:
            drawn[name] = values.clone()
        else:
            spread = values[0].numel() ** -0.5
            drawn[name] = spread * torch.randn(values.shape, generator=generator)
    drawn["bn0.running_mean"] = drawn["bn0.running_mean"] * 5.0 - 40.0
    drawn["bn0.running_var"] = drawn["bn0.running_var"] * 200.0
    return {f"module.audio_branch.{name}": values for name, values in drawn.items()}


def save_published(name: str, state: dict[str, Tensor], path: Path) -> Path:
    """The file of that name with this state, and what else lies in the published one."""
    held: dict[str, Any] = {"model": state}
    if name == "panns-cnn14-16k":
        # The published file keeps its sampler's state, a NumPy array, beside the model.
        held |= {"iteration": 1, "sampler": {"indexes": np.arange(4)}}
    if name == "laion-htsat":
        state["module.text_branch.embeddings.position_ids"] = torch.arange(4)
        state["module.logit_scale_a"] = torch.tensor(2.6)
        held = {"epoch": 8, "name": "made up", "state_dict": state, "optimizer": {"state": {}}}
    if name == "clap-cnn14":
        state["caption_encoder.base.embeddings.word_embeddings.weight"] = torch.zeros(4, 2)
        state["logit_scale"] = torch.tensor(4.6)
    torch.save(held, path)
    return path


def publish(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.PublishedFile:
    """From now on this file is what was published under that name."""
    content = path.read_bytes()
    entry = dataclasses.replace(
        catalogue.WEIGHTS[name],
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
    )
    monkeypatch.setitem(catalogue.WEIGHTS, name, entry)
    registry._load.cache_clear()
    return entry
