"""`hearmap bench generalise`: every set at once, on miniature recordings and a quick detector."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile

from core.cli import main
from core.detectors.calibration.calibration import Calibration
from core.detectors.regions import find_regions
from core.errors import DataSetError
from core.evaluation.benchmarks.generalise import rows as rows_module
from core.evaluation.benchmarks.generalise.rivals import LevelAlone, LogMelZScore
from core.evaluation.benchmarks.generalise.rows import rounds_auc
from core.evaluation.benchmarks.generalise.sets import (
    EVENTS_IN_MIMII,
    LEVEL_KEPT,
    LEVEL_REMOVED,
    SETS,
    GeneraliseOptions,
    plan,
    rounds_of,
)
from core.evaluation.benchmarks.generalise.tables import generalise_tables
from core.evaluation.benchmarks.generalise.verdict import best_overlap, event_box
from core.evaluation.benchmarks.mix_again import again
from core.evaluation.benchmarks.recorded_mixes import RecordedMix
from core.evaluation.benchmarks.results import ResultRow
from core.evaluation.datasets.mixing import Mix
from core.evaluation.datasets.recording import Recording, at_rms
from core.metrics import bootstrap_interval, mean_interval
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import AnomalyMap, Box, Clip, TrainingClip
from tests.core.evaluation.test_benchmark import tree
from tests.support.trees import mimii_tree

SETTINGS = SpectrogramSettings(
    sample_rate=16_000, n_fft=512, hop=512, n_mels=16, f_max_hz=8000.0, compression="decibel"
)
IDS = {"fan": {"id_00": (7, 3), "id_04": (5, 2)}, "pump": {"id_06": (5, 2)}}


class Quick:
    """Stands for a detector: a cell is anomalous by its level, and a clip by a number of its own.

    Map and verdict are unrelated, so that contradictions come up.
    """

    sample_rate = SETTINGS.sample_rate
    spectrogram_settings = SETTINGS
    fits: ClassVar[list[list[str]]] = []
    stop_at: ClassVar[int | None] = None

    def __init__(self, head: str, backbone: str, *, seed: int, **settings: Any) -> None:
        self.calibration = Calibration(np.zeros(0), 1.0, 0, True)

    def fit(self, clips: Iterable[TrainingClip], **options: Any) -> None:
        if len(self.fits) == self.stop_at:
            raise KeyboardInterrupt
        sounds = [one.clip for one in clips]
        self.fits.append([clip.sha256 for clip in sounds])
        scores = np.sort([own_number(clip) for clip in sounds])
        self.calibration = Calibration(scores, 1.0, len(sounds), True)

    def score_many(self, clips: Iterable[Clip], **options: Any) -> Iterator[AnomalyMap]:
        for clip in clips:
            raw, score = levels(clip), own_number(clip)
            cut, time_s = self.calibration.threshold(0.05), SETTINGS.time_s(raw.shape[1])
            found = find_regions(raw, cut, SETTINGS.freq_hz, time_s, self.calibration.p_value)
            yield AnomalyMap(
                clip.name, raw, raw, SETTINGS.freq_hz, time_s, score,
                self.calibration.p_value(score), cut, found,
            )  # fmt: skip


def levels(clip: Clip) -> np.ndarray:
    return spectrogram(clip, SETTINGS).level_db


def own_number(clip: Clip) -> float:
    """A score that follows the highest level, but not without mistakes."""
    return float(levels(clip).max() + 20 * np.sin(1e4 * np.abs(clip.samples[-50:]).sum()))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> type[Quick]:
    monkeypatch.setattr("core.evaluation.candidate.Detector", Quick)
    monkeypatch.setattr(Quick, "fits", [])
    monkeypatch.setattr(Quick, "stop_at", None)
    few = SimpleNamespace(**vars(rows_module.metrics))
    few.bootstrap_interval = partial(bootstrap_interval, n_resamples=20)
    few.mean_interval = partial(mean_interval, n_resamples=20)
    monkeypatch.setattr(rows_module, "metrics", few)
    return Quick


@pytest.fixture
def esc(tmp_path: Path) -> Path:
    return tree(tmp_path / "esc50")


@pytest.fixture
def mimii(tmp_path: Path) -> Path:
    """Machines and ids directly below the root, one id of them as FLAC."""
    root = mimii_tree(tmp_path / "mimii", {"": IDS}, seconds=1.2)
    for path in (root / "fan" / "id_04").rglob("*.wav"):
        soundfile.write(path.with_suffix(".flac"), *soundfile.read(path))
        path.unlink()
    return root


def bench(out: Path, *more: str) -> int:
    given = "bench generalise --normal hum,hiss --anomaly beep --snr 6 -6 --jobs 1"
    options = "--head padim --preset published --machines none"
    return main([*given.split(), *options.split(), *more, "--out", str(out)])


def results(out: Path) -> tuple[list[dict], list[dict], str]:
    rows = json.loads((out / "results.json").read_text())["rows"]
    clips = json.loads((out / "clips.json").read_text())["clips"]
    return rows, clips, (out / "results.md").read_text()


def the(items: list[dict], **wanted: Any) -> list[dict]:
    return [one for one in items if all(one[name] == value for name, value in wanted.items())]


def area(normal: list[float], anomalous: list[float]) -> float:
    """AUROC by comparing every pair."""
    return float(np.mean([(a > n) + 0.5 * (a == n) for a in anomalous for n in normal]))


@pytest.mark.parametrize("n_clips", [5, 7, 10, 23])
def test_each_clip_is_held_out_once_and_never_fitted_on_in_that_round(n_clips: int) -> None:
    names = [Path(f"{i:08d}.wav") for i in range(n_clips)]
    rounds = rounds_of(names)
    assert len(rounds) == 5
    assert [path for _, held_out in rounds for path in held_out] == names
    for training, held_out in rounds:
        assert sorted((*training, *held_out)) == names
        assert len(held_out) in (n_clips // 5, n_clips // 5 + 1)


def test_ten_clips_are_held_out_two_by_two() -> None:
    rounds = rounds_of([Path(str(i)) for i in range(10)])
    assert [tuple(map(str, held_out)) for _, held_out in rounds] == [
        ("0", "1"), ("2", "3"), ("4", "5"), ("6", "7"), ("8", "9"),
    ]  # fmt: skip


def test_no_case_scores_what_it_was_fitted_on(esc: Path, mimii: Path) -> None:
    options = GeneraliseOptions(esc, mimii, ("hum", "hiss"), ("beep",))
    cases, left_out = plan(options)
    assert not left_out
    assert len({case.title for case in cases}) == len(cases) == 2 + 2 * 3 * 5 + 4
    assert {one.data_set for case in cases for one in case.anomalous} == set(SETS)
    for case in cases:
        fitted = set(case.training)
        sounds = [*case.tests, *(one.sound for one in case.anomalous)]
        used = [s.normal if isinstance(s, RecordedMix) else s for s in sounds]
        assert not fitted & set(used), case.title
        events = {one.anomaly.source for one in sounds if isinstance(one, RecordedMix)}
        assert not events & {clip.source for clip in (*fitted, *case.tests)}


def test_every_number_follows_from_the_clips(
    quick: type[Quick], esc: Path, mimii: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "out"
    assert bench(out, "--esc50", str(esc), "--mimii", str(mimii)) == 0
    rows, clips, text = results(out)
    mine = the(clips, head="padim")
    areas = {}
    for machine, ids in IDS.items():
        for name, (n_normal, n_abnormal) in ids.items():
            normal = f"{machine} {name}"
            of_rounds = []
            for k in range(5):
                fit = f"{LEVEL_REMOVED}, {normal}, round {k + 1} of 5"
                here = the(mine, fit=fit)
                scores = [[c["score"] for c in the(here, anomalous=kind)] for kind in (False, True)]
                assert len(scores[1]) == n_abnormal
                of_rounds.append(area(*scores))
            (row,) = the(rows, head="padim", data_set=LEVEL_REMOVED, normal=normal, metric="ROC")
            assert row["value"] == pytest.approx(np.mean(of_rounds), abs=1e-9)
            assert row["low"] <= row["value"] <= row["high"]
            assert row["n"] == n_normal + n_abnormal, "a clip of several rounds counts once"
            areas[normal] = row["value"]
    assert len(set(areas.values())) == 3, "the clips are too easy to tell means apart"
    (whole,) = the(rows, head="padim", data_set=LEVEL_REMOVED, normal="all", metric="ROC")
    fan = (areas["fan id_00"] + areas["fan id_04"]) / 2
    assert whole["value"] == pytest.approx((fan + areas["pump id_06"]) / 2, abs=1e-9)
    assert f"| {LEVEL_REMOVED} | 24 | {100 * whole['value']:.1f} (" in text

    # EnvMix and novelty share a fit and its normal clips.
    fit = the(mine, fit="ESC-50, hum")
    quiet = [c["score"] for c in the(fit, anomalous=False)]
    mixes = the(fit, data_set="EnvMix", snr_db=-6.0)
    others = the(fit, data_set="novelty")
    assert (len(quiet), len(mixes), len(others)) == (4, 4, 4)
    for data_set, there, snr_db in (("EnvMix", mixes, -6.0), ("novelty", others, None)):
        found = the(rows, head="padim", data_set=data_set, normal="hum", snr_db=snr_db)
        (row,) = the(found, level="sample", metric="ROC")
        assert row["value"] == pytest.approx(area(quiet, [c["score"] for c in there]), abs=1e-9)
    for level in ("spectrogram", "temporal"):
        place = {"data_set": "EnvMix", "normal": "hum", "snr_db": -6.0, "level": level}
        (row,) = the(rows, head="padim", metric="ROC", **place)
        assert row["value"] == pytest.approx(np.mean([c["values"][level] for c in mixes]), abs=1e-9)
    # What is promised and found, and whether verdict and map agree.
    normal = the(mine, anomalous=False)
    assert len(normal) == 2 * 4 + 2 * (7 + 5 + 5)
    for rate in ("5%", "10%"):
        (row,) = the(rows, data_set="all sets", metric=f"false alarms at {rate}")
        assert row["value"] == np.mean([c["flagged"][rate] for c in normal])
    (row,) = the(
        rows, data_set="EnvMix", normal="all", snr_db=-6.0, metric="found at 5% false alarms"
    )
    low = the(mine, data_set="EnvMix", snr_db=-6.0)
    assert row["value"] == np.mean([c["flagged"]["5%"] for c in low])
    assert all(c["flagged"]["5%"] == (c["score"] > c["threshold"]) for c in mine)
    wrong = [c for c in mine if (c["score"] > c["threshold"]) != (c["n_regions"] > 0)]
    assert 0 < len(wrong) < len(mine)
    assert f"| padim published | all sets | {len(wrong)} of {len(mine)} |" in text
    # Rivals scored the very same clips.
    for rival in ("loudness alone", "log-mel z-score"):
        same = [(c["fit"], c["recording"], c["snr_db"]) for c in the(clips, head=rival)]
        assert same == [(c["fit"], c["recording"], c["snr_db"]) for c in mine]
    (row,) = the(rows, head="loudness alone", data_set=LEVEL_REMOVED, normal="all")
    assert (row["value"], row["low"], row["high"]) == (0.5, 0.5, 0.5), "level was not removed"
    assert str(tmp_path) not in text


def test_a_run_that_was_stopped_goes_on(
    quick: type[Quick], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    ids = {"fan": {"id_00": (5, 1)}, "pump": {"id_06": (5, 1)}}
    mimii = mimii_tree(tmp_path / "mimii", {"": ids}, seconds=0.3)
    given = ["--mimii", str(mimii)]
    assert bench(tmp_path / "whole", *given) == 0
    n_fits = len(quick.fits)
    assert n_fits == 2 * 2 * 5
    quick.fits.clear()
    quick.stop_at = 4
    assert bench(tmp_path / "out", *given) == 130
    quick.stop_at = None
    assert bench(tmp_path / "out", *given) == 0
    assert len(quick.fits) == n_fits, "what was finished was run again"
    assert results(tmp_path / "out") == results(tmp_path / "whole")
    # Another clip is another measurement, of its own id only; the data may lie elsewhere.
    moved = mimii.rename(tmp_path / "moved")
    quick.fits.clear()
    assert bench(tmp_path / "out", "--mimii", str(moved)) == 0
    assert not quick.fits
    first = moved / "pump" / "id_06" / "abnormal" / "00000000.wav"
    soundfile.write(first, soundfile.read(first)[0][:-80], 16_000)
    assert bench(tmp_path / "out", "--mimii", str(moved)) == 0
    assert len(quick.fits) == 2 * 5


def test_what_is_left_out_is_said(
    quick: type[Quick], esc: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    one = mimii_tree(tmp_path / "mimii", {"": {"fan": {"id_00": (5, 1)}}}, seconds=0.3)
    assert bench(tmp_path / "out", "--mimii", str(one)) == 0
    text = (tmp_path / "out" / "results.md").read_text()
    assert "| EnvMix | left out: There is no ESC-50 (--esc50). |" in text
    assert "| events in MIMII | left out: There is no ESC-50 (--esc50) to take the" in text
    assert "left out: novelty. There is no ESC-50" in capsys.readouterr().err
    assert bench(tmp_path / "esc", "--esc50", str(esc), "--normal", "hum") == 0
    text = (tmp_path / "esc" / "results.md").read_text()
    assert "| MIMII, level kept | left out: There is no MIMII (--mimii). |" in text
    assert "| novelty | left out: There is one normal class (--normal), and it needs two." in text
    assert bench(tmp_path / "none") == 2
    assert "There is nothing to measure: give --esc50" in capsys.readouterr().err


def test_ids_with_too_few_clips_and_wrong_layouts_are_named(tmp_path: Path) -> None:
    few = mimii_tree(tmp_path / "few", {"": {"fan": {"id_00": (4, 1)}}}, seconds=0.2)
    with pytest.raises(DataSetError, match="fan id_00 has 4 normal clips; 5 rounds need"):
        plan(GeneraliseOptions(mimii=few, machines=()))
    with pytest.raises(DataSetError, match="is not MIMII"):
        plan(GeneraliseOptions(mimii=tmp_path, machines=()))
    with pytest.raises(DataSetError, match="elsewhere"):
        plan(GeneraliseOptions(mimii=tmp_path / "elsewhere", machines=()))


def test_events_have_no_band_that_the_machines_lack(esc: Path, mimii: Path) -> None:
    cases, _ = plan(GeneraliseOptions(esc, mimii, ("hum", "hiss"), ("beep",), machines=()))
    mixes = [one for case in cases for one in case.anomalous if one.data_set == EVENTS_IN_MIMII]
    # One event a held-out clip, at each SNR.
    assert len(mixes) == 3 * (7 + 5 + 5)
    assert len({one.sound.anomaly.path for one in mixes}) > 1
    assert {one.sound.anomaly.band_rate for one in mixes} == {16_000}
    made = mixes[0].sound.make(44_100, 6.0)
    # clips.json says all that makes a clip again.
    remade = again(mixes[0].sound.described(), 44_100, 6.0)
    np.testing.assert_array_equal(remade.clip.samples, made.clip.samples)
    removed = next(case for case in cases if case.source == LEVEL_REMOVED).tests[0]
    remade = again(removed.described(), 44_100, None)
    np.testing.assert_array_equal(remade.samples, removed.read(44_100).samples)
    kept = next(case for case in cases if case.source == LEVEL_KEPT).tests[0]
    assert remade.sha256 != kept.read(44_100).sha256


def test_a_clip_that_passed_through_a_lower_rate_has_nothing_above_half_of_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 44_100), 44_100)
    whole, limited = (
        Recording(path, "noise", 1, "noise", band_rate).read(44_100) for band_rate in (None, 16_000)
    )
    assert whole.samples.size == limited.samples.size
    powers = [np.abs(np.fft.rfft(clip.samples)) ** 2 for clip in (whole, limited)]
    above = np.fft.rfftfreq(44_100, 1 / 44_100) > 8100.0
    assert [power[above].sum() / power.sum() for power in powers] == pytest.approx(
        [0.63, 0.0], abs=0.01
    )
    low = np.fft.rfftfreq(44_100, 1 / 44_100) < 6000.0
    assert powers[1][low].sum() == pytest.approx(powers[0][low].sum(), rel=0.01)


@pytest.mark.parametrize("level", [1e-4, 0.01, 0.2])
def test_removing_the_level_leaves_the_sound(level: float) -> None:
    samples = np.random.default_rng(0).normal(0, level, 16_000).clip(-1, 1)
    clip = Clip.from_samples(samples, 16_000, "noise")
    scaled = at_rms(clip, 0.02)
    assert np.sqrt(np.mean(scaled.samples.astype(float) ** 2)) == pytest.approx(0.02, rel=1e-4)
    assert np.corrcoef(scaled.samples, clip.samples)[0, 1] == pytest.approx(1.0, abs=1e-6)
    silent = Clip.from_samples(np.zeros(16_000), 16_000, "silence")
    assert not at_rms(silent, 0.02).samples.any()


def test_rivals_are_what_they_say() -> None:
    generator = np.random.default_rng(1)
    sounds = [
        Clip.from_samples(generator.normal(0, level, 44_100).clip(-1, 1), 44_100, f"{level}")
        for level in (0.01, 0.02, 0.04, 0.3)
    ]
    *training, new = sounds
    given = [TrainingClip(clip) for clip in training]

    def level_db(clip: Clip) -> float:
        return 20 * np.log10(np.sqrt(np.mean(clip.samples.astype(np.float64) ** 2)))

    level = LevelAlone().fit(given, progress=lambda *_: None)
    for clip in sounds:
        expected = abs(level_db(clip) - level_db(training[1]))
        assert level.found(clip).score == pytest.approx(expected, abs=0.006)
    # Louder or softer, both count.
    assert level.found(training[0]).score == pytest.approx(level.found(training[2]).score, abs=0.1)

    rival = LogMelZScore().fit(given, progress=lambda *_: None)
    found = rival.found(new)
    settings = rival.spectrogram_settings
    frames = np.hstack([spectrogram(clip, settings).level_db for clip in training])
    z = np.empty((96, spectrogram(new, settings).values.shape[1]))
    for row, of_clip in enumerate(spectrogram(new, settings).level_db):
        deviation = max(1.0, float(frames[row].astype(np.float64).std()))
        z[row] = (of_clip - frames[row].astype(np.float64).mean()) / deviation
    assert found.score == pytest.approx(np.mean(np.abs(z.mean(axis=1))), rel=1e-5)
    # A cell away from the edges is the mean of 3 rows and 0.2 s around it.
    n = round(0.2 / settings.hop_seconds)
    around = np.abs(z)[40:43, 20 - n // 2 : 20 - n // 2 + n]
    assert found.raw[41, 20] == pytest.approx(around.mean(), rel=1e-5)
    assert found.event_score == found.raw.max()


def test_the_mean_over_rounds_never_compares_two_fits() -> None:
    generator = np.random.default_rng(2)
    normal, anomalous, expected = [], [], []
    for k in range(3):
        here = generator.normal(100 * k, 1, 2 + k)
        there = generator.normal(100 * k + 0.5, 1, 4)
        normal += [(f"fit {k}", f"normal {k} {i}", score) for i, score in enumerate(here)]
        anomalous += [(f"fit {k}", f"abnormal {i}", score) for i, score in enumerate(there)]
        expected.append(area(list(here), list(there)))
    found = rounds_auc(normal, anomalous, seed=0)
    assert found.value == pytest.approx(np.mean(expected), abs=1e-12)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    # With one fit it is the plain AUROC, and mixes of a recording are drawn with it.
    mixes = [(fit, name.replace("abnormal", "normal 0"), s) for fit, name, s in anomalous[:2]]
    assert rounds_auc(normal[:2], mixes, seed=0).value == area(
        [s for *_, s in normal[:2]], [s for *_, s in mixes]
    )


def test_the_box_of_an_event_is_where_it_sounds() -> None:
    settings = SpectrogramSettings()
    time_s = np.arange(5 * 44_100) / 44_100
    event = 0.1 * np.sin(2 * np.pi * 2000 * time_s) * ((time_s > 2.0) & (time_s < 3.0))
    silence = np.zeros(event.size, np.float32)
    clip = Clip.from_samples(event, 44_100, "beep")
    box = event_box(Mix(clip, event.astype(np.float32), silence, 1.5, 3.5, 0.0, 1.0), settings)
    assert (box.start_s, box.end_s) == pytest.approx((2.0, 3.0), abs=0.06)
    assert 1800 < box.low_hz < 2000 < box.high_hz < 2200
    same, half = box, Box(2.0, box.end_s, box.low_hz, box.high_hz)
    assert best_overlap([same], box, settings) == (1.0, 1.0)
    late = Box((box.start_s + box.end_s) / 2, box.end_s, box.low_hz, box.high_hz)
    away = Box(0.0, 1.0, 5000.0, 9000.0)
    assert best_overlap([away], box, settings) == (0.0, 0.0)
    assert best_overlap([away, late], box, settings) == pytest.approx((0.5, 1.0))
    assert best_overlap([away, late, half], box, settings)[0] > 0.9


def row(head: str, value: float, **more: Any) -> ResultRow:
    about = {"preset": "rival" if head == "loudness alone" else "recommended", "backbone": "-"}
    about |= {"data_set": LEVEL_KEPT, "normal": "all", "snr_db": None, "level": "sample"}
    about |= {"metric": "ROC", "low": None, "high": None, "n": 15}
    return ResultRow(head=head, value=value, **(about | more))


def test_a_figure_that_a_rival_beats_is_marked_and_said() -> None:
    left_out = {name: "Not here." for name in SETS if name != LEVEL_KEPT}
    rival = row("loudness alone", 0.9)
    text = generalise_tables([row("padim", 0.8), row("cfa", 0.95), rival], left_out)
    assert f"| {LEVEL_KEPT} | 15 | 80.0† | 95.0 | 90.0 |" in text
    assert f"- {LEVEL_KEPT}: padim recommended has 80.0 (sample); loudness alone has 90.0." in text
    text = generalise_tables([row("padim", 0.91), rival], left_out)
    assert "No rival beats a detector on any set." in text and "91.0†" not in text


def test_each_view_stands_beside_the_fused_score() -> None:
    left_out = {name: "Not here." for name in SETS if name != LEVEL_KEPT}
    views = [
        row("padim", value, metric=f"ROC of view {view}")
        for view, value in (("event", 0.6), ("stationary", 0.85))
    ]
    text = generalise_tables([row("padim", 0.8), *views], left_out)
    assert "| set | detector | fused | event | stationary | lost |" in text
    assert f"| {LEVEL_KEPT} | padim recommended | 80.0 | 60.0 | 85.0 | 5.0 |" in text


@pytest.mark.usefixtures("aisfx_weights")
def test_a_real_detector_hears_beeps_in_a_hum(esc: Path, tmp_path: Path, capsys: Any) -> None:
    assert bench(tmp_path / "out", "--esc50", str(esc), "--preset", "recommended") == 0
    rows, _, _ = results(tmp_path / "out")
    (found,) = the(
        rows, head="padim", data_set="EnvMix", normal="all", metric="ROC", level="sample"
    )
    assert found["value"] > 0.9
    # A beep that lasts more than half of the clip is the clip's own background to the map.
    assert {row["level"] for row in the(rows, head="padim", data_set="EnvMix", metric="ROC")} == {
        "sample", "spectrogram", "temporal",
    }  # fmt: skip
    assert the(rows, data_set="EnvMix", metric="IoU in time")[0]["value"] > 0.3
