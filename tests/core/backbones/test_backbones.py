"""Facts about each backbone, with random weights in the published file's layout.

The tensors are read by the same loaders as the published files. The networks are compared with
laion-clap's own classes, which were written independently of ours.
"""

import importlib.util
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import librosa
import numpy as np
import pytest
import torch

from core.backbones import load_backbone, registry
from core.backbones.backbone import Backbone
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.htsat import unfolded
from core.backbones.networks.laion_import import import_tower
from core.backbones.weights import catalogue, store
from core.errors import WeightsError
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.spectral.spectrogram import mel_filter_bank, mel_power
from core.types import Clip, FeatureMaps
from tests.support.published_layouts import cnn_state, htsat_state, publish, save_published

CNNS = ("clap-cnn14", "panns-cnn14", "panns-cnn14-16k", "panns-cnn10")
ALL = (*CNNS, "laion-htsat")
PREFIXES = {"clap-cnn14": "audio_encoder.base."}


@cache
def tower(name: str) -> torch.nn.Module:
    """Laion-clap's own network of that name, for evaluation."""
    try:
        module = import_tower("htsat" if name == "laion-htsat" else "pann_model")
    except WeightsError as error:
        pytest.skip(str(error))
    torch.manual_seed(3)
    if name == "laion-htsat":
        config = SimpleNamespace(
            model_name="tiny",
            class_num=527,
            mel_bins=64,
            sample_rate=48_000,
            window_size=1024,
            hop_size=480,
            fmin=50,
            fmax=14_000,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return module.create_htsat_model(config).eval()
    settings = FRONT_ENDS[name]
    network = module.Cnn10 if name == "panns-cnn10" else module.Cnn14
    return network(
        settings.sample_rate,
        settings.n_fft,
        settings.hop,
        settings.n_mels,
        int(settings.f_min_hz),
        int(settings.f_max_hz),
        527,
    ).eval()


@cache
def state_of(name: str) -> dict[str, torch.Tensor]:
    if name == "laion-htsat":
        return htsat_state(tower(name), seed=5)
    n_blocks = 4 if name == "panns-cnn10" else 6
    return cnn_state(FRONT_ENDS[name], n_blocks, seed=5, prefix=PREFIXES.get(name, ""))


def load_published(name: str, state: dict[str, torch.Tensor], folder: Path) -> Backbone:
    """The backbone of a file with that state, added and loaded as a user's would be."""
    path = save_published(name, dict(state), folder / f"{name}.pth")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARMAP_HOME", str(folder / "home"))
        for module in (catalogue, store):
            patch.setattr(module, "environment_weights_dir", lambda: folder / "environment")
        publish(name, path, patch)
        store.add(name, path, accept_licence=True)
        registry._load.cache_clear()
        loaded = load_backbone(name, "cpu")
        registry._load.cache_clear()
    return loaded


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Backbone]:
    """The backbones by name, each with random weights and loaded once."""
    return cache(
        lambda name: load_published(name, state_of(name), tmp_path_factory.mktemp("published"))
    )


def clip_of(samples: np.ndarray, rate: int, name: str = "made") -> Clip:
    return Clip.from_samples(samples.clip(-1, 1), rate, name)


def noise(seconds: float, rate: int, seed: int = 0, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, round(seconds * rate))


def maps_of(backbone: Backbone, clip: Clip, folder: Path) -> list[FeatureMaps]:
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(folder))
    return list(extractor.segments(clip))


@pytest.mark.parametrize("name", CNNS)
def test_the_front_end_is_torchlibrosas(name: str, backbone: Callable[[str], Backbone]) -> None:
    loaded = backbone(name)
    settings = loaded.settings
    samples = torch.from_numpy(noise(1.0, settings.sample_rate).astype(np.float32))
    reference = tower(name)
    with torch.inference_mode():
        expected = reference.logmel_extractor(reference.spectrogram_extractor(samples[None]))
    found = loaded.log_mel(samples, 0, settings.n_frames(len(samples)))
    torch.testing.assert_close(found, expected[0, 0].T, atol=1e-4, rtol=0)
    # And librosa's, which pads with zeros unless told otherwise.
    spectrum = librosa.stft(
        samples.numpy(), n_fft=settings.n_fft, hop_length=settings.hop, pad_mode="reflect"
    )
    bank = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        n_mels=64,
        fmin=settings.f_min_hz,
        fmax=settings.f_max_hz,
    )
    power = bank @ np.abs(spectrum) ** 2
    decibel = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None)
    np.testing.assert_allclose(found.numpy(), decibel, atol=1e-4, rtol=0)


