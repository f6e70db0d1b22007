"""Listen from its entry script: what is asked for, what is shown of it, and what went wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import cache
from app.components.triage import rows_of
from app.text import downloads, explanation, notices
from app.widgets import recording_choice
from core import audio
from core.detectors.region_words import time_and_band
from core.storage import database, explanations, models, reports, scores
from core.storage.explanations import SavedExplanation, explanation_key
from core.storage.recordings import add_recording, delete_recording, recording_path
from core.storage.tables import now
from tests.app.test_app import FakeJobs, app, noise, texts
from tests.support.seeded_home import MODEL_ID, add_views, seed

N_SAMPLES = 4 * 44_100


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> FakeJobs:
    fake = FakeJobs()
    for name in ("submit", "get_job", "list_jobs", "cancel"):
        monkeypatch.setattr(f"core.jobs.{name}", getattr(fake, name))
    return fake


@pytest.fixture(autouse=True)
def seeded(hearmap_home: object) -> Iterator[None]:
    seed(6, n_sounds=2)
    yield
    database.close()


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (8, 4)).save(buffer, "PNG")
    return buffer.getvalue()


def done(kind: str, arguments: dict[str, Any], **values: Any) -> None:
    """The job's result is there, as its task would keep it."""
    names = {
        "explain": ["kept", "removed", "filled", "nearest"],
        "counterfactual": ["masked"],
        "try_mask": ["masked", "alone"],
    }[kind]
    sound = np.zeros(N_SAMPLES, np.float32)
    explanations.save(
        arguments["clip_id"],
        explanation_key(kind, arguments),
        SavedExplanation(
            {"note": "", "background": "pump *7*.wav", "nearest_name": "pump <b>7</b>.wav"}
            | values,
            44_100,
            dict.fromkeys(names, sound),
            dict.fromkeys(["clip", *names], picture()),
        ),
    )


def listen() -> AppTest:
    at = app("listen", model=MODEL_ID)
    assert not at.exception
    return at


def explained(jobs: FakeJobs, **values: Any) -> AppTest:
    listen()
    kind, arguments = jobs.submitted[-1]
    numbers = {"p": 0.95, "o": 0.9, "q": 0.2, "r": 0.1, "ff_v2": 0.85}
    done(kind, arguments, faithfulness=numbers, **values)
    jobs.end("job0", state="done")
    return listen()


def html(at: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in at.get("html"))


def test_a_recording_opens_and_its_explanation_is_asked_for_once(jobs: FakeJobs) -> None:
    at = listen()
    strongest = scores.list_scores(MODEL_ID)[0]
    (kind, arguments), *more = jobs.submitted
    assert kind == "explain" and not more
    assert arguments["clip_id"] == strongest.clip_id
    assert (arguments["background"], arguments["stretch"]) == ("nearest", None)
    at.run()
    assert len(jobs.submitted) == 1
    assert "Explaining a recording" in texts(at)


def test_faithfulness_is_said_drawn_and_user_text_stays_text(jobs: FakeJobs) -> None:
    at = explained(jobs)
    said = texts(at)
    assert "from 0.95 to 0.20 for the residual (−0.75)" in said
    assert "the evidence goes from 0.95 to 0.10 (−0.85)" in said
    assert r"pump \*7\*\.wav" in said and "<b>7" not in said
    cards = html(at)
    assert cards.count("<figure") == 5 and "evidence 0.95" in cards
    assert len(jobs.submitted) == 1


def test_stepping_on_gives_up_the_explanation_that_nobody_waits_for(jobs: FakeJobs) -> None:
    at = listen()
    at.button(key="next").click().run()
    assert [kind for kind, _ in jobs.submitted] == ["explain", "explain"]
    assert jobs.jobs["job0"].state == "cancelled"
    assert jobs.jobs["job1"].active


