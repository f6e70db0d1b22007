"""The Benchmark view: empty, at work, stopped, failed and full, with what it shows of the data."""

from __future__ import annotations

import dataclasses
import json

import pytest

from core.evaluation.benchmarks import saved
from core.evaluation.benchmarks.results import Measured, ResultRow, write_results, write_text
from core.evaluation.benchmarks.run_saved import mix_set
from core.jobs.tasks.bench import BenchTask
from core.runtime.paths import benchmarks_dir
from tests.app.test_app import FakeJobs, app, jobs, texts

__all__ = ["jobs"]

SETTINGS = {
    "source": "machines", "normals": ["fan", "pump"], "heads": ["padim"],
    "presets": ["published", "recommended"], "snr_db": [6.0, -6.0], "n_faithful": 0,
    "most_training": 4, "most_tests": 2, "seed": 0,
}  # fmt: skip


def finished_benchmark() -> str:
    """Two methods on two machines with numbers that a test knows."""
    rows, clips = [], []
    for preset, better in (("published", 0.0), ("recommended", 0.2)):
        for normal, value in (("fan", 0.75), ("pump", 0.55)):
            method = {"head": "padim", "preset": preset, "backbone": "aisfx"}
            shared = method | {"data_set": "machines", "normal": normal}
            for seed in range(2):
                clips.append(clip(shared, None, f"{normal} normal {seed}", seed, seed + 1.0, False))
            for snr_db in (6.0, -6.0):
                for level in ("sample", "spectrogram", "temporal"):
                    row = {"snr_db": snr_db, "level": level, "metric": "ROC", "n": 4}
                    at = value + better
                    rows.append(ResultRow(**shared, **row, value=at, low=at - 0.1, high=at + 0.1))
                for seed, score in ((7, 1.5), (8, 3.0)):
                    clips.append(clip(shared, snr_db, f"{normal} unlike {seed}", seed, score, True))
    benchmark = saved.benchmark_id(SETTINGS)
    folder = benchmarks_dir() / benchmark
    write_text(folder / saved.SETTINGS_NAME, json.dumps(SETTINGS))
    write_results(folder, SETTINGS, Measured(rows, clips), "tables\n")
    return benchmark


def clip(shared, snr_db, name, seed, score, anomalous):
    made_from = {"kind": "machine", "machine": shared["normal"], "seed": seed, "seconds": 2.0}
    if anomalous:
        made_from["fault"] = {"fan": "blade rub", "pump": "leak"}[shared["normal"]]
    return shared | {
        "snr_db": snr_db, "clip": name, "anomalous": anomalous, "event": None, "score": score,
        "p_value": 0.1, "threshold": 2.0, "values": {}, "made_from": made_from,
    }  # fmt: skip


def test_empty_it_offers_the_demo_machines_and_runs_them_as_a_job(jobs: FakeJobs) -> None:
    at = app("benchmark")
    assert not at.exception
    assert "No benchmark is finished yet" in texts(at)
    assert "HEARMAP_DATA_ROOT" in texts(at)
    at.button(key="bench_run").click().run()
    ((kind, arguments),) = jobs.submitted
    assert kind == "bench"
    assert (arguments["source"], arguments["normals"]) == ("machines", ["fan"])
    assert arguments["snr_db"] == [6.0, 0.0, -6.0]
    assert "Measuring padim on fan" in texts(at)


def test_full_it_shows_numbers_curves_classes_and_clips(jobs: FakeJobs) -> None:
    at = app("benchmark", benchmark=finished_benchmark())
    assert not at.exception
    said = texts(at)
    assert "**PaDiM, recommended** separates anomalous from normal recordings best" in said
    assert "AUROC of 85.0 %" in said
    assert "Hardest: pump for PaDiM, as published, 55.0" in said
    table = at.dataframe[0].value
    first = table[(table.level == "sample") & (table.method == "PaDiM, as published")].iloc[0]
    assert (first.ours, first.paper) == pytest.approx((65.0, 86.3))
    assert first.difference == pytest.approx(-21.3)
    assert len(at.get("audio")) == 1 + 1 + 2
    assert said.index("fan unlike 8") < said.index("fan unlike 7")


def test_stopped_it_says_what_is_kept_and_goes_on(jobs: FakeJobs) -> None:
    folder = benchmarks_dir() / saved.benchmark_id(SETTINGS)
    write_text(folder / saved.SETTINGS_NAME, json.dumps(SETTINGS))
    job = jobs.submit(BenchTask(**SETTINGS))
    jobs.end(job, state="cancelled")
    at = app("benchmark", job=job)
    assert "What was measured is saved" in texts(at)
    at.button(key=f"go_on_{folder.name}").click().run()
    assert jobs.submitted[-1] == ("bench", SETTINGS)


def test_failed_it_gives_the_reason(jobs: FakeJobs) -> None:
    job = jobs.submit(BenchTask(**SETTINGS))
    jobs.end(job, state="failed", message="The disk is full.")
    at = app("benchmark", job=job)
    assert "failed. The disk is full" in texts(at)


def test_a_damaged_benchmark_is_a_sentence(jobs: FakeJobs) -> None:
    benchmark = finished_benchmark()
    (benchmarks_dir() / benchmark / "results.json").write_text("{")
    at = app("benchmark", benchmark=benchmark)
    assert not at.exception
    assert "damaged" in texts(at)


def test_nothing_outside_the_data_root_is_read(tmp_path, monkeypatch) -> None:
    from core.errors import BenchmarkError, SettingError

    arguments = {"source": "esc50", "folder": "../outside"}
    monkeypatch.delenv("HEARMAP_DATA_ROOT", raising=False)
    with pytest.raises(SettingError, match="HEARMAP_DATA_ROOT"):
        mix_set(arguments)
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    monkeypatch.setenv("HEARMAP_DATA_ROOT", str(tmp_path / "root"))
    with pytest.raises(BenchmarkError, match="outside the data root"):
        mix_set(arguments)
    with pytest.raises(BenchmarkError, match="no benchmark of that name"):
        saved.read_rows("../../etc")


def test_rows_and_clips_come_back_as_they_were_kept() -> None:
    benchmark = finished_benchmark()
    assert [one.id for one in saved.list_benchmarks()] == [benchmark]
    assert saved.list_benchmarks()[0].is_finished
    assert dataclasses.asdict(saved.read_rows(benchmark)[0])["metric"] == "ROC"
    assert len(saved.read_clips(benchmark)) == 4 * (2 + 4)
    saved.delete_benchmark(benchmark)
    assert saved.list_benchmarks() == []