def test_the_files_own_filters_are_used(tmp_path: Path) -> None:
    state, key = dict(state_of("panns-cnn10")), "logmel_extractor.melW"
    state[key] = state[key] * 1.0005
    loaded = load_published("panns-cnn10", state, tmp_path)
    settings = loaded.settings
    samples = torch.from_numpy(noise(0.5, settings.sample_rate).astype(np.float32))
    found = loaded.log_mel(samples, 0, 20)
    window = torch.hann_window(settings.n_fft)
    spectrum = torch.stft(
        samples,
        settings.n_fft,
        settings.hop,
        window=window,
        pad_mode="reflect",
        return_complex=True,
    )
    expected = 10 * torch.log10(state[key].T @ spectrum[:, :20].abs().square())
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)
    usual = 10 * torch.log10(mel_filter_bank(settings).T @ spectrum[:, :20].abs().square())
    assert (found - usual).mean() > 1e-3


@pytest.mark.parametrize("name", CNNS)
def test_the_blocks_are_those_of_laion_claps_class(
    name: str, backbone: Callable[[str], Backbone]
) -> None:
    """From the waveform to each block: their front end and network against ours."""
    loaded, reference = backbone(name), tower(name)
    prefix = PREFIXES.get(name, "")
    state = {key[len(prefix) :]: values for key, values in state_of(name).items()}
    if name == "panns-cnn10":
        # laion-clap's Cnn10 has a fifth block, PANNs' and its file have four.
        state = {key: values for key, values in state.items() if not key.startswith("fc")}
    missing, unexpected = reference.load_state_dict(state, strict=False)
    assert not unexpected
    assert all(name == "panns-cnn10" and key.startswith(("conv_block5", "fc")) for key in missing)
    expected: dict[str, torch.Tensor] = {}
    for block in loaded.strides:
        reference.get_submodule(block).register_forward_hook(
            lambda _, __, out, block=block: expected.update({block: out.transpose(2, 3)})
        )
    n_frames = 128
    n_samples = (n_frames - 1) * loaded.settings.hop
    samples = torch.from_numpy(noise(10, 32_000, 1)[:n_samples].astype(np.float32))
    with torch.inference_mode():
        if name == "panns-cnn10":
            reference(samples[None])
        else:
            reference({"waveform": samples[None]}, device=torch.device("cpu"))
    found = loaded.maps(loaded.log_mel(samples[None], 0, n_frames), tuple(loaded.strides))
    assert list(found) == list(loaded.strides)
    for layer, values in found.items():
        assert values.std() > 0.05
        torch.testing.assert_close(values, expected[layer], atol=1e-4, rtol=1e-4)


def test_htsats_stages_are_those_of_laion_claps_class(
    backbone: Callable[[str], Backbone],
) -> None:
    """From 10.24 s of samples, 1024 frames: their front end and stages against ours."""
    loaded, reference = backbone("laion-htsat"), tower("laion-htsat")
    prefix = "module.audio_branch."
    reference.load_state_dict({key[len(prefix) :]: v for key, v in state_of("laion-htsat").items()})
    tokens: list[torch.Tensor] = []
    for stage in reference.layers:
        stage.blocks[-1].register_forward_hook(lambda _, __, out: tokens.append(out[0]))
    samples = torch.from_numpy(noise(10.24, 48_000)[: 1023 * 480].astype(np.float32))
    with torch.inference_mode():
        reference({"waveform": samples[None]}, device=torch.device("cpu"))
    found = loaded.maps(loaded.log_mel(samples[None], 0, 1024), tuple(loaded.strides))
    for (layer, stride), expected in zip(loaded.strides.items(), tokens, strict=True):
        side = 256 // stride
        square = expected[0].reshape(side, side, -1)
        rows = side // 4
        for row in range(rows):
            stretches = [square[k * rows + row] for k in range(4)]
            torch.testing.assert_close(
                found[layer][0, :, row], torch.cat(stretches).T, atol=1e-4, rtol=1e-4
            )


