"""A spool gives back its rows, from memory and from disk, and a full disk is a sentence."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from core.errors import StoreError
from core.runtime import spool
from core.runtime.memory import release
from core.runtime.spool import Spool


@pytest.mark.parametrize("most_in_memory", [0, 999, 10**6])
def test_rows_come_back_as_they_were_given(
    most_in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", most_in_memory)
    generator = np.random.default_rng(0)
    for kind, width in ((np.float32, (5,)), (np.float16, (2, 3)), (np.float32, ())):
        parts = [generator.normal(size=(n, *width)).astype(kind) for n in (3, 1, 70, 12)]
        whole, rows = np.concatenate(parts), Spool()
        for part in parts:
            rows.append(part)
            assert len(rows[:]) == len(rows)
        assert len(rows) == 86
        for cut in (np.s_[:], np.s_[3:4], np.s_[10:80], np.s_[80:200], np.s_[5:5], np.s_[-3:]):
            np.testing.assert_array_equal(rows[cut], whole[cut])
        array = rows.array()
        array[7] = 0
        release(array)
        whole[7] = 0
        np.testing.assert_array_equal(array, whole)
        np.testing.assert_array_equal(rows[:], whole)


def test_what_lies_on_disk_has_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path))
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    rows = Spool.of(np.ones((4, 2), np.float32))
    assert rows[1:3].sum() == 4.0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_home_that_cannot_be_written_is_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    assert Spool.of(np.ones((4, 2), np.float32))[:].sum() == 8.0


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def seek(self, *_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None: ...

    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    monkeypatch.setattr(spool, "_scratch_file", Full)
    with pytest.raises(StoreError, match=r"no room on the disk .*: the disk is full; free some"):
        Spool.of(np.ones((4, 2), np.float32))
