"""Weights over HTTP from a local server: whole or not at all, and gone on with after a cut."""

import dataclasses
import errno
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.backbones.front_ends import FRONT_ENDS
from core.backbones.weights import catalogue, download, store
from core.cli import main
from core.errors import Cancelled, StoreError, WeightsError
from core.runtime.paths import weights_dir
from core.runtime.progress import silent
from tests.support.file_server import Served, serving
from tests.support.published_layouts import cnn_state, save_published

NAME = "panns-cnn10"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file in the layout of PANNs' CNN10."""
    path = tmp_path_factory.mktemp("published") / "Cnn10.pth"
    return save_published(NAME, cnn_state(FRONT_ENDS[NAME], 4, seed=1), path).read_bytes()


@pytest.fixture
def server(published: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serves that file as the published one; retries do not wait."""
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    for module in (catalogue, store):
        monkeypatch.setattr(module, "environment_weights_dir", lambda: tmp_path / "environment")
    with serving(published) as served:
        known = {
            "urls": (served.url,),
            "sha256": hashlib.sha256(published).hexdigest(),
            "size_bytes": len(published),
        }
        entry = dataclasses.replace(catalogue.WEIGHTS[NAME], **known)
        monkeypatch.setitem(catalogue.WEIGHTS, NAME, entry)
        yield served


def changed(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    entry = dataclasses.replace(catalogue.WEIGHTS[NAME], **fields)
    monkeypatch.setitem(catalogue.WEIGHTS, NAME, entry)


def here() -> list[str]:
    found = weights_dir().rglob("*") if weights_dir().exists() else []
    return sorted(str(path.relative_to(weights_dir())) for path in found if path.is_file())


def chunks(content: bytes, n_parts: int) -> int:
    """The size of a part in bytes: whole chunks, for what came of one is lost with the cut."""
    return len(content) // n_parts // download.CHUNK_BYTES * download.CHUNK_BYTES


KEPT = [f"{NAME}.json", f"{NAME}.safetensors"]
PART = [f"downloads/{NAME}.part", f"downloads/{NAME}.part.json"]


def test_a_download_is_kept_and_its_progress_never_falls(server: Served) -> None:
    seen: list[float] = []
    stages: list[str] = []

    def watch(stage: str, fraction: float) -> None:
        seen.append(fraction)
        stages.append(stage)

    store.fetch(NAME, progress=watch)
    assert here() == KEPT
    assert seen == sorted(seen) and seen[-1] == 1.0
    assert f"of {len(server.content) / 1e6:,.0f} MB" in stages[0]
    assert catalogue.source_sha256(NAME) == hashlib.sha256(server.content).hexdigest()


def test_a_cut_off_download_goes_on_where_it_was(server: Served) -> None:
    third = chunks(server.content, 3)
    server.cut_after = [third, third]
    store.fetch(NAME)
    assert server.ranges == [None, f"bytes={third}-", f"bytes={2 * third}-"]
    assert here() == KEPT


def test_cut_off_for_good_it_says_what_is_kept_and_the_next_try_goes_on(server: Served) -> None:
    half = chunks(server.content, 2)
    server.cut_after = [half, 0, 0, 0]
    with pytest.raises(WeightsError) as caught:
        store.fetch(NAME)
    said = str(caught.value)
    assert "was cut off" in said and f"{half / 1e6:,.1f} MB" in said
    assert f"hearmap weights add {NAME} FILE" in said
    assert here() == PART
    assert store.downloaded_bytes(NAME) == half
    server.cut_after, server.ranges = [], []
    store.fetch(NAME)
    assert server.ranges == [f"bytes={half}-"]
    assert here() == KEPT


def test_a_file_that_changed_meanwhile_is_downloaded_from_its_start(server: Served) -> None:
    server.cut_after = [1000, 0, 0, 0]
    with pytest.raises(WeightsError):
        store.fetch(NAME)
    server.etag, server.cut_after = '"two"', []
    store.fetch(NAME)
    assert here() == KEPT


def test_a_part_that_is_all_of_it_is_not_asked_for_again(server: Served) -> None:
    part = weights_dir() / PART[0]
    part.parent.mkdir(parents=True)
    part.write_bytes(server.content)
    (weights_dir() / PART[1]).write_text(json.dumps({"version": server.etag}))
    store.fetch(NAME)
    assert server.ranges == [f"bytes={len(server.content)}-"]
    assert here() == KEPT


def test_another_file_under_the_name_is_refused_and_leaves_nothing(server: Served) -> None:
    server.content = server.content[:-1] + bytes([server.content[-1] ^ 1])
    with pytest.raises(WeightsError) as caught:
        store.fetch(NAME)
    assert hashlib.sha256(server.content).hexdigest()[:12] in str(caught.value)
    assert here() == []


def test_cancelling_keeps_the_part_for_the_next_time(server: Served) -> None:
    def stop(stage: str, fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        store.fetch(NAME, progress=stop)
    assert here() == PART
    assert store.downloaded_bytes(NAME) == download.CHUNK_BYTES
    store.fetch(NAME)
    assert here() == KEPT


def test_a_check_that_was_stopped_needs_no_second_download(server: Served) -> None:
    def stop(stage: str, fraction: float) -> None:
        if stage == "Checking":
            raise Cancelled

    with pytest.raises(Cancelled):
        store.fetch(NAME, progress=stop)
    server.status = 503
    store.fetch(NAME)
    assert here() == KEPT


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_is_said_with_its_number(server: Served, status: int) -> None:
    server.status = status
    with pytest.raises(WeightsError, match=f"HTTP {status}"):
        store.fetch(NAME)
    assert here() == []


def test_the_second_place_is_asked_where_the_first_does_not_have_it(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, urls=("http://127.0.0.1:9/none.pth", server.url))
    store.fetch(NAME)
    assert here() == KEPT


def test_without_a_network_it_says_what_to_bring(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, urls=("http://127.0.0.1:9/none.pth",))
    with pytest.raises(WeightsError) as caught:
        store.fetch(NAME)
    said = str(caught.value)
    assert "is there a network?" in said
    assert "Cnn10_mAP=0.380.pth (from https://zenodo.org/records/3987831)" in said
    assert here() == []


def test_too_small_a_disk_is_said_before_the_download(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(StoreError, match=r"needs \d+ MB more .* 1 MB are free"):
        store.fetch(NAME)


def test_a_disk_that_fills_up_keeps_what_came(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() >= download.CHUNK_BYTES:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    def open_full(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if mode in ("wb", "ab"):
            return Full(self, mode)
        return opened(self, mode, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_full)
        with pytest.raises(StoreError, match="disk is full"):
            store.fetch(NAME)
    assert store.downloaded_bytes(NAME) == download.CHUNK_BYTES
    store.fetch(NAME)
    assert here() == KEPT


def test_a_licence_must_be_accepted_before_anything_is_downloaded(
    server: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(monkeypatch, must_accept=True, licence="MS-PL", licence_url="https://example.org/it")
    assert main(["weights", "fetch", NAME]) == 1
    said = capsys.readouterr().err
    assert "https://example.org/it" in said
    assert f"hearmap weights fetch {NAME} --accept-licence" in said
    assert server.ranges == []
    with pytest.raises(WeightsError, match="--accept-licence"):
        store.add(NAME, Path(__file__))
    assert main(["weights", "fetch", NAME, "--accept-licence"]) == 0
    assert json.loads((weights_dir() / KEPT[0]).read_text())["licence_accepted"] is True


def test_the_list_says_what_is_here_and_what_is_known(
    server: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(monkeypatch, sha256=None, md5=hashlib.md5(server.content).hexdigest())
    half = chunks(server.content, 2)
    server.cut_after = [half, 0, 0, 0]
    assert main(["weights", "fetch", NAME]) == 1
    assert main(["weights", "list"]) == 0
    assert f"({half / 1e6:,.1f} MB of it are here already)" in capsys.readouterr().out
    assert main(["weights", "fetch", NAME]) == 0
    assert main(["weights", "list"]) == 0
    listed = capsys.readouterr().out
    assert "sha256 not told" in listed
    assert f"made of a file with sha256 {hashlib.sha256(server.content).hexdigest()}" in listed
    assert "hearmap weights fetch clap-cnn14 --accept-licence" in listed


# What a user may bring instead of the published file.


def bring(state: dict[str, torch.Tensor], folder: Path) -> Path:
    return save_published(NAME, state, folder / "mine.pth")


def refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        store.add(NAME, path)
    assert here() == []
    return str(caught.value)


def test_a_truncated_file_says_how_much_of_it_there_is(server: Served, tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(server.content[: len(server.content) // 2])
    whole = len(server.content) / 1e6
    assert f"cut off, or another file: {whole / 2:.1f} MB of {whole:.1f}" in refusal(
        tmp_path / "mine.pth"
    )


def test_another_backbones_file_is_recognised(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = catalogue.WEIGHTS["panns-cnn14"]
    (tmp_path / "mine.pth").write_bytes(b"CNN14 as published")
    sha256 = hashlib.sha256(b"CNN14 as published").hexdigest()
    monkeypatch.setitem(catalogue.WEIGHTS, "panns-cnn14", dataclasses.replace(other, sha256=sha256))
    assert "run hearmap weights add panns-cnn14 FILE" in refusal(tmp_path / "mine.pth")


def test_missing_and_misshapen_tensors_are_named(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, size_bytes=1000)
    state = cnn_state(FRONT_ENDS[NAME], 4, seed=2)
    del state["conv_block1.conv1.weight"], state["bn0.bias"]
    assert "It lacks bn0.bias, conv_block1.conv1.weight." in refusal(bring(state, tmp_path))
    state = cnn_state(FRONT_ENDS[NAME], 4, seed=2)
    state["conv_block2.bn1.weight"] = torch.ones(3)
    assert "conv_block2.bn1.weight (3, not 128)" in refusal(bring(state, tmp_path))
    lacks = refusal(bring({"encoder.weight": torch.ones(2)}, tmp_path))
    assert "It lacks bn0.weight, bn0.bias, bn0.running_mean and 41 more." in lacks


def test_another_front_end_is_refused(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, size_bytes=1000)
    state = cnn_state(FRONT_ENDS[NAME], 4, seed=2)
    rolled = state["logmel_extractor.melW"].roll(3, dims=0)
    assert "mel filters are not 64 bands from 50 to 14000 Hz at 32000 Hz" in refusal(
        bring(state | {"logmel_extractor.melW": rolled}, tmp_path)
    )
    key = "spectrogram_extractor.stft.conv_real.weight"
    assert "not a Hann STFT of 1024" in refusal(bring(state | {key: 2 * state[key]}, tmp_path))


def test_a_file_that_would_run_code_is_not_run(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, size_bytes=1000)
    torch.save({"model": {"bn0.weight": Path}}, tmp_path / "mine.pth")
    assert "holds more than tensors and plain values" in refusal(tmp_path / "mine.pth")
    (tmp_path / "mine.pth").write_bytes(b"no checkpoint" * 100)
    assert "cut off, damaged or something else" in refusal(tmp_path / "mine.pth")


def test_removing_leaves_nothing(server: Served) -> None:
    store.fetch(NAME)
    store.remove(NAME)
    assert here() == []
    store.remove(NAME)


def test_only_http_addresses_are_asked(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be asked"):
        download.download("ftp://example.org/x", tmp_path / "x", silent)
