"""What to know of a recording is on Score and on Listen, and every channel can be asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile as sf
from streamlit.testing.v1 import AppTest

from app import cache
from core.storage import database, scores
from core.storage.recordings import recording_path
from tests.app.test_app import FakeJobs, app, press_fit, texts, upload
from tests.support.seeded_home import MODEL_ID, seed

DANGEROUS = "Only the first of 2 channels is heard here; *the second* <b>is</b> 40 dB louder."


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


def warned(*sentences: str, channel: int = 0) -> str:
    """Score the recording with the highest score again, with these warnings."""
    first = scores.list_scores(MODEL_ID)[0]
    found = scores.load_map(MODEL_ID, first.clip_id)
    scores.save_score(MODEL_ID, first.clip_id, found, warnings=sentences, channel=channel)
    return first.clip_id


def notes(at: AppTest) -> list[str]:
    tables = [table.value for table in at.dataframe if "note" in table.value.columns]
    return [str(note) for note in tables[0]["note"]]


def test_score_lists_them_beside_the_recording(jobs: FakeJobs) -> None:
    warned("Very quiet (-80 dBFS).", "Clipping.")
    assert notes(app("score", model=MODEL_ID))[:2] == ["Very quiet (-80 dBFS). Clipping.", ""]


def test_listen_has_them_under_the_verdict_as_plain_text(jobs: FakeJobs) -> None:
    clip_id = warned(DANGEROUS)
    at = app("listen", model=MODEL_ID, clip=clip_id)
    assert not at.exception
    (shown,) = (str(one.value) for one in at.warning if "first of 2" in str(one.value))
    assert "<b>" not in shown.replace("\\<b>", "").replace("&lt;b>", "")
    other = scores.list_scores(MODEL_ID)[1].clip_id
    assert "first of 2" not in texts(app("listen", model=MODEL_ID, clip=other))


def test_listen_plays_the_channel_that_was_scored(jobs: FakeJobs) -> None:
    clip_id = warned()
    path = recording_path(clip_id)
    rate = sf.info(path).samplerate
    left = sf.read(path, dtype="float32")[0]
    sf.write(path, np.stack([np.zeros_like(left), left], axis=1), rate)
    for channel, is_heard in ((0, False), (1, True)):
        warned(channel=channel)
        record = scores.list_scores(MODEL_ID)[0]
        heard = cache.sounds(MODEL_ID, clip_id, 0.0, 1.0, record.created_at)
        assert record.channel == channel and bool(heard.clip.any()) == is_heard


def stereo(seed: int, n_channels: int) -> bytes:
    data = io.BytesIO()
    noise = 0.1 * np.random.default_rng(seed).standard_normal((16_000, n_channels))
    sf.write(data, noise, 16_000, format="WAV")
    return data.getvalue()


@pytest.mark.parametrize("n_channels", [1, 2])
def test_every_channel_is_on_offer_where_there_are_several(jobs: FakeJobs, n_channels) -> None:
    at = upload(app("score", model=MODEL_ID), ("both.wav", stereo(1, n_channels)))
    boxes = [box for box in at.checkbox if box.label == "Score every channel"]
    assert len(boxes) == (n_channels > 1)
    for box in boxes:
        box.check().run()
    (button,) = (one for one in at.button if one.label == "Score 1 recording")
    button.click().run()
    (submitted,) = jobs.submitted
    assert submitted[1].get("channel") == ("each" if n_channels > 1 else None)


def test_fit_offers_the_mean_and_the_loudest_channel(jobs: FakeJobs) -> None:
    at = upload(app("fit"), *((f"{i}.wav", stereo(i, 2)) for i in range(4)))
    (box,) = (one for one in at.selectbox if one.label == "Channel")
    assert box.options == [
        "Channel 1", "Channel 2", "Mean of all channels", "Loudest of each recording",
    ]  # fmt: skip
    box.select("loudest").run()
    press_fit(at)
    assert jobs.submitted[0][1]["channel"] == "loudest"
