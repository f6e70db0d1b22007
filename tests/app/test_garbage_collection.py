"""What modules bring is set apart from the collector's work, once."""

import gc
import sys
import types

import pytest

from app import garbage_collection


def test_new_modules_are_set_apart_and_old_ones_not_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage_collection, "_n_modules", 0)
    try:
        garbage_collection.freeze_modules()
        frozen = gc.get_freeze_count()
        assert frozen > 10_000
        cells = [[number] for number in range(1000)]
        garbage_collection.freeze_modules()
        assert gc.get_freeze_count() <= frozen
        monkeypatch.setitem(sys.modules, "a_module_that_came_later", types.ModuleType("later"))
        garbage_collection.freeze_modules()
        assert gc.get_freeze_count() > frozen
        assert len(cells) == 1000
    finally:
        gc.unfreeze()
