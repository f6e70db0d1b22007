"""A batch that another microphone took is told from the training recordings; one like them not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from core.audio import wav_bytes
from core.cli import main
from core.detectors import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.evaluation.datasets.machines import make
from core.features.cache import FeatureCache
from core.storage import models, recordings, scores
from core.types import AnomalyMap, Clip
from core.workflows.batch_shift import ScoredBatch

pytestmark = pytest.mark.usefixtures("aisfx_weights")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, aisfx_weights: object) -> Detector:
    detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, "recommended"))
    cache = FeatureCache(tmp_path_factory.mktemp("features"))
    return detector.fit([make("fan", seed=100 + k).clip for k in range(16)], cache=cache)


def fans(first: int, n: int = 10) -> list[Clip]:
    return [make("fan", seed=first + k).clip for k in range(n)]


def louder_above_4_khz(clip: Clip) -> Clip:
    """The clip through a microphone that has 6 dB more from 4 kHz on, at half the gain."""
    high = signal.sosfiltfilt(
        signal.butter(2, 4000, "high", fs=clip.sample_rate, output="sos"), clip.samples
    )
    return Clip.from_samples(0.5 * (clip.samples + high), clip.sample_rate, clip.name)


def note(detector: Detector, found: Iterable[AnomalyMap]) -> str:
    batch = ScoredBatch()
    for one in found:
        batch.add(one)
    return batch.note(detector)


@pytest.fixture(scope="module")
def shifted(fitted: Detector) -> list[AnomalyMap]:
    return list(fitted.score_many(map(louder_above_4_khz, fans(500))))


def test_a_batch_like_the_training_recordings_is_not_called_shifted(fitted: Detector) -> None:
    assert note(fitted, fitted.score_many(fans(500))) == ""


def test_6_db_less_below_4_khz_are_told(fitted: Detector, shifted: list[AnomalyMap]) -> None:
    said = note(fitted, shifted)
    assert said.startswith(
        "These 10 recordings differ from the training recordings as a set, mostly by −"
    )
    assert "dB below" in said
    assert note(fitted, shifted[:7]) == ""


def test_after_a_recalibration_the_new_recordings_are_the_measure(
    fitted: Detector, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "as fitted")
    detector = Detector.load(tmp_path / "as fitted")
    detector.recalibrate(list(map(louder_above_4_khz, fans(600))))
    detector.save(tmp_path / "recalibrated")
    for one in (detector, Detector.load(tmp_path / "recalibrated")):
        assert note(one, one.score_many(map(louder_above_4_khz, fans(500)))) == ""
        said = note(one, one.score_many(fans(500)))
        assert "differ from the recordings of the latest calibration as a set" in said


def test_what_was_scored_without_levels_says_nothing(
    fitted: Detector, shifted: list[AnomalyMap]
) -> None:
    assert fitted.batch_shift([], []) is None
    old = [dataclasses.replace(one, levels_db=()) for one in shifted]
    assert note(fitted, old) == ""


def test_levels_are_kept_with_the_map(fitted: Detector, shifted: list[AnomalyMap]) -> None:
    model = models.save_model(fitted, "Fan")
    clip = fans(500, 1)[0]
    clip_id = recordings.add_recording("fan.wav", wav_bytes(clip.samples, clip.sample_rate)).id
    scores.save_score(model.id, clip_id, shifted[0])
    loaded = scores.load_map(model.id, clip_id)
    assert loaded.levels_db == shifted[0].levels_db
    assert len(loaded.levels_db) > 5 and np.isfinite(loaded.levels_db).all()


def test_score_and_report_say_it_beside_their_output(
    fitted: Detector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted.save(tmp_path / "model")
    for folder, change in (("alike", lambda clip: clip), ("shifted", louder_above_4_khz)):
        (tmp_path / folder).mkdir()
        for k, clip in enumerate(fans(500, 8)):
            path = tmp_path / folder / f"{k}.wav"
            soundfile.write(path, change(clip).samples, clip.sample_rate, subtype="FLOAT")
        main(["score", str(tmp_path / "model"), str(tmp_path / folder), "--json"])
        printed = capsys.readouterr()
        assert len(printed.out.splitlines()) == 8
        said = "hearmap: These 8 recordings differ from the training recordings as a set"
        assert (said in printed.err) == (folder == "shifted")
    page = tmp_path / "page.html"
    main(["report", str(tmp_path / "model"), str(tmp_path / "shifted"), "--out", str(page)])
    assert "<p>These 8 recordings differ from the training recordings" in page.read_text()
