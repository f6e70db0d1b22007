"""A model goes to another home as one file and is the same there; nothing else gets in as one."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.detectors.model_folder import MANIFEST, TENSORS
from core.errors import ModelError, StoreError
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.runtime.resource_usage import ResourceUsage
from core.storage import costs, database, models, scores, thresholds, training
from core.storage.archive import RECORD, export_model, import_model
from tests.core.storage.test_models import fitted, printed_by, saved_clip
from tests.support.fake_detector import FakeDetector, tone


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    yield
    database.close()


def exported() -> tuple[models.ModelRecord, bytes]:
    record = models.save_model(
        fitted(), "Fan", channel="mean", arguments={"clip_ids": ["a"]}, fit_seconds=1.5
    )
    models.set_note(record.id, "in the cellar")
    thresholds.set_false_alarm_rate(record.id, 0.3, note="too strict", by="Ann")
    thresholds.set_false_alarm_rate(record.id, 0.5, by="Ben")
    thresholds.undo(record.id, by="Ben")
    return models.get_model(record.id), export_model(record.id)


def repacked(data: bytes, *, compress: int = zipfile.ZIP_STORED, **changed: bytes | None) -> bytes:
    """The file with members changed, left out (None) or added."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members: dict[str, bytes | None] = {n: archive.read(n) for n in archive.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as archive:
        for name, content in (members | changed).items():
            if content is not None:
                archive.writestr(name, content)
    return buffer.getvalue()


def test_a_model_is_the_same_in_another_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, data = exported()
    before = thresholds.history(record.id)
    score = models.load_model(record.id).score(tone(0.85))
    database.close()
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path / "elsewhere"))
    found = import_model(io.BytesIO(data), "fan.hearmap")
    assert found.id != record.id and models.list_models() == [found]
    for name in ("name", "note", "head", "channel", "n_clips", "threshold", "fit_seconds",
                 "false_alarm_rate", "created_at", "size_bytes"):  # fmt: skip
        assert getattr(found, name) == getattr(record, name), name
    again = models.load_model(found.id).score(tone(0.85))
    assert np.array_equal(again.raw, score.raw) and again.regions == score.regions
    after = thresholds.history(found.id)
    assert [(c.false_alarm_rate, c.note, c.by, c.created_at) for c in after] == [
        (c.false_alarm_rate, c.note, c.by, c.created_at) for c in before
    ]
    assert [change.undoes for change in after] == [after[1].id, None, None, None]
    assert thresholds.undo(found.id).false_alarm_rate == 0.1
    assert training.fit_arguments(found.id) == {"clip_ids": ["a"]}
    # Imported twice it is there twice, under names of their own.
    assert import_model(data).name == "Fan 2"