def test_a_click_is_not_lost_to_a_run_that_is_stopping(
    jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run of an explanation that ends sets the address back to what it began with."""
    at = listen()
    ids = [one.clip_id for one in scores.list_scores(MODEL_ID)]
    choose = recording_choice.choose_model

    def between(above: Any) -> Any:
        # Streamlit shares one address between the run that is told to stop and the new one.
        st.query_params["clip"] = ids[0]
        return choose(above)

    with monkeypatch.context() as patch:
        patch.setattr(recording_choice, "choose_model", between)
        at.button(key="next").click().run()
    assert ids[1] in at.query_params["clip"]
    at.run()
    assert ids[1] in at.query_params["clip"]
    # And it does not come back once the address has been followed.
    at.button(key="previous").click().run()
    assert ids[0] in at.query_params["clip"]
    at.run()
    assert ids[0] in at.query_params["clip"]


def test_the_next_recording_is_ready_before_it_is_asked_for(
    jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = listen()
    read: list[str] = []
    real = audio.read_clip

    def reading(path: Path, **options: Any) -> Any:
        read.append(path.stem)
        return real(path, **options)

    monkeypatch.setattr(audio, "read_clip", reading)
    at.button(key="next").click().run()
    third = scores.list_scores(MODEL_ID)[2].clip_id
    assert not at.exception and read == [third]


def test_another_background_is_another_piece_of_work(jobs: FakeJobs) -> None:
    at = explained(jobs)
    at.button_group(key="background").set_value("mean").run()
    assert jobs.submitted[-1][1]["background"] == "mean"


def test_what_would_make_it_normal_is_asked_for_by_a_button(jobs: FakeJobs) -> None:
    at = explained(jobs)
    at.button(key="start_counterfactual").click().run()
    kind, arguments = jobs.submitted[-1]
    assert (kind, arguments["rate"]) == ("counterfactual", 0.05)
    part = {"start_s": 0.8, "end_s": 1.1, "low_hz": 900.0, "high_hz": 1200.0}
    numbers = {"share": 0.012, "before": 0.95, "after": 0.4, "n_scorings": 9}
    done(kind, arguments, flips=True, parts=[part], **numbers)
    jobs.end("job1", state="done")
    at.run()
    assert "**1.2 % of the map decides it.** Replace 0.8–1.1 s, 0.9–1.2 kHz" in texts(at)


def test_a_lasting_sound_is_said_to_have_no_such_part(jobs: FakeJobs) -> None:
    at = explained(jobs)
    at.button(key="start_counterfactual").click().run()
    done(*jobs.submitted[-1], flips=False, share=0.5, before=1.0, after=0.98, n_scorings=9)
    jobs.end("job1", state="done")
    at.run()
    assert "**No part of it does.** Even with the highest 50 %" in texts(at)


def test_a_failed_explanation_is_a_sentence_and_is_not_tried_again_unasked(
    jobs: FakeJobs,
) -> None:
    at = listen()
    jobs.end("job0", state="failed", message="The file of “<i>x</i>” is gone.")
    at.run()
    assert r"The file of “\<i\>x\</i\>” is gone" in texts(at)
    assert len(jobs.submitted) == 1
    at.button(key="start_explain").click().run()
    assert len(jobs.submitted) == 2


def test_normal_recordings_that_are_gone_are_missed_in_a_sentence(jobs: FakeJobs) -> None:
    from core.explain.normal_sound import GONE

    at = explained(jobs, note=GONE, nearest_name="", background="")
    assert "None of the recordings this model was fitted on" in texts(at)


def test_a_clip_removed_from_disk_and_a_model_deleted_elsewhere_are_sentences(
    jobs: FakeJobs,
) -> None:
    strongest = scores.list_scores(MODEL_ID)[0]
    recording_path(strongest.clip_id).unlink()
    at = app("listen", model=MODEL_ID, clip=strongest.clip_id)
    assert not at.exception
    assert "gone from" in texts(at) and "upload it again" in texts(at)
    delete_recording(strongest.clip_id)
    at = app("listen", model=MODEL_ID, clip=strongest.clip_id)
    assert not at.exception and not at.error
    models.delete(MODEL_ID)
    at.run()
    assert not at.exception
    assert notices.MODEL_FIRST in texts(at)


def test_a_report_is_made_when_asked_for_and_then_offered(jobs: FakeJobs) -> None:
    at = explained(jobs)
    at.button(key="start_clip_report").click().run()
    kind, arguments = jobs.submitted[-1]
    assert (kind, arguments["rate"]) == ("clip_report", 0.05)
    key = explanation_key(kind, arguments)
    for suffix in (".html", ".zip"):
        reports.save(key, suffix, b"made")
    jobs.end("job1", state="done")
    at.run()
    assert not at.exception
    labels = [button.proto.label for button in at.get("download_button")]
    assert {"Report (HTML)", "Everything (ZIP)"} < set(labels)


def test_a_report_of_all_scored_recordings_is_made_on_score(jobs: FakeJobs) -> None:
    at = app("score", model=MODEL_ID)
    at.button(key="start_batch_report").click().run()
    kind, arguments = jobs.submitted[-1]
    assert (kind, arguments["model_id"]) == ("batch_report", MODEL_ID)
    assert not at.exception


def test_the_tour_leads_from_view_to_view_and_ends_when_told() -> None:
    at = app()
    at.button(key="take_tour").click().run()
    assert "Tour, 1 of 5: Start" in texts(at)
    for number, view in enumerate(("fit", "score", "listen", "tune"), start=2):
        at.switch_page(f"views/{view}.py").run()
        assert not at.exception
        assert f"Tour, {number} of 5: {view.capitalize()}" in texts(at)
    at.button(key="tour_end").click().run()
    assert "Tour, " not in texts(at)


def test_a_long_recording_is_explained_by_its_parts_and_only_when_asked(
    jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.components.player.parts.LONGEST_WHOLE_SECONDS", 3.0)
    monkeypatch.setattr("app.components.player.parts.PART_SECONDS", 2.0)
    monkeypatch.setattr("app.components.player.parts.OVERLAP_SECONDS", 0.5)
    at = listen()
    assert jobs.submitted == []
    assert "This recording is long" in texts(at)
    at.button(key="start_explain").click().run()
    stretch = jobs.submitted[-1][1]["stretch"]
    assert 0 < stretch[1] - stretch[0] <= 2.0


def test_a_background_of_ones_own_is_taken_and_missed_when_it_is_removed(jobs: FakeJobs) -> None:
    at = explained(jobs)
    at.button_group(key="background").set_value("own").run()
    (uploader,) = [one for one in at.file_uploader if one.label == explanation.OWN_BACKGROUND]
    uploader.set_value(("quiet *1*.wav", noise(1), "audio/wav")).run()
    assert r"Your recording: “quiet \*1\*\.wav”" in texts(at)
    own = jobs.submitted[-1][1]["background"]
    delete_recording(own)
    at.run()
    assert not at.exception and not at.error
    assert "Your recording was deleted meanwhile" in texts(at)
    assert len(own) == 64


def test_the_verdict_says_what_each_view_found_with_its_own_p_value(jobs: FakeJobs) -> None:
    strongest = scores.list_scores(MODEL_ID)[0]
    found = add_views(strongest.clip_id)
    event = f"an event at {time_and_band(found.regions[0])}"
    at = listen()
    said = texts(at)
    verdict = f"Anomalous compared with the normal recordings you supplied: {event}."
    loud = "9 dB louder than any normal recording"
    assert f"**{verdict} It is also {loud}, which does not count here.**" in said
    assert "Event p = 0.0167 · Stationary p = 0.7 · Level p = 0.0167, does not count" in said
    assert [*at.dataframe[0].value["view"]] == ["Event"] * len(found.regions)


def test_a_model_without_views_has_the_place_alone(jobs: FakeJobs) -> None:
    at = listen()
    assert "you supplied, strongest at " in texts(at) and "Stationary" not in texts(at)
    assert "view" not in at.dataframe[0].proto.column_order


def test_lists_of_recordings_say_what_the_strongest_region_s_view_found(jobs: FakeJobs) -> None:
    strongest = scores.list_scores(MODEL_ID)[0]
    event = f"an event at {time_and_band(add_views(strongest.clip_id).regions[0])}"
    at = app("score", model=MODEL_ID)
    assert at.dataframe[0].value["verdict"][0] == f"Anomalous: {event}"
    rows = json.loads(rows_of(scores.list_scores(MODEL_ID), models.load_calibration(MODEL_ID)))
    assert rows["said"][0].startswith(
        f"Anomalous compared with the normal recordings you supplied: {event}. "
    )


def test_a_map_that_is_read_in_parts_is_shown_as_one_in_memory(
    jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a recording of many hours: the map stays in its file, the downloads are the part's."""
    clip_id = scores.list_scores(MODEL_ID)[0].clip_id
    scores.save_score(MODEL_ID, clip_id, scores.load_map(MODEL_ID, clip_id))
    before = texts(listen())
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr("core.runtime.arrays.MOST_IN_MEMORY", 1000)
    assert isinstance(scores.load_map(MODEL_ID, clip_id).raw, np.memmap)
    said = texts(listen())
    assert downloads.LONG in said and downloads.LONG not in before
    assert said.replace(f"\n{downloads.LONG}", "") == before


def test_ultrasound_is_sent_at_the_rate_of_the_recording(hearmap_home: object) -> None:
    """A tone at 40 kHz is in no sound of the model's rate; ten times slower it is at 4 kHz."""
    rate = 192_000
    tone = 0.3 * np.sin(2 * np.pi * 40_000 * np.arange(rate // 2) / rate)
    bat = add_recording("bat.wav", audio.wav_bytes(tone.astype(np.float32), rate)).id
    read = cache.ultrasound(MODEL_ID, bat, now())
    assert read is not None
    samples, found_rate = read
    loudest = np.abs(np.fft.rfft(samples)).argmax() * found_rate / samples.size
    assert (found_rate, loudest) == (rate, pytest.approx(40_000, abs=5))
    audible = scores.list_scores(MODEL_ID)[0]
    assert cache.ultrasound(MODEL_ID, audible.clip_id, audible.created_at) is None
