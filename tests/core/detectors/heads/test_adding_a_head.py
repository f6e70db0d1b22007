"""The head of docs/adding_a_head.md, run as the page has it: registering is all it takes."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from core.backbones import registry as backbones
from core.cli import main
from core.detectors import Detector
from core.detectors.heads.head import Head
from core.detectors.registry import HEADS, HeadEntry, head_type
from core.errors import SettingError
from tests.core.detectors.heads import test_heads as promises
from tests.support.fake_features import N_CHANNELS, maps_of, noise, small_backbone

PAGE = Path(__file__).resolve().parents[4] / "docs" / "adding_a_head.md"


@pytest.fixture
def bands(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Head]]:
    """The page's head, registered as it says; a small random backbone stands in for a real one."""
    source, entry = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    module = ModuleType("core.detectors.heads.bands")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look it up
    exec(compile(source, str(PAGE), "exec"), module.__dict__)
    head: type[Head] = module.Bands
    entries: dict[str, HeadEntry] = eval(f"{{{entry}}}", {"HeadEntry": HeadEntry})  # noqa: S307
    for name, registered in entries.items():
        monkeypatch.setitem(HEADS, name, registered)
    assert head_type("bands") is head
    monkeypatch.setitem(backbones.BACKBONES, "small", lambda device: small_backbone(str(device)))
    yield head
    backbones._load.cache_clear()


def test_the_page_names_what_is_there() -> None:
    assert all(hasattr(promises, name) for name in ("QUICK", "each_head"))


def test_it_keeps_every_promise_of_a_head(bands: type[Head], tmp_path: Path) -> None:
    backbone = small_backbone()
    clips = [noise(seed) for seed in range(6)]
    features = promises.features_of(clips, tmp_path / "features", backbone)
    promises.test_one_seed_gives_one_head("bands", backbone, features)
    promises.test_fitting_again_starts_afresh("bands", backbone, features)
    promises.test_state_carries_everything("bands", backbone, features)
    promises.test_clips_of_any_length_get_a_map("bands", backbone, features)
    promises.test_clips_of_different_lengths_are_learned_from("bands", backbone, tmp_path / "many")
    promises.test_sound_that_never_changes("bands", backbone, tmp_path / "constant")
    promises.test_it_can_be_stopped_anywhere("bands", backbone, features)


def test_its_mean_and_spread_are_those_of_all_columns(bands: type[Head], tmp_path: Path) -> None:
    backbone = small_backbone()
    features = promises.features_of([noise(s) for s in range(4)], tmp_path, backbone)
    head = promises.fitted("bands", backbone, features)
    columns = np.concatenate([maps.log_mel.numpy() for maps in features.segments()], axis=1)
    np.testing.assert_allclose(head.state()["mean"], columns.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(head.state()["spread"], columns.std(axis=1), rtol=1e-3)


def test_a_detector_fits_scores_saves_and_loads_it(bands: type[Head], tmp_path: Path) -> None:
    detector = Detector("bands", "small", smoothing_sigma=1.0)
    detector.fit([noise(seed) for seed in range(8)])
    clip = noise(99, tone=(0.6, 3000.0))
    scored = detector.score(clip)
    row, column = np.unravel_index(scored.raw.argmax(), scored.raw.shape)
    assert 0.6 <= scored.time_s[column] <= 0.75
    assert abs(scored.freq_hz[row] - 3000.0) < 300.0
    assert scored.score > max(detector.calibration.clip_scores)
    detector.save(tmp_path / "model")
    loaded = Detector.load(tmp_path / "model")
    assert loaded.head_name == "bands"
    np.testing.assert_array_equal(loaded.score(clip).raw, scored.raw)


def test_its_options_are_checked_like_any_other(bands: type[Head]) -> None:
    with pytest.raises(SettingError, match=r"smallest_spread goes from 1e-06 to 1; 7 is outside"):
        Detector("bands", "small", smallest_spread="7")
    with pytest.raises(
        SettingError, match=r"bands has no setting “magic”; it has .*smallest_spread"
    ):
        Detector("bands", "small", magic=1)


def test_the_command_line_knows_it(
    bands: type[Head], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "--help"]) == 0
    assert re.search(r"\bbands\b", capsys.readouterr().out)
    assert main(["fit", "x", "--out", str(tmp_path / "m"), "--head", "magic"]) == 2
    assert f"there are {', '.join(HEADS)}." in capsys.readouterr().err


def test_network_features_are_not_read_for_nothing(bands: type[Head]) -> None:
    """The page says the backbone's layers are there all the same, for heads that want them."""
    maps = maps_of(noise(1), small_backbone())
    assert sum(len(values) for values in maps.layers.values()) == N_CHANNELS
    assert all(values.dtype == torch.float32 for values in maps.layers.values())