def test_every_changed_byte_is_found(hearmap_home: Path) -> None:
    _, data = exported()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = {info.filename: info.header_offset + 60 for info in archive.infolist()}
    places = [start[MANIFEST], start[TENSORS] + 40, start[RECORD] + 200, len(data) - 30]
    for place in places:
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(ModelError, match=r"“fan\.hearmap” is (damaged|not a model)"):
            import_model(changed, "fan.hearmap")
    for cut in (data[: len(data) // 2], data[:-10], data[:30]):
        with pytest.raises(ModelError, match=r"“fan\.hearmap” is (damaged|not a model)"):
            import_model(cut, "fan.hearmap")
    assert len(models.list_models()) == 1
    assert len(list((hearmap_home / "models").iterdir())) == 1


def test_what_is_no_exported_model(hearmap_home: Path) -> None:
    _, data = exported()
    other = {"../escaped.txt": b"x", "/etc/passwd": b"x", "folder/": b""}
    hostile = [
        b"",
        b"text",
        *(repacked(data, **{name: content}) for name, content in other.items()),
        repacked(data, **{TENSORS: None}),
        repacked(data, **{TENSORS: None, "../tensors.safetensors": b"x"}),
    ]
    for file in hostile:
        with pytest.raises(ModelError, match="is not a model exported from HearMap"):
            import_model(file, "x.zip")
    bomb = repacked(data, compress=zipfile.ZIP_DEFLATED, **{TENSORS: bytes(50_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(ModelError, match="packed again by another program"):
        import_model(bomb, "x.zip")
    nonsense = [b"{}", b"[]", b"\xff", b'{"record_version": "a"}', b"[" * 100_000]
    for record in nonsense:
        with pytest.raises(ModelError, match="is damaged"):
            import_model(repacked(data, **{RECORD: record}), "x.zip")
    assert len(list((hearmap_home / "models").iterdir())) == 1
    assert not list(hearmap_home.rglob("*escaped*"))


def test_a_record_that_was_forged() -> None:
    from core.detectors.model_folder import content_sha256

    _, data = exported()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = json.loads(archive.read(RECORD))
    del content["sha256"]

    def forged(**changes: object) -> bytes:
        changed = content | changes
        text = json.dumps(changed | {"sha256": content_sha256(changed)})
        return repacked(data, **{RECORD: text.encode()})

    first = content["history"][0]
    for changes in (
        {"calibration": {}},
        {"calibration": content["calibration"] | {"clip_scores": ["x"]}},
        {"channel": "../.."},
        {"history": []},
        {"history": [first | {"false_alarm_rate": 2.0}]},
        {"history": [first | {"undoes": 7}]},
        {"created_at": "yesterday"},
        {"arguments": 3},
    ):
        with pytest.raises(ModelError, match="is damaged"):
            import_model(forged(**changes), "x.zip")
    with pytest.raises(ModelError, match="exported by a newer HearMap"):
        import_model(forged(record_version=3), "x.zip")
    assert len(models.list_models()) == 1
    assert import_model(forged(name="<b>Fan</b>\n\x00")).name == "<b>Fan</b> \ufffd"


def test_a_disk_or_database_that_refuses_leaves_nothing(
    hearmap_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = exported()

    def down() -> None:
        raise StoreError("The database is down.")

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="is down"):
        patch.setattr("core.storage.archive.writing", down)
        import_model(data)
    assert len(list((hearmap_home / "models").iterdir())) == 1


def test_a_model_whose_files_are_gone_is_not_exported() -> None:
    record, _ = exported()
    (record.folder / TENSORS).unlink()
    with pytest.raises(ModelError, match="“Fan” is incomplete"):
        export_model(record.id)
    models.delete(record.id)
    with pytest.raises(StoreError, match="it was deleted"):
        export_model(record.id)


def test_what_a_model_was_trained_on_is_read_without_pytorch() -> None:
    record = models.save_model(fitted(), "Fan")
    program = (
        "import sys; from core.storage import archive, training; "
        f"found = training.trained_on('{record.id}'); archive.export_model('{record.id}'); "
        "print(len(found.clips), found.clips[0].name, sum(clip.seconds for clip in found.clips), "
        "'torch' in sys.modules)"
    )
    assert printed_by(program) == "9 tone 0.1 9.0 False\n"


def test_a_fit_keeps_what_it_was_asked_for_and_its_time() -> None:
    ids = [saved_clip(peak) for peak in (0.2, 0.4, 0.6)]
    asked = {"clip_ids": ids, "model_name": "Fan", "groups": ["a", "b", "b"], "seed": 3}
    task = FitTask.from_record(asked | {"resumed_since": "2026-01-01T00:00:00+00:00"})
    model_id = task.run()["model_id"]
    kept = training.fit_arguments(model_id)
    assert kept.items() >= asked.items() and "resumed_since" not in kept
    assert FitTask.from_record(kept) == task
    fit_seconds = models.get_model(model_id).fit_seconds
    assert fit_seconds is not None and fit_seconds > 0.0
    # A model that the command line made says at least what it is.
    other = training.fit_arguments(models.save_model(fitted(), "Other").id)
    assert (other["clip_ids"], other["head"], other["false_alarm_rate"]) == ([], "patchcore", 0.1)


@pytest.mark.parametrize("counts", [False, True])
def test_whether_the_level_counts_stays_with_a_model_and_with_a_fit_like_it(counts: bool) -> None:
    ids = [saved_clip(peak) for peak in (0.2, 0.4, 0.6)]
    model_id = FitTask(clip_ids=ids, level_counts=counts).run()["model_id"]
    assert training.trained_on(model_id).level_counts is counts
    assert FitTask.from_record(training.fit_arguments(model_id)).level_counts is counts
    # A model that the command line made says so in its manifest alone.
    detector = models.load_model(model_id)
    detector.settings = {"views": "both"}  # type: ignore[assignment]
    detector.level_counts = counts
    other = models.save_model(detector, "Other").id
    assert FitTask.from_record(training.fit_arguments(other)).level_counts is counts
    published = FitTask(clip_ids=ids, preset="published").run()["model_id"]
    assert training.trained_on(published).level_counts is None


def test_costs_are_medians_of_what_was_measured() -> None:
    record = models.save_model(fitted(), "Fan", fit_seconds=4.0)
    assert costs.model_cost(record.id) == costs.ModelCost(record.size_bytes, 4.0, None, None)
    result = models.load_model(record.id).score(tone(0.5))
    for peak, seconds in ((0.2, 0.1), (0.4, 0.3), (0.6, 9.0)):
        cost = ResourceUsage(seconds, int(1000 * peak))
        scores.save_score(record.id, saved_clip(peak), result, cost)
    scores.save_score(record.id, saved_clip(0.8), result)
    found = costs.model_cost(record.id)
    assert found.seconds_per_second == pytest.approx(0.3) and found.peak_memory_bytes == 600


def test_scoring_goes_on_where_it_was_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.storage.tables import now

    record = models.save_model(fitted(), "Fan")
    ids = [saved_clip(peak) for peak in (0.2, 0.4, 0.6)]
    ScoreTask(model_id=record.id, clip_ids=ids[:1]).run()
    asked = now()
    ScoreTask(model_id=record.id, clip_ids=ids[1:2]).run()
    heard: list[str] = []
    score = FakeDetector.score

    def listening(self, clip, progress):  # type: ignore[no-untyped-def]
        heard.append(clip.name)
        return score(self, clip, progress)

    monkeypatch.setattr(FakeDetector, "score", listening)
    task = ScoreTask(model_id=record.id, clip_ids=ids).resumed(asked)
    assert task.resumed(now()) == task
    done = {"n_scored": 3, "n_failed": 0, "left_out": [], "shift_note": ""}
    assert task.run() == done
    assert heard == ["tone 0.2.wav", "tone 0.6.wav"]
    (first, *_) = scores.list_scores(record.id)
    assert first.seconds is not None and first.seconds > 0
