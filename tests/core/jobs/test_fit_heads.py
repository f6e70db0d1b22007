"""Other heads on the recordings of one model: the same clips, a model and a score each."""

import pytest

from core.audio import wav_bytes
from core.errors import SettingError
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.fit_heads import FitHeadsTask
from core.storage import models, recordings
from core.storage.scores import list_scores
from core.storage.training import fit_arguments
from tests.support.fake_detector import FakeDetector, tone


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, list[str]]:
    """A model with settings of its own head, a clip to score, and what the model was fitted on."""
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    kept = [
        recordings.add_recording(f"{peak}.wav", wav_bytes(tone(peak).samples, 8000)).id
        for peak in (0.1, 0.15, 0.2, 0.25)
    ]
    task = FitTask(
        clip_ids=kept[:3],
        model_name="Fan",
        head="patchcore",
        groups=["a", "b", "b"],
        seed=3,
        head_settings={"bank_size": 10},
    )
    return task.run()["model_id"], kept[3], kept[:3]


def test_each_head_is_fitted_on_the_same_clips_and_scores_the_clip(
    fitted: tuple[str, str, list[str]],
) -> None:
    model_id, clip_id, normal = fitted
    task = FitHeadsTask(model_id=model_id, clip_id=clip_id, heads=["padim", "cfa"])
    seen: list[tuple[str, float]] = []
    result = task.run(lambda stage, share: seen.append((stage, share)))
    assert result["failed"] == []
    for head, new_id in zip(["padim", "cfa"], result["model_ids"], strict=True):
        record, how = models.get_model(new_id), fit_arguments(new_id)
        assert (record.head, record.n_clips) == (head, 3)
        assert record.name.startswith("Fan: ")
        assert how["clip_ids"] == normal
        assert (how["seed"], how["groups"]) == (3, ["a", "b", "b"])
        # Another head's settings mean nothing to this one.
        assert how["head_settings"] == {}
        assert [score.clip_id for score in list_scores(new_id)] == [clip_id]
    shares = [share for _, share in seen]
    assert shares == sorted(shares)


def test_a_head_that_fails_leaves_the_others(
    fitted: tuple[str, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id, clip_id, normal = fitted
    for clip in normal[1:]:
        recordings.delete_recording(clip)
    result = FitHeadsTask(model_id=model_id, clip_id=clip_id, heads=["padim", "cfa"]).run()
    assert result["model_ids"] == []
    assert len(result["failed"]) == 2
    assert result["failed"][0].startswith("PaDiM: At least 2")


def test_an_unknown_head_and_a_model_from_elsewhere_are_refused(
    fitted: tuple[str, str, list[str]],
) -> None:
    model_id, clip_id, _ = fitted
    with pytest.raises(SettingError, match="no head “nonsense”"):
        FitHeadsTask(model_id=model_id, clip_id=clip_id, heads=["nonsense"]).check()
    elsewhere = models.save_model(FakeDetector().fit([tone(0.1), tone(0.2)]), "Elsewhere")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="not in the store"):
        FitHeadsTask(model_id=elsewhere.id, clip_id=clip_id, heads=["cfa"]).run()
