"""Explanations of real detectors: what is replaced, what is played, and the scores after it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.audio import wav_bytes
from core.errors import AudioError, SettingError, StoreError
from core.explain.explanation import Explanation
from core.explain.normal_sound import GONE
from core.jobs.tasks import TASKS
from core.jobs.tasks.explain import ExplainTask
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.report import BatchReportTask, ClipReportTask
from core.jobs.tasks.score import ScoreTask
from core.jobs.tasks.task import KeyedTask
from core.storage import database, explanations, models, recordings, reports, scores
from core.storage.explanations import SavedExplanation
from tests.core.detectors.test_detector import RATE, click, steady_noise

SECONDS = 2.0
TIME_S = np.arange(round(SECONDS * RATE)) / RATE
HUM = 0.1 * np.sin(2 * np.pi * 3000 * TIME_S)


def add(name: str, seed: int, extra: np.ndarray | float = 0.0) -> str:
    level = 0.05 * np.random.default_rng(seed).uniform(0.8, 1.25)
    samples = (steady_noise(SECONDS, seed, level) + extra).clip(-1, 1)
    return recordings.add_recording(name, wav_bytes(samples, RATE)).id


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, aisfx_weights: object) -> Path:
    """A home with a model and three scored recordings: a click, a steady hum and a normal one."""
    home = tmp_path_factory.mktemp("explained") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARMAP_HOME", str(home))
        normal = [add(f"normal {seed}.wav", seed) for seed in range(10)]
        fitted = FitTask(clip_ids=normal, model_name="Noise", false_alarm_rate=0.1).run()
        scored = [
            add("click.wav", 90, click(SECONDS, at_s=1.2, hz=4000.0)),
            add("hum.wav", 91, HUM),
            add("calm.wav", 92),
        ]
        ScoreTask(model_id=fitted["model_id"], clip_ids=scored).run()
        database.close()
    return home


@pytest.fixture(autouse=True)
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HEARMAP_HOME", str(home))
    yield
    database.close()


def work(kind: str, name: str, **more: Any) -> SavedExplanation:
    """The task's result for the recording of that name, as the app finds it."""
    model = models.list_models()[0]
    score = next(one for one in scores.list_scores(model.id) if one.clip_name == name)
    given = {"model_id": model.id, "clip_id": score.clip_id, "rate": 0.1} | more
    task = TASKS[kind].from_record(given)
    assert isinstance(task, KeyedTask)
    key = task.run()["key"]
    assert key == task.key
    saved = explanations.find(score.clip_id, key)
    assert saved is not None
    return saved


def test_a_click_filled_with_normal_sound_is_normal_and_every_sound_is_there() -> None:
    saved = work("explain", "click.wav")
    numbers = saved.values["faithfulness"]
    assert numbers["p"] > 0.6 and numbers["ff_v2"] > 0.3
    assert numbers["ff_v2"] == pytest.approx(numbers["p"] - numbers["r"])
    assert set(saved.sounds) == {"kept", "removed", "filled", "nearest"}
    assert {sound.size for sound in saved.sounds.values()} == {TIME_S.size}
    assert all(picture.startswith(b"\x89PNG") for picture in saved.pictures.values())
    assert saved.values["nearest_name"].startswith("normal ")
    around = slice(round(1.15 * RATE), round(1.25 * RATE))
    assert np.abs(saved.sounds["filled"][around]).max() < np.abs(saved.sounds["kept"][around]).max()


def test_a_click_counts_for_as_long_as_it_lasts_and_a_tone_throughout_for_all() -> None:
    """How much of a recording the map keeps: by the sound of each moment, however loud it is."""
    click_level, tone_level = np.full((2, 4, 10), -60.0)
    click_level[2, 3] = tone_level[1] = 0.0
    for level_db, most in ((click_level, 0.1), (tone_level, 1.0)):
        evidence = (level_db > -30).astype(np.float32)
        seen = SimpleNamespace(level_db=level_db)
        found = SimpleNamespace(evidence=evidence)
        made: Any = SimpleNamespace(spectrogram=seen, found=found)
        assert Explanation.share.fget(made) == pytest.approx(most, abs=1e-3)  # type: ignore[attr-defined]
    assert work("explain", "click.wav").values["share"] < 0.35


def test_the_mean_background_has_no_click_and_the_clips_own_phase() -> None:
    saved = work("explain", "click.wav", background="mean")
    assert saved.values["background"] == "average normal sound"
    # Phases that rise together are a click still, of the normal sound's magnitude: it is 10 dB
    # weaker, and a detector of steady noise hears it.
    at = slice(round(1.18 * RATE), round(1.24 * RATE))
    sounds = saved.sounds
    before = np.square((sounds["kept"] + sounds["removed"])[at]).sum()
    assert np.square(sounds["filled"][at]).sum() < 0.1 * before


def test_a_small_area_around_a_click_flips_the_verdict() -> None:
    saved = work("counterfactual", "click.wav", rate=0.1)
    values = saved.values
    assert values["flips"] and 0 < values["share"] < 0.1
    assert values["score"] <= values["threshold"]
    assert values["after"] < values["before"]
    strongest = values["parts"][0]
    assert strongest["start_s"] < 1.2 < strongest["end_s"]
    assert strongest["low_hz"] < 4000 < strongest["high_hz"]
    assert saved.sounds["masked"].size == TIME_S.size


def test_no_small_mask_makes_a_steady_hum_normal_and_that_is_said() -> None:
    values = work("counterfactual", "hum.wav", rate=0.1, background="none").values
    assert not values["flips"] and values["share"] == 0.5
    assert values["score"] > values["threshold"]
    assert "parts" not in values


