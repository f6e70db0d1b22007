"""The Weights view and the Fit view's choice of backbones, from the entry script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.backbones.weights import catalogue
from core.errors import WeightsError
from core.jobs.tasks.weights import WeightsTask
from core.runtime.paths import weights_dir
from tests.app.test_app import FakeJobs, app, noise, texts, upload
from tests.app.test_app import jobs as jobs  # the fixture

NAME = "panns-cnn10"


def put_here(name: str) -> None:
    """As far as a list can tell, the weights are here."""
    weights_dir().mkdir(parents=True, exist_ok=True)
    (weights_dir() / f"{name}.safetensors").write_bytes(b"tensors")
    about = {"source_sha256": "5" * 64, "sha256": "5" * 64}
    (weights_dir() / f"{name}.json").write_text(json.dumps(about))


def keys(at: AppTest) -> set[str]:
    return {str(button.key) for button in at.button}


def test_every_published_file_is_there_with_size_licence_and_hash() -> None:
    at = app("weights")
    assert not at.exception
    said = texts(at)
    for file in catalogue.WEIGHTS.values():
        assert file.licence in said.replace("\\", "")
        assert str(file.sha256 or file.md5 or "No hash is known") in said
        offered = catalogue.find(file.name) is None and not file.browser_page
        assert (f"fetch_{file.name}" in keys(at)) == offered


def test_a_download_is_a_job_and_its_end_is_said_in_its_place(jobs: FakeJobs) -> None:
    at = app("weights")
    at.button(key=f"fetch_{NAME}").click().run()
    assert jobs.submitted == [("weights", WeightsTask(name=NAME, accept_licence=True).as_record())]
    assert at.button(key="cancel_job0").label == "Cancel"
    assert at.button(key="fetch_panns-cnn14").disabled
    at.button(key="cancel_job0").click().run()
    at.run()
    assert "goes on from there" in texts(at)
    jobs.end("job0", state="failed", message="zenodo.org could not be reached.")
    at.run()
    assert "could not be reached" in texts(at).replace("\\", "")
    put_here(NAME)
    jobs.end("job0", state="done", result={"name": NAME})
    at.run()
    assert "is here. Fit offers it now" in at.success[0].value
    assert "sha256 `" + "5" * 64 in texts(at)
    assert not at.exception


def test_a_licence_is_accepted_before_a_download_can_be_asked_for(jobs: FakeJobs) -> None:
    at = app("weights")
    assert at.button(key="fetch_clap-cnn14").disabled
    at.checkbox(key="accept_clap-cnn14").check().run()
    at.button(key="fetch_clap-cnn14").click().run()
    (kind, arguments) = jobs.submitted[-1]
    assert (kind, arguments["name"], arguments["accept_licence"]) == (
        *("weights", "clap-cnn14"),
        True,
    )


def test_own_weights_can_be_deleted() -> None:
    put_here(NAME)
    at = app("weights")
    at.button(key=f"remove_{NAME}").click().run()
    assert catalogue.find(NAME) is None
    assert f"fetch_{NAME}" in keys(at)


def test_fit_offers_the_networks_that_are_here_and_warns_of_empty_bands(
    jobs: FakeJobs, aisfx_weights: Path, yamnet_weights: Path
) -> None:
    put_here("clap-cnn14")
    at = upload(app("fit"), *[(f"a {k}.wav", noise(k)) for k in range(6)])
    box = next(box for box in at.selectbox if box.label == "Network")
    assert box.options == ["aiSFX (ISMIR 2022)", "MS-CLAP 2022, CNN14", "YAMNet"]
    box.set_value("clap-cnn14").run()
    said = texts(at).replace("\\", "")
    assert "at 16 kHz and hold nothing above 8 kHz" in said
    assert "64 mel bands of MS-CLAP 2022, CNN14 stay empty" in said
    next(button for button in at.button if button.label == "Fit").click().run()
    (kind, arguments) = jobs.submitted[-1]
    assert kind == "fit" and arguments["backbone"] == "clap-cnn14"


def test_the_task_keeps_a_brought_file_or_says_why_not(tmp_path: Path) -> None:
    brought = weights_dir() / "downloads" / f"{NAME}.brought"
    brought.parent.mkdir(parents=True)
    brought.write_bytes(b"something else")
    # It is named as the user knows it, not as it was put down here.
    with pytest.raises(WeightsError, match=r"“mine\.pth” is not what was published"):
        WeightsTask(name=NAME, file=str(brought), uploaded=True, called="mine.pth").run()
    assert not brought.exists()
    mine = tmp_path / "mine.pth"
    mine.write_bytes(b"something else")
    with pytest.raises(WeightsError):
        WeightsTask(name=NAME, file=str(mine)).run()
    assert mine.exists()
