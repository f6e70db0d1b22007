"""A saved model comes back bit for bit, or one sentence says why not."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from core.detectors import model_folder
from core.detectors.model_folder import read_model, write_model
from core.errors import ModelError, StoreError

MANIFEST = {"configuration": {"head": "patchcore", "coreset": 0.1}, "name": "Lüfter 🎧"}


def tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "bank": torch.randn(50, 8, generator=generator),
        "half": torch.randn(3, generator=generator).half(),
        "count": torch.tensor(7),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "fan"
    write_model(path, MANIFEST, tensors())
    return path


def rewrite(folder: Path, **changes: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | changes), encoding="utf-8")


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_round_trip(folder: Path) -> None:
    manifest, read = read_model(folder)
    assert {key: manifest[key] for key in MANIFEST} == MANIFEST
    assert manifest["format_version"] == model_folder.FORMAT_VERSION
    assert manifest["created_at"].endswith("+00:00")
    assert {name: tensor.dtype for name, tensor in read.items()} == {
        name: tensor.dtype for name, tensor in tensors().items()
    }
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors().items())
    assert only(folder) == ["manifest.json", "tensors.safetensors"]
    assert only(folder.parent) == ["fan"]


def test_views_and_shared_memory_are_saved_as_what_they_show(tmp_path: Path) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    write_model(tmp_path / "m", {}, {"a": base, "b": base, "t": base.T, "slice": base[1:, :2]})
    _, read = read_model(tmp_path / "m")
    assert torch.equal(read["a"], base) and torch.equal(read["b"], base)
    assert torch.equal(read["t"], base.T) and torch.equal(read["slice"], base[1:, :2])


def test_no_tensors_at_all(tmp_path: Path) -> None:
    write_model(tmp_path / "m", {"a": 1}, {})
    assert read_model(tmp_path / "m")[1] == {}


def test_saving_again_replaces(folder: Path) -> None:
    manifest, _ = read_model(folder)
    write_model(folder, manifest | {"name": "second"}, {"bank": torch.ones(2)})
    manifest, read = read_model(folder)
    assert manifest["name"] == "second" and list(read) == ["bank"]
    assert only(folder.parent) == ["fan"]


def test_every_changed_byte_is_found(folder: Path) -> None:
    for name in ("manifest.json", "tensors.safetensors"):
        path = folder / name
        whole = path.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            if name == "manifest.json" and chr(whole[place]).isspace():
                continue
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(ModelError, match="“fan”"):
                read_model(folder)
        path.write_bytes(whole)
    read_model(folder)


@pytest.mark.parametrize("name", ["manifest.json", "tensors.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        read_model(folder)


def test_truncated_tensors(folder: Path) -> None:
    path = folder / "tensors.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match="damaged"):
        read_model(folder)


def test_newer_format(folder: Path) -> None:
    rewrite(folder, format_version=model_folder.FORMAT_VERSION + 1, tensors="moved")
    with pytest.raises(ModelError, match="was made by a newer HearMap; update"):
        read_model(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"x"', "null", '{"format_version": "1"}', "[" * 99999]
)
def test_malformed_manifest(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json is not what was saved"):
        read_model(folder)


def test_manifest_that_is_not_text(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ModelError, match="damaged"):
        read_model(folder)


def test_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not there"):
        read_model(tmp_path / "gone")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="is not a folder"):
        read_model(tmp_path / "file")


@pytest.mark.parametrize("where", ["sync", "tensors", "manifest", "rename"])
def test_full_disk_leaves_the_old_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if where == "sync":
        monkeypatch.setattr(os, "fsync", full)
    elif where == "tensors":
        monkeypatch.setattr(safetensors.torch, "save_file", full)
    elif where == "manifest":
        monkeypatch.setattr(Path, "write_text", full)
    else:
        real = os.replace

        def second_fails(source: Path, target: Path) -> None:
            if str(source).endswith(".part"):
                full()
            real(source, target)

        monkeypatch.setattr(os, "replace", second_fails)
    for target in (folder, folder.parent / "fresh"):
        with pytest.raises(StoreError, match=r"disk is full.*Nothing was changed"):
            write_model(target, {"name": "new"}, {"bank": torch.zeros(3)})
    monkeypatch.undo()
    assert only(folder.parent) == ["fan"]
    assert read_model(folder)[0]["name"] == MANIFEST["name"]


def test_power_lost_between_the_renames(folder: Path) -> None:
    os.replace(folder, model_folder._replaced(folder))
    assert read_model(folder)[0]["name"] == MANIFEST["name"]


def test_other_people_s_folders_are_not_replaced(folder: Path) -> None:
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match="there already"):
        write_model(folder, {}, {})
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_not_json_is_found_before_the_disk_is_touched(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_model(tmp_path / "m", {"threshold": float("nan")}, {})
    assert only(tmp_path) == []
