"""A ranking says what the recordings can tell, and no more."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import soundfile

from core.backbones import registry as backbones
from core.cli import main
from core.cli.rank import read_verdicts
from core.detectors.registry import head_type
from core.errors import SettingError
from core.evaluation import ranking
from core.evaluation.candidate import Candidate
from core.evaluation.ranking import RankedRecordings, Standing, UnreadClip, rank
from core.metrics import Interval
from tests.support.fake_features import SAMPLE_RATE, noise, small_backbone

PADIM = Candidate.of("padim", "recommended", "small")
PATCHCORE = Candidate.of("patchcore", "published", "small")
TONE = (0.4, 3000.0)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small random backbone, so that no weights are needed."""
    monkeypatch.setitem(backbones.BACKBONES, "small", lambda device: small_backbone(str(device)))
    yield
    backbones._load.cache_clear()


def recordings(n_normal: int = 8, n_anomalous: int = 0, n_groups: int = 8) -> RankedRecordings:
    return RankedRecordings(
        [UnreadClip(partial(noise, seed), str(seed % n_groups)) for seed in range(n_normal)],
        [partial(noise, 100 + seed, tone=TONE) for seed in range(n_anomalous)],
    )


def test_loud_tones_rank_above_noise() -> None:
    standings = rank(recordings(n_anomalous=3), [PATCHCORE, PADIM], device="cpu")
    assert all(one.roc_auc is not None and one.roc_auc.value > 0.9 for one in standings)
    assert ranking.chosen(standings) is standings[0]
    assert "ranks first with an AUROC of" in ranking.sentence(standings)


def test_clips_that_are_nothing_special_do_not_look_so() -> None:
    """Anomalous in name only: an AUROC near one would mean that normal clips were fitted on."""
    same = RankedRecordings(
        recordings(12, n_groups=12).normal,
        [partial(noise, 200 + seed) for seed in range(12)],
    )
    (standing,) = rank(same, [PATCHCORE], device="cpu")
    assert standing.roc_auc is not None
    assert standing.roc_auc.low < 0.5


def test_normals_alone_rank_nothing_but_say_what_they_can() -> None:
    standings = rank(recordings(), [PATCHCORE, PADIM], device="cpu")
    assert [one.candidate for one in standings] == [PADIM, PATCHCORE]
    best = ranking.chosen(standings)
    assert best is not None and best.candidate == PADIM
    for one in standings:
        assert one.roc_auc is None
        assert one.n_checked == 8 and one.n_alarms is not None and 0 <= one.n_alarms <= 8
        assert one.spread is not None and one.fit_seconds and one.score_seconds
    said = ranking.sentence(standings)
    assert "No ranking by evidence was possible" in said
    assert "padim (recommended) is suggested" in said


def test_without_the_recommended_one_nothing_is_suggested() -> None:
    standings = [Standing(PATCHCORE, spread=0.1)]
    assert ranking.chosen(standings) is None
    assert "speak for padim" in ranking.sentence(standings)


def test_few_recordings_are_not_halved() -> None:
    (standing,) = rank(recordings(n_groups=3), [PADIM], device="cpu")
    assert standing.n_alarms is None and standing.spread is not None


def test_a_head_that_needs_more_clips_stands_last_with_its_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(head_type("padim"), "fewest_clips", 50)
    standings = rank(recordings(), [PADIM, PATCHCORE], device="cpu")
    assert standings[1].candidate == PADIM
    assert "50 normal clips" in (standings[1].problem or "")
    assert ranking.chosen(standings) is None


def test_overlapping_intervals_are_said_to_overlap() -> None:
    first = Standing(PADIM, roc_auc=Interval(0.95, 0.85, 1.0))
    close = Standing(PATCHCORE, roc_auc=Interval(0.9, 0.8, 0.97))
    far = Standing(PATCHCORE, roc_auc=Interval(0.6, 0.5, 0.7))
    assert "cannot tell it from patchcore" in ranking.sentence([first, close])
    assert "cannot tell" not in ranking.sentence([first, far])


