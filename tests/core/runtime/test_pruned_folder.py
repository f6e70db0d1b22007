"""What was used longest ago goes first, and only as much as must."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.runtime.pruned_folder import mark_used, prune


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for age, name in enumerate(("d", "c", "b", "a")):
        path = tmp_path / "deep" / f"{name}.npz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    return tmp_path


def left(folder: Path) -> str:
    return "".join(sorted(path.stem for path in folder.rglob("*.npz")))


def test_the_limits_of_bytes_and_of_files(folder: Path) -> None:
    prune(folder, "*/*.npz")
    prune(folder, "*/*.npz", most_bytes=400, most_files=4)
    prune(folder, "*.other", most_bytes=0)
    prune(folder / "gone", most_bytes=0)
    assert left(folder) == "abcd"
    prune(folder, "*/*.npz", most_bytes=350)
    assert left(folder) == "bcd"
    prune(folder, "*/*.npz", most_files=1)
    assert left(folder) == "d"


def test_what_was_used_stays(folder: Path) -> None:
    assert mark_used(folder / "deep/a.npz")
    assert not mark_used(folder / "deep/x.npz")
    prune(folder / "deep", most_files=2)
    assert left(folder) == "ad"
