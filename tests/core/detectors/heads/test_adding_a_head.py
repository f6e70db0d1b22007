"""The head of docs/adding_a_head.md, run as the page has it: registering is all it takes."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from app.text import markdown
from app.text.methods import preset_title
from app.widgets.estimate import fit_estimate
from core.backbones import registry as backbones
from core.cli import main
from core.detectors import Detector
from core.detectors.heads.head import Head, HeadSettings
from core.detectors.presets import preset_settings, presets_of
from core.detectors.registry import HEADS, HeadEntry, head_type
from core.errors import SettingError
from tests.app.test_app import app, texts, upload
from tests.app.test_app import noise as recorded
from tests.core.cli import test_cli as commands
from tests.core.detectors.heads import test_heads as promises
from tests.support.fake_features import SAMPLE_RATE, noise, small_backbone

PAGE = Path(__file__).resolve().parents[4] / "docs" / "adding_a_head.md"


def code_of_the_page() -> list[str]:
    """The head, its entry and its test."""
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)


@pytest.fixture
def bands(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Head]]:
    """The page's head, registered as it says; a small random backbone stands in for a real one."""
    source, entry, _ = code_of_the_page()
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
    per_layer = []
    for layer in backbone.default_layers:
        whole = np.concatenate([maps.layers[layer].numpy() for maps in features.segments()], axis=2)
        n_repeats = 12 // whole.shape[1]
        per_layer.append(whole.repeat(n_repeats, axis=1))
    for name, measure in (("mean", np.mean), ("spread", np.std)):
        naive = np.concatenate([measure(values, axis=2) for values in per_layer])
        least = head.settings.smallest_spread if name == "spread" else -np.inf
        np.testing.assert_allclose(head.state()[name], naive.clip(least), rtol=1e-3, atol=1e-4)


def test_the_gpu_agrees(bands: type[Head], tmp_path: Path) -> None:
    features = promises.features_of([noise(s) for s in range(6)], tmp_path, small_backbone())
    promises.test_the_gpu_scores_as_the_processor_does("bands", features)


def test_the_pages_own_test_passes(bands: type[Head], tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    exec(compile(code_of_the_page()[2], str(PAGE), "exec"), found)
    (test,) = (found[name] for name in found if name.startswith("test_"))
    test(tmp_path)


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
    with pytest.raises(SettingError, match=r"smallest_spread goes from 1e-06 to 100; 700 is out"):
        Detector("bands", "small", smallest_spread="700")
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


def test_the_command_line_fits_it(
    bands: type[Head], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(4):
        soundfile.write(tmp_path / f"{seed}.wav", noise(seed).samples, SAMPLE_RATE)
    given = [*commands.quick("bands"), "--backbone", "small", "--out", str(tmp_path / "m")]
    assert main(["fit", str(tmp_path), *given]) == 0
    assert "Fitted bands on 4 clips" in capsys.readouterr().out


def test_the_estimate_takes_its_learning_as_one_pass_or_as_the_entry_says(
    bands: type[Head], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, memory = fit_estimate("bands", 10, 50.0)
    assert 0 < quick < fit_estimate("cfa", 10, 50.0)[0] and memory > 0
    monkeypatch.setitem(HEADS, "bands", replace(HEADS["bands"], learning=1.0))
    assert fit_estimate("bands", 10, 50.0)[0] == pytest.approx(quick + 4 * 50.0 * (1.0 - 0.012))


def test_its_presets_say_what_it_does(bands: type[Head], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "background subtraction" in presets_of("bands")["recommended"]
    assert preset_title("published", "bands") == "Defaults"
    assert preset_title("published", "padim") == "As published"
    monkeypatch.setattr(bands, "settings_type", HeadSettings)
    assert "background" not in presets_of("bands")["recommended"]
    for recommended, said in (
        ({"energy_exponent": 0.1}, "settings that suit sound"),
        ({}, "default settings"),
    ):
        monkeypatch.setattr(bands, "recommended", recommended)
        assert said in presets_of("bands")["recommended"]
        assert preset_settings("bands", "recommended") == recommended
        assert preset_settings("bands", "published") == {}
    monkeypatch.setattr(bands, "more_presets", {"tiny": {"smoothing_sigma": 1.0}})
    assert presets_of("bands")["tiny"].endswith(".")
    assert preset_settings("bands", "tiny") == {"smoothing_sigma": 1.0}


def test_the_fit_page_offers_it(bands: type[Head], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.list_jobs", lambda active_only=False: [])
    at = app("fit")
    upload(at, *((f"{k}.wav", recorded(k)) for k in range(3)))
    at.selectbox(key="head").set_value("bands").run()
    assert not at.exception
    assert presets_of("bands")["recommended"] in texts(at)
    assert markdown.plain(HEADS["bands"].summary, 300) in texts(at)
    assert "Defaults" in at.button_group(key="preset").options
    assert at.number_input(key="set_bands_recommended_smallest_spread").value == 0.1