def write(folder: Path, n: int, first: int = 0, tone: tuple[float, float] | None = None) -> Path:
    folder.mkdir()
    for seed in range(first, first + n):
        clip = noise(seed, tone=tone)
        soundfile.write(folder / f"clip-{seed}.wav", clip.samples, SAMPLE_RATE)
    return folder


def test_the_command_prints_one_table_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    normal = write(tmp_path / "normal", 6)
    given = ["rank", str(normal), "--backbone", "small", "--device", "cpu", "--heads", "padim"]
    assert main(given) == 0
    printed = capsys.readouterr()
    assert "No ranking by evidence was possible" in printed.out
    # Two rows, one of them with its problem (100 channels of 36), and the sentence names the other.
    assert printed.out.count("\npadim ") == 2
    assert "n_channels goes from 1 to 36" in printed.out
    assert "padim (recommended) is suggested" in printed.out
    assert "fault" not in printed.out.lower()

    unlike = write(tmp_path / "unlike", 2, 50, TONE)
    (unlike / "broken.wav").write_text("x")
    assert main([*given, "--anomalous", str(unlike), "--json", "--presets", "recommended"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["ranked"] and found["suggested"] == {"head": "padim", "preset": "recommended"}
    (row,) = found["candidates"]
    assert row["roc_auc"]["low"] <= row["roc_auc"]["value"] <= row["roc_auc"]["high"]
    assert "broken.wav" in printed.err


def test_a_labelled_table_takes_its_clips_out_of_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "all", 7)
    soundfile.write(folder / "odd.wav", noise(77, tone=TONE).samples, SAMPLE_RATE)
    table = folder / "labels.csv"
    table.write_text("clip,label\nodd.wav,unlike\nclip-6.wav,Normal\n")
    given = ["rank", str(folder), "--labelled", str(table), "--backbone", "small", "--json"]
    assert main([*given, "--heads", "padim", "--presets", "recommended"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["candidates"]
    assert row["n_checked"] == 6
    assert row["roc_auc"] is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_triage_exports_is_read_here(encoding: str, delimiter: str, tmp_path: Path) -> None:
    names = ("odd.wav", "day1/0001.wav", "day2/0001.wav", "=x.wav", "unsure.wav", "open.wav")
    for name in names:
        (tmp_path / "all" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "all" / name).write_bytes(b"")
    verdicts = ("anomalous", "normal", "Anomalous", "normal", "unsure", "")
    scores = [f'"{k},5"' if delimiter == "," else f"{k},5" for k in range(len(names))]
    lines = [["clip_id", "name", "score", "annotation"]]
    lines += [
        [f"{k}" * 64, f"'{name}" if name[0] == "=" else name, score, verdict]
        for k, (name, score, verdict) in enumerate(zip(names, scores, verdicts, strict=True))
    ]
    text = "".join(delimiter.join(line) + "\r\n" for line in lines)
    # The table lies elsewhere, the recordings under PATH.
    table = tmp_path / "labels.csv"
    table.write_bytes(text.encode(encoding))
    found = read_verdicts(table, [tmp_path / "all"])
    assert found == {
        tmp_path / "all" / "odd.wav": True,
        tmp_path / "all" / "day1/0001.wav": False,
        tmp_path / "all" / "day2/0001.wav": True,
        tmp_path / "all" / "=x.wav": False,
    }
    table.write_bytes(text.replace("day1/0001.wav", "0001.wav").encode(encoding))
    with pytest.raises(SettingError, match=r"Line 3 .*0001\.wav"):
        read_verdicts(table, [tmp_path / "all"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "clip,label\na.wav,strange\n",
            "Line 2 .* normal or anomalous; it has “a.wav” and “strange”",
        ),
        ("name,label\na.wav,unlike\n", "Line 2"),
        ("clip,label\ngone.wav,unlike\n", "gone.wav"),
        ("clip,label\na.wav,normal\n", "no anomalous recording to rank by"),
        ("", "no anomalous recording to rank by"),
    ],
)
def test_a_table_that_cannot_be_used_names_its_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(SettingError, match=said):
        read_verdicts(tmp_path / "labels.csv")
