"""The app from its entry script: every view, empty and full, without a browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from streamlit.testing.v1 import AppTest

from app.text import fit, notices, start
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings, presets_of
from core.jobs.tasks.demo import DemoTask

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60


def app(view: str | None = None, **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=TIMEOUT_SECONDS)
    at.query_params.update(query)
    at.run()
    if view is not None:
        at.switch_page(f"views/{view}.py")
        at.query_params.update(query)
        at.run()
    return at


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.info, at.warning, at.error, at.title, at.subheader)
    said = "\n".join(str(element.value) for kind in kinds for element in kind)
    return said.replace("\u00a0", " ")


def noise(seed: int, seconds: float = 1.0, sample_rate: int = 16_000) -> bytes:
    samples = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * sample_rate))
    data = io.BytesIO()
    sf.write(data, samples, sample_rate, format="WAV")
    return data.getvalue()


class FakeJobs:
    """Stands in for core.jobs: what is submitted stays as it is told to be."""

    def __init__(self) -> None:
        self.jobs: dict[str, Any] = {}
        self.submitted: list[tuple[str, dict[str, Any]]] = []

    def submit(self, task: Any) -> str:
        from core.jobs import Job
        from core.storage.tables import now

        task.check()
        kind, arguments = task.kind, task.as_record()
        self.submitted.append((kind, arguments))
        job_id = f"job{len(self.jobs)}"
        self.jobs[job_id] = Job(
            id=job_id, kind=kind, state="running", stage="Reading clips", fraction=0.3,
            seconds_left=42.0, message="", arguments=arguments, result={},
            cancel_requested=False, created_at=now(), started_at=now(), finished_at=None,
        )  # fmt: skip
        return job_id

    def get_job(self, job_id: str) -> Any:
        from core.errors import StoreError

        if job_id not in self.jobs:
            raise StoreError("No such work.")
        return self.jobs[job_id]

    def list_jobs(self, active_only: bool = False) -> list[Any]:
        return [job for job in self.jobs.values() if job.active or not active_only]

    def cancel(self, job_id: str) -> None:
        self.end(job_id, state="cancelled")

    def end(self, job_id: str, **changes: Any) -> None:
        import dataclasses

        self.jobs[job_id] = dataclasses.replace(self.jobs[job_id], **changes)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> FakeJobs:
    fake = FakeJobs()
    for name in ("submit", "get_job", "list_jobs", "cancel"):
        monkeypatch.setattr(f"core.jobs.{name}", getattr(fake, name))
    return fake


def upload(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    sent = [(name, data, "audio/wav") for name, data in files]
    at.file_uploader[0].set_value(sent).run()
    return at


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (None, start.NO_MODEL),
        ("fit", fit.EMPTY),
        ("score", notices.MODEL_FIRST),
        ("listen", notices.MODEL_FIRST),
        ("tune", notices.MODEL_FIRST),
        ("triage", notices.MODEL_FIRST),
    ],
)
def test_an_empty_view_says_what_to_do_next(view: str | None, said: str) -> None:
    at = app(view)
    assert not at.exception
    assert said in texts(at)


def test_the_demo_is_one_press_and_survives_a_reload(jobs: FakeJobs) -> None:
    at = app()
    at.button(key="try_demo").click().run()
    assert jobs.submitted == [("demo", DemoTask(machine="fan").as_record())]
    again = app()
    assert again.button(key="cancel_job0").label == "Cancel"
    assert not [button for button in again.button if button.key == "try_demo"]


def test_a_failed_job_gives_its_sentence_as_plain_text_and_a_new_start(jobs: FakeJobs) -> None:
    at = app()
    at.button(key="try_demo").click().run()
    jobs.end("job0", state="failed", message="The disk is <b>full</b>.")
    at.run()
    assert r"The disk is \<b\>full\</b\>\." in texts(at)
    assert at.button(key="try_demo")


def test_uploads_are_checked_bad_ones_left_out_and_the_uploader_emptied(jobs: FakeJobs) -> None:
    at = app("fit")
    upload(
        at, ("a.wav", noise(1)), ("b.wav", noise(2)), ("twin.wav", noise(2)),
        ("<script>*x*.wav", noise(3)), ("empty.wav", b""), ("note.wav", b"just text"),
    )  # fmt: skip
    assert not at.exception
    said = texts(at)
    assert "3 recordings" in said
    assert "3 files left out" in said
    assert said.count("empty\\.wav") == 1 and said.count("note\\.wav") == 1
    assert "twin" in said
    assert "<script>" not in said
    table = at.dataframe[0].value
    assert list(table["name"]) == ["a.wav", "b.wav, also twin.wav", "<script>*x*.wav"]
    assert not at.file_uploader[0].value


def test_a_fit_is_submitted_with_what_was_chosen_and_found_again(jobs: FakeJobs) -> None:
    at = app("fit")
    upload(at, *((f"{k}.wav", noise(k)) for k in range(3)))
    at.text_input(key="model_name").set_value("Pump [3]").run()
    next(button for button in at.button if button.label == "Fit").click().run()
    kind, arguments = jobs.submitted[0]
    assert kind == "fit"
    assert len(set(arguments["clip_ids"])) == 3
    assert arguments["model_name"] == "Pump [3]"
    assert (arguments["head"], arguments["channel"]) == (RECOMMENDED_HEAD, 0)
    assert (arguments["preset"], arguments["groups"]) == ("recommended", None)
    assert arguments["false_alarm_rate"] == pytest.approx(0.05)
    assert arguments["head_settings"] == {}
    again = app("fit")
    assert any("Pump \\[3\\]" in str(element.value) for element in again.markdown)
    again.button(key="cancel_job0").click().run()
    assert jobs.jobs["job0"].state == "cancelled"


def press_fit(at: AppTest) -> None:
    next(button for button in at.button if button.label == "Fit").click().run()


def test_the_recommended_form_says_what_it_does_and_the_published_one_is_a_click_away(
    jobs: FakeJobs,
) -> None:
    at = app("fit")
    upload(at, *((f"{k}.wav", noise(k)) for k in range(3)))
    assert presets_of(RECOMMENDED_HEAD)["recommended"] in texts(at)
    start = preset_settings(RECOMMENDED_HEAD, "recommended")
    shown = at.selectbox(key=f"set_{RECOMMENDED_HEAD}_recommended_views").value
    assert shown == start["views"] != "training"
    at.button_group(key="preset").set_value("published").run()
    assert presets_of(RECOMMENDED_HEAD)["published"] in texts(at)
    at.selectbox(key="head").set_value("patchcore").run()
    assert at.selectbox(key="set_patchcore_published_views").value == "training"
    at.number_input(key="set_patchcore_published_bank_size").set_value(500).run()
    press_fit(at)
    arguments = jobs.submitted[0][1]
    assert (arguments["head"], arguments["preset"]) == ("patchcore", "published")
    assert arguments["head_settings"] == {"bank_size": 500}


def test_the_level_counts_where_somebody_says_so_and_the_form_compares_it(jobs: FakeJobs) -> None:
    at = app("fit")
    upload(at, *((f"{k}.wav", noise(k)) for k in range(3)))
    assert at.checkbox(key="level_counts").value is False
    at.checkbox(key="level_counts").check().run()
    at.button_group(key="preset").set_value("published").run()
    assert "level_counts" not in [box.key for box in at.checkbox]
    at.button_group(key="preset").set_value("recommended").run()
    at.checkbox(key="level_counts").check().run()
    press_fit(at)
    assert jobs.submitted[0][1]["level_counts"] is True


def test_a_method_that_learns_from_classes_asks_for_them(jobs: FakeJobs) -> None:
    at = app("fit")
    names = ["fan_1.wav", "fan_2.wav", "pump_1.wav", "pump_2.wav"]
    upload(at, *((name, noise(k)) for k, name in enumerate(names)))
    at.selectbox(key="head").set_value("anopatch").run()
    offered = at.selectbox(key="own_backbone")
    assert offered.value == "beats-small" and len(offered.options) == 1, "no other weights are here"
    at.button_group(key="preset_anopatch").set_value("small").run()
    assert "All 4 recordings are of one class" in texts(at)
    assert next(button for button in at.button if button.label == "Fit").disabled
    at.selectbox(key="classes").set_value("name-field").run()
    assert "4 recordings, 2 classes" in texts(at)
    press_fit(at)
    arguments = jobs.submitted[0][1]
    assert arguments["labels"] == ["fan", "fan", "pump", "pump"]
    assert (arguments["backbone"], arguments["preset"]) == ("beats-small", "small")


def test_recordings_that_belong_together_are_told_by_their_names(jobs: FakeJobs) -> None:
    at = app("fit")
    names = ["1-17150-A.wav", "1-17150-B.wav", "1-9-A.wav", "2-8-A.wav"]
    upload(at, *((name, noise(k)) for k, name in enumerate(names)))
    assert "4 recordings, 4 groups." in texts(at)
    at.selectbox(key="grouping").set_value("field").run()
    assert "4 recordings, 3 groups. With fewer than 10" in texts(at)
    press_fit(at)
    assert jobs.submitted[0][1]["groups"] == ["17150", "17150", "9", "8"]


def test_one_group_alone_cannot_be_fitted_and_that_is_said(jobs: FakeJobs) -> None:
    at = app("fit")
    upload(at, *((f"pump_{k}.wav", noise(k)) for k in range(3)))
    at.selectbox(key="grouping").set_value("prefix").run()
    assert "3 recordings, 1 group. At least two" in texts(at)
    assert next(button for button in at.button if button.label == "Fit").disabled


def test_one_clip_is_too_few_and_the_button_says_so(jobs: FakeJobs) -> None:
    at = app("fit")
    upload(at, ("a.wav", noise(1)))
    assert next(button for button in at.button if button.label == "Fit").disabled
    assert "needs at least" in texts(at)


def test_an_unexpected_error_is_a_sentence_and_goes_to_the_log(
    monkeypatch: pytest.MonkeyPatch, hearmap_home: Path
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("core.storage.models.list_models", broken)
    at = app()
    assert not at.exception
    assert "did not expect" in texts(at)
    assert "secret detail" not in texts(at)
    assert "secret detail" in (hearmap_home / "logs" / "app.log").read_text()


def test_an_error_with_a_sentence_shows_it_as_plain_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.errors import StoreError

    def broken() -> None:
        raise StoreError("“<i>x</i>” is *gone*.")

    monkeypatch.setattr("core.storage.models.list_models", broken)
    at = app()
    assert at.error[0].value == r"“\<i\>x\</i\>” is \*gone\*\."


def test_a_link_to_a_model_that_is_gone_does_not_break(jobs: FakeJobs) -> None:
    at = app("score", model="nonesuch", job="nonesuch")
    assert not at.exception
    assert notices.MODEL_FIRST in texts(at)


def test_the_data_root_never_leads_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: FakeJobs
) -> None:
    from app.widgets.uploading import folders_below

    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "rain").mkdir(parents=True)
    outside.mkdir()
    (root / "rain" / "a.wav").write_bytes(noise(1))
    (outside / "b.wav").write_bytes(noise(2))
    (root / "link").symlink_to(outside)
    (root / "rain" / "linked.wav").symlink_to(outside / "b.wav")
    monkeypatch.setenv("HEARMAP_DATA_ROOT", str(root))
    assert "rain" in folders_below(root)
    at = app("fit")
    at.button_group(key="upload_source_fit").set_value("A folder on the server").run()
    at.selectbox(key="folder_fit").set_value("rain").run()
    at.button(key="add_fit").click().run()
    assert list(at.dataframe[0].value["name"]) == ["rain/a.wav"]


def test_silence_can_be_scored_but_not_fitted_on(jobs: FakeJobs) -> None:
    from core.storage.models import save_model
    from tests.support.fake_detector import FakeDetector, tone

    save_model(FakeDetector().fit([tone(0.1), tone(0.2)]), "Fan")  # type: ignore[arg-type]
    data = io.BytesIO()
    sf.write(data, np.zeros(8000), 8000, format="WAV")
    at = upload(app("score"), ("off.wav", data.getvalue()))
    next(button for button in at.button if button.label == "Score 1 recording").click().run()
    assert len(jobs.submitted[0][1]["clip_ids"]) == 1
    at = upload(app("fit"), ("off.wav", data.getvalue()))
    assert "is silent" in texts(at) and "1 file left out" in texts(at)


def test_mixed_rates_and_lengths_are_said_before_the_fit_and_twins_in_one_sentence(
    jobs: FakeJobs,
) -> None:
    at = upload(app("fit"), ("a.wav", noise(1)), ("b.wav", noise(2)))
    assert not at.exception and "differ in more than their sound" not in texts(at)
    same = [(f"twin {n}.wav", noise(1)) for n in range(5)]
    at = upload(at, ("c.wav", noise(3, 4.0, 8000)), *same)
    said = texts(at).replace("\\", "")
    assert "8 kHz (1), 16 kHz (2)" in said and "from 1.0 s to 4.0 s" in said
    assert said.count("the same as others") == 1 and "and 2 more" in said


def test_the_microphone_is_a_clip_like_any_other(jobs: FakeJobs) -> None:
    from core.storage.models import save_model
    from tests.support.fake_detector import FakeDetector, tone

    save_model(FakeDetector().fit([tone(0.1), tone(0.2)]), "Fan")  # type: ignore[arg-type]
    at = app("score")
    at.button_group(key="upload_source_score").set_value("Microphone").run()
    assert not at.exception
    recorder = at.get("audio_input")[0]
    recorder.set_value(("spoken.wav", noise(1), "audio/wav")).run()
    assert not at.exception
    next(button for button in at.button if button.label == "Score 1 recording").click().run()
    kind, arguments = jobs.submitted[0]
    assert kind == "score" and len(arguments["clip_ids"]) == 1
    from core.storage.recordings import get_recording

    kept = get_recording(arguments["clip_ids"][0])
    assert kept.name.startswith("microphone 20") and kept.info.problem is None
