"""Models are kept whole and found by id; a threshold moved changes verdicts and no score."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio import wav_bytes
from core.errors import AudioError, ModelError, SettingError, StoreError
from core.storage import database, models, scores, thresholds
from core.storage.recordings import add_recording, delete_recording
from tests.support.fake_detector import FakeDetector, tone

NORMAL_PEAKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    yield
    database.close()


def fitted() -> Any:
    return FakeDetector(false_alarm_rate=0.1).fit([tone(peak) for peak in NORMAL_PEAKS])


def saved_clip(peak: float) -> str:
    clip = tone(peak)
    return add_recording(f"tone {peak}.wav", wav_bytes(clip.samples, clip.sample_rate)).id


def test_a_model_is_there_after_a_restart() -> None:
    record = models.save_model(fitted(), "Pump in the cellar", channel="mean")
    database.close()
    assert models.list_models() == [record] == [models.get_model(record.id)]
    assert (record.head, record.backbone, record.channel) == ("patchcore", "aisfx", "mean")
    assert (record.n_clips, record.training_seconds) == (9, pytest.approx(9.0))
    assert record.size_bytes == sum(path.stat().st_size for path in record.folder.iterdir())
    assert models.get_model(record.id).folder == record.folder
    assert np.array_equal(models.load_model(record.id).calibration.clip_scores, fitted().peaks)
    kept = models.load_calibration(record.id)
    assert np.array_equal(kept.clip_scores, fitted().peaks) and kept.cross_fitted is True


def printed_by(program: str) -> str:
    """What a Python program prints in a process of its own."""
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True
    ).stdout


def test_listing_needs_no_pytorch() -> None:
    models.save_model(fitted(), "Fan")
    program = (
        "import sys; from core.storage.models import list_models; "
        "print([m.name for m in list_models()], 'torch' in sys.modules)"
    )
    assert printed_by(program) == "['Fan'] False\n"


def test_names_are_told_apart() -> None:
    detector = fitted()
    names = [models.save_model(detector, name).name for name in ("Fan", " Fan\n", "Fan 2", "")]
    assert names == ["Fan", "Fan 2", "Fan 2 2", "Model"]
    last = models.list_models()[0]
    assert models.rename(last.id, "Fan").name == "Fan 3"
    assert models.rename(last.id, "Fan 3").name == "Fan 3"
    assert len(models.rename(last.id, "x" * 5000).name) == models.LONGEST_NAME


def test_names_are_told_apart_when_many_are_given_at_once() -> None:
    ids = [models.save_model(fitted(), f"model {i}").id for i in range(8)]
    with ThreadPoolExecutor(8) as threads:
        names = [record.name for record in threads.map(lambda i: models.rename(i, "Fan"), ids)]
    assert sorted(names) == ["Fan", *(f"Fan {i}" for i in range(2, 9))]


def test_a_model_that_cannot_be_kept_leaves_nothing(
    hearmap_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = fitted()
    models.save_model(detector, "first")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def down() -> None:
        raise StoreError("The database is down.")

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="disk is full"):
        patch.setattr(os, "fsync", full)
        models.save_model(detector, "second")
    with monkeypatch.context() as patch, pytest.raises(StoreError, match="is down"):
        patch.setattr(models, "writing", down)
        models.save_model(detector, "second")
    assert [record.name for record in models.list_models()] == ["first"]
    assert len(list((hearmap_home / "models").iterdir())) == 1


def test_deletion_can_be_undone() -> None:
    record = models.save_model(fitted(), "Fan")
    clip_id = saved_clip(0.95)
    scores.save_score(record.id, clip_id, models.load_model(record.id).score(tone(0.95)))
    models.delete(record.id)
    assert models.list_models() == [] and not record.folder.exists()
    for use in (models.get_model, models.load_model, models.delete, scores.list_scores):
        with pytest.raises(StoreError, match="it was deleted"):
            use(record.id)
    other = models.save_model(fitted(), "Fan")
    assert models.undo_delete(record.id).name == "Fan 2"
    assert {model.id for model in models.list_models()} == {record.id, other.id}
    assert models.load_model(record.id).n_clips == 9
    assert scores.load_map(record.id, clip_id).score == pytest.approx(0.95, abs=1e-3)
    with pytest.raises(StoreError, match="too long ago"):
        models.undo_delete("none")


def test_old_trash_is_thrown_out(monkeypatch: pytest.MonkeyPatch, hearmap_home: Path) -> None:
    old, new = models.save_model(fitted(), "old"), models.save_model(fitted(), "new")
    models.delete(old.id)
    monkeypatch.setattr(models, "TRASH_DAYS", 0)
    models.delete(new.id)
    assert list((hearmap_home / "trash" / "models").iterdir()) == []
    with pytest.raises(StoreError, match="too long ago"):
        models.undo_delete(old.id)


def test_a_model_whose_folder_is_damaged_or_gone() -> None:
    record = models.save_model(fitted(), "Fan")
    path = record.folder / "tensors.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        models.load_model(record.id)
    for path in record.folder.iterdir():
        path.unlink()
    record.folder.rmdir()
    with pytest.raises(ModelError, match="is not there"):
        models.load_model(record.id)
    models.delete(record.id)
    assert models.list_models() == []


def test_a_threshold_moved_changes_verdicts_and_no_score() -> None:
    record = models.save_model(fitted(), "Fan")
    detector = models.load_model(record.id)
    ids = {peak: saved_clip(peak) for peak in (0.55, 0.85, 0.95)}
    for peak, clip_id in ids.items():
        scores.save_score(record.id, clip_id, detector.score(tone(peak)))
    before = scores.list_scores(record.id)
    assert [score.clip_id for score in before] == [ids[0.95], ids[0.85], ids[0.55]]
    assert [score.anomalous for score in before] == [True, False, False]

    moved = thresholds.set_false_alarm_rate(record.id, 0.5)
    after = scores.list_scores(record.id)
    assert [score.score for score in after] == [score.score for score in before]
    assert [score.anomalous for score in after] == [True, True, True]
    assert moved.threshold == after[0].threshold == pytest.approx(0.5, abs=1e-3)
    assert models.load_model(record.id).false_alarm_rate == 0.5
    # The same as scoring again at the new rate.
    again = models.load_model(record.id).score(tone(0.85))
    loaded = scores.load_map(record.id, ids[0.85])
    assert loaded.regions == again.regions != ()
    assert loaded.threshold == again.threshold
    for rate in (0.0, 1.0, float("nan")):
        with pytest.raises(SettingError, match="between 0 and 1"):
            thresholds.set_false_alarm_rate(record.id, rate)


def test_a_score_comes_back_as_it_was() -> None:
    record = models.save_model(fitted(), "Fan")
    result, clip_id = models.load_model(record.id).score(tone(0.95)), saved_clip(0.95)
    scores.save_score(record.id, clip_id, result)
    loaded = scores.load_map(record.id, clip_id)
    for name in ("raw", "evidence", "freq_hz", "time_s"):
        assert np.array_equal(getattr(loaded, name), getattr(result, name))
        assert getattr(loaded, name).dtype == getattr(result, name).dtype
    assert (loaded.score, loaded.p_value) == (result.score, result.p_value)
    (score,) = scores.list_scores(record.id)
    assert score.regions == result.regions and score.clip_name == "tone 0.95.wav"
    assert len(score.strip) == 200 and max(score.strip) == pytest.approx(result.score, abs=1e-6)
    assert score.strip.index(max(score.strip)) in range(95, 112)
    assert score.duration_seconds == pytest.approx(1.0)


def test_an_error_takes_the_place_of_a_score_and_back() -> None:
    record, clip_id = models.save_model(fitted(), "Fan"), saved_clip(0.95)
    scores.save_score(record.id, clip_id, AudioError("“tone” cannot be read."))
    other = saved_clip(0.1)
    scores.save_score(record.id, other, models.load_model(record.id).score(tone(0.1)))
    assert [score.error for score in scores.list_scores(record.id)] == [
        None,
        "“tone” cannot be read.",
    ]
    with pytest.raises(StoreError, match="“tone” cannot be read"):
        scores.load_map(record.id, clip_id)
    scores.save_score(record.id, clip_id, models.load_model(record.id).score(tone(0.95)))
    assert [score.error for score in scores.list_scores(record.id)] == [None, None]


def test_damaged_and_missing_maps(hearmap_home: Path) -> None:
    record, clip_id = models.save_model(fitted(), "Fan"), saved_clip(0.95)
    with pytest.raises(StoreError, match="was not scored"):
        scores.load_map(record.id, clip_id)
    scores.save_score(record.id, clip_id, models.load_model(record.id).score(tone(0.95)))
    path = hearmap_home / "maps" / record.id / f"{clip_id}.npz"
    whole = path.read_bytes()
    raw = whole.index(scores.load_map(record.id, clip_id).raw.tobytes())
    flipped = [
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in (*range(raw, raw + 9600, 600), raw + 9599)
    ]
    for data in (b"", b"text", whole[:-30], whole[: len(whole) // 2], *flipped):
        path.write_bytes(data)
        with pytest.raises(StoreError, match=r"“tone 0\.95\.wav” is damaged"):
            scores.load_map(record.id, clip_id)
    np.savez(path, raw=np.array([{}], dtype=object))
    with pytest.raises(StoreError, match="damaged"):
        scores.load_map(record.id, clip_id)
    path.unlink()
    with pytest.raises(StoreError, match="is gone"):
        scores.load_map(record.id, clip_id)


def test_full_disk_keeps_the_earlier_map(monkeypatch: pytest.MonkeyPatch) -> None:
    record, clip_id = models.save_model(fitted(), "Fan"), saved_clip(0.95)
    detector = models.load_model(record.id)
    scores.save_score(record.id, clip_id, detector.score(tone(0.95)))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="disk is full"):
        patch.setattr(os, "fsync", full)
        scores.save_score(record.id, clip_id, detector.score(tone(0.2)))
    assert scores.load_map(record.id, clip_id).raw.max() == pytest.approx(0.95, abs=1e-3)
    folder = scores.maps_dir() / record.id
    assert [path.name for path in folder.iterdir()] == [f"{clip_id}.npz"]


def test_scores_go_with_their_clip_and_need_one(hearmap_home: Path) -> None:
    record, clip_id = models.save_model(fitted(), "Fan"), saved_clip(0.95)
    result = models.load_model(record.id).score(tone(0.95))
    scores.save_score(record.id, clip_id, result)
    delete_recording(clip_id)
    assert scores.list_scores(record.id) == []
    assert list((hearmap_home / "maps" / record.id).iterdir()) == []
    with pytest.raises(StoreError, match="recording is no longer here"):
        scores.save_score(record.id, clip_id, result)
    with pytest.raises(StoreError, match="model is no longer here"):
        scores.save_score("none", saved_clip(0.3), result)