def test_what_is_normal_already_needs_no_change() -> None:
    saved = work("counterfactual", "calm.wav", rate=0.1)
    assert saved.values["flips"] and saved.values["n_scorings"] == 0 == saved.values["share"]


def test_a_mask_of_ones_own_is_scored_where_it_lies() -> None:
    box = {"start_s": 1.1, "end_s": 1.3, "low_hz": 2500.0, "high_hz": 6000.0}
    on = work("try_mask", "click.wav", boxes=[box]).values
    off = work("try_mask", "click.wav", boxes=[box | {"start_s": 0.1, "end_s": 0.3}]).values
    assert on["anomalous_before"] and off["anomalous_after"]
    assert on["after"] < off["after"]
    assert on["share"] == pytest.approx(off["share"], rel=0.3)


def test_reports_of_a_clip_and_of_all_hold_everything() -> None:
    model = models.list_models()[0]
    score = next(one for one in scores.list_scores(model.id) if one.clip_name == "calm.wav")
    key = ClipReportTask(model_id=model.id, clip_id=score.clip_id, rate=0.1).run()["key"]
    assert reports.exists(key)
    page = reports.read(key, ".html").decode()
    assert page.count("<audio") == 5 and "CC BY 4.0" in page
    assert "10 clips of 10 normal recordings, each scored by a fit without it" in page
    with zipfile.ZipFile(io.BytesIO(reports.read(key, ".zip"))) as opened:
        names = set(opened.namelist())
    assert {"report.html", "map.png", "map.npz", "regions.csv", "recording.wav"} < names
    assert {"faithfulness.json", "kept.wav", "filled.wav", "nearest_normal.wav"} < names
    key = BatchReportTask(model_id=model.id, rate=0.1, name="Noise", scored="3").run()["key"]
    page = reports.read(key, ".html").decode()
    assert page.count("<img") == 3
    # What makes it anomalous is said before what each view says.
    assert page.index('<ul class="findings"><li>') < page.index("<th>View</th>")
    with zipfile.ZipFile(io.BytesIO(reports.read(key, ".zip"))) as opened:
        rows = json.loads(opened.read("scores.json"))
    said = {row["clip"]: row["findings"] for row in rows}
    assert said["calm.wav"] == [] and "above this recording’s background" in said["click.wav"][0]
    with pytest.raises(StoreError, match="was deleted"):
        reports.read("0" * 32, ".zip")


def test_the_report_of_a_recording_says_first_why_with_its_sound_and_picture() -> None:
    model = models.list_models()[0]
    score = next(one for one in scores.list_scores(model.id) if one.clip_name == "click.wav")
    key = ClipReportTask(model_id=model.id, clip_id=score.clip_id, rate=0.1).run()["key"]
    page = reports.read(key, ".html").decode()
    why, technical = page.split("<h2>The map</h2>")
    n_findings = why.count("<li><p>")
    assert n_findings >= 1 and why.count("<audio") == n_findings == why.count("<img")
    assert "above this recording’s background; none of 10 normal recordings has one." in why
    assert technical.count("<audio") == 5 and "Faithfulness" not in why


def test_a_box_outside_the_map_is_a_sentence() -> None:
    box = {"start_s": 7.0, "end_s": 8.0, "low_hz": 100.0, "high_hz": 200.0}
    with pytest.raises(SettingError, match="lies outside the map, which ends at 2"):
        work("try_mask", "click.wav", boxes=[box])
    with pytest.raises(SettingError, match="no box"):
        work("try_mask", "click.wav", boxes=[])


def test_a_stretch_is_explained_by_itself() -> None:
    saved = work("explain", "click.wav", stretch=[1.0, 2.0])
    assert abs(saved.sounds["kept"].size - RATE) <= 1024
    assert saved.values["faithfulness"]["p"] > 0.5


def test_a_background_of_ones_own_that_cannot_be_read_is_a_sentence() -> None:
    broken = recordings.add_recording("broken.wav", b"no sound").id
    with pytest.raises(AudioError, match=r"broken\.wav"):
        work("explain", "click.wav", background=broken)


def test_what_is_damaged_or_deleted_is_made_again() -> None:
    clip_id = add("click.wav", 90, click(SECONDS, at_s=1.2, hz=4000.0))
    saved = SavedExplanation({"a": 1}, 8000, {"x": np.ones(3, np.float32)}, {"p": b"png"})
    explanations.save(clip_id, "k", saved)
    again = explanations.find(clip_id, "k")
    assert again is not None and again.values == {"a": 1} and again.pictures == {"p": b"png"}
    (path,) = (p for p in Path(recordings.clips_dir().parent).rglob("k.npz"))
    path.write_bytes(path.read_bytes()[:60])
    assert explanations.find(clip_id, "k") is None
    explanations.delete(clip_id)
    assert explanations.find(clip_id, "k") is None
    assert explanations.find("../../x", "../y") is None


def test_without_the_normal_recordings_the_rest_is_explained_and_it_is_said() -> None:
    for record in recordings.list_recordings():
        if record.name.startswith("normal "):
            recordings.delete_recording(record.id)
    saved = work("explain", "click.wav")
    assert saved.values["note"] == GONE
    assert set(saved.sounds) == {"kept", "removed"}
    assert "ff_v2" not in saved.values["faithfulness"]


def test_a_removed_recording_is_a_sentence_and_takes_its_explanations_along() -> None:
    clip_id = add("calm.wav", 92)
    folder = recordings.clips_dir().parent / "cache" / "explanations" / clip_id
    assert folder.is_dir()
    recordings.delete_recording(clip_id)
    assert not folder.exists()
    model_id = models.list_models()[0].id
    with pytest.raises(StoreError, match="no longer here"):
        ExplainTask(model_id=model_id, clip_id=clip_id).run()