def test_unfolding_undoes_laion_claps_folding() -> None:
    reference = tower("laion-htsat")
    rows, frames = torch.meshgrid(torch.arange(64), torch.arange(1024), indexing="ij")
    image = (rows * 1024 + frames)[None, None].float()
    folded = reference.reshape_wav2img(image.transpose(2, 3))
    tokens = folded.flatten(2).transpose(1, 2)
    assert torch.equal(unfolded(tokens), image)


@pytest.mark.parametrize("name", ALL)
def test_a_tone_lands_in_its_row_and_a_click_in_its_column(
    name: str, backbone: Callable[[str], Backbone], tmp_path: Path
) -> None:
    loaded = backbone(name)
    settings, layer = loaded.settings, loaded.default_layers[0]
    rate, seconds = settings.sample_rate, 10.0 if name == "laion-htsat" else 3.0
    quiet = noise(seconds, rate, level=1e-3)
    time_s = np.arange(quiet.size) / rate
    hz, click_s = 3000.0, 0.4 * seconds
    clicked = quiet.copy()
    clicked[round(click_s * rate) :][:40] += 0.9
    made = (quiet, quiet + 0.3 * np.sin(2 * np.pi * hz * time_s), clicked)
    base, tone, click = (maps_of(loaded, clip_of(x, rate), tmp_path)[0].layers[layer] for x in made)
    _, n_rows, n_columns = base.shape
    stride, coarsest = loaded.strides[layer], loaded.stride(loaded.default_layers)
    assert n_rows == settings.n_mels // stride
    n_frames = settings.n_frames(quiet.size)
    assert n_columns == -(-n_frames // coarsest) * coarsest // stride
    row = int((tone - base).abs().mean(dim=(0, 2)).argmax())
    assert abs(row - int(np.abs(settings.freq_hz - hz).argmin()) // stride) <= 1
    column = int((click - base).abs().mean(dim=(0, 1)).argmax())
    assert abs(column - click_s / settings.hop_seconds / stride) <= 1


@pytest.mark.parametrize("name", ALL)
def test_log_mel_values_are_mel_power_in_decibels(
    name: str, backbone: Callable[[str], Backbone]
) -> None:
    """What the heads and the pictures make of the values: twice the amplitude, 6 dB."""
    loaded = backbone(name)
    samples = torch.from_numpy(noise(0.5, loaded.settings.sample_rate).astype(np.float32))
    power = mel_power(loaded.log_mel(torch.stack([samples, 2 * samples]), 0, 30), loaded.settings)
    torch.testing.assert_close(power[1], 4 * power[0], rtol=1e-3, atol=1e-9)


def test_a_long_clip_is_heard_by_htsat_in_windows_each_full(
    backbone: Callable[[str], Backbone], tmp_path: Path
) -> None:
    loaded = backbone("laion-htsat")
    clip = clip_of(noise(12.0, 48_000), 48_000)
    first, last = maps_of(loaded, clip, tmp_path)
    n_frames = loaded.settings.n_frames(clip.samples.size)
    padded = -(-n_frames // 16) * 16
    assert [m.log_mel.shape[1] for m in (first, last)] == [1024, padded - 1024]
    samples = torch.from_numpy(clip.samples)
    heard = loaded.log_mel(samples, padded - 1024, n_frames)
    heard = torch.nn.functional.pad(heard[None], (0, padded - n_frames), mode="replicate")
    whole = loaded.maps(heard, ("stage1",))["stage1"][0]
    torch.testing.assert_close(
        last.layers["stage1"], whole[..., -(padded - 1024) // 4 :], atol=2e-3, rtol=2e-3
    )


def test_without_laion_clap_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of("laion-htsat")
    monkeypatch.delitem(sys.modules, "laion_clap.clap_module.htsat")
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if "laion" in name else found(name)
    )
    with pytest.raises(WeightsError, match="pip install --no-deps 'laion-clap"):
        load_published("laion-htsat", state, tmp_path)


def test_importing_a_tower_leaves_no_stand_in_behind() -> None:
    tower("laion-htsat")
    assert "laion_clap" not in sys.modules
    assert "torchvision.ops.misc" not in sys.modules
    assert "h5py" not in sys.modules or hasattr(sys.modules["h5py"], "File")
