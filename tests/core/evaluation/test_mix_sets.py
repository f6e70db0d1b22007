"""EnvMix of any two sources: who may be mixed with whom, what is written down, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main
from core.errors import DataSetError, SettingError
from core.evaluation.benchmarks.envmix import EnvMixOptions
from core.evaluation.benchmarks.machine_mixes import MachineMixes, MadeMix
from core.evaluation.benchmarks.manifest import write_manifest
from core.evaluation.benchmarks.mix_again import again
from core.evaluation.benchmarks.mix_sources import from_folders, from_machines, recorded
from core.evaluation.benchmarks.recorded_mixes import RecordedMixes
from core.evaluation.datasets.folders import folder_recordings
from core.evaluation.datasets.machines import make
from core.evaluation.datasets.mixing import Mix, mix, mix_stem
from core.evaluation.datasets.recording import Recording
from core.runtime.progress import silent
from core.types import Clip

RATE = 8000


def recording(name: str, category: str, fold: int, source: str = "") -> Recording:
    return Recording(Path(name), category, fold, source or name)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def two_folders(root: Path) -> tuple[Path, Path]:
    """Ten normal files of one class; three of each of two classes of events."""
    generator = np.random.default_rng(0)
    for i in range(10):
        write(root / "normal" / f"n{i}.wav", generator.normal(0, 0.05, 3 * RATE))
    for event, hz in (("beep", 900), ("boop", 300)):
        for i in range(3):
            tone = 0.3 * np.sin(2 * np.pi * hz * np.arange(RATE + 400 * i) / RATE)
            write(root / "events" / event / f"{event}{i}.wav", tone)
    return root / "normal", root / "events"


def mixes_of(tmp_path: Path, **options) -> RecordedMixes:
    return from_folders(*two_folders(tmp_path), **options)


def test_a_folder_is_a_class_or_its_subfolders_are(tmp_path: Path) -> None:
    normal, events = two_folders(tmp_path)
    assert {r.category for r in folder_recordings(normal)} == {"normal"}
    assert sorted({r.category for r in folder_recordings(events)}) == ["beep", "boop"]
    folds = [r.fold for r in folder_recordings(normal)]
    assert sorted(folds) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    with pytest.raises(DataSetError, match="is not there"):
        folder_recordings(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSetError, match="holds no audio"):
        folder_recordings(tmp_path / "empty")


def test_every_test_clip_meets_every_class_or_balanced_one_in_turn(tmp_path: Path) -> None:
    mixes = mixes_of(tmp_path)
    assert [len(mixes.training("normal")), len(mixes.tests("normal"))] == [6, 4]
    planned = mixes.mixes("normal")
    assert sorted(one.event for one in planned) == ["beep"] * 4 + ["boop"] * 4
    balanced = recorded(
        "folders", mixes.normal_recordings, mixes.anomaly_recordings, balanced=True
    ).mixes("normal")
    assert sorted(one.event for one in balanced) == ["beep"] * 2 + ["boop"] * 2
    assert len({one.normal.path for one in balanced}) == 4
    fewer = recorded("folders", mixes.normal_recordings, mixes.anomaly_recordings, most_tests=2)
    assert len(fewer.tests("normal")) == 2


def test_a_recording_is_never_both_normal_and_anomalous() -> None:
    normal = [recording(f"{i}.wav", "car_horn", i, f"freesound {i}") for i in range(1, 6)]
    event = recording("event.wav", "car_horn", 1, "freesound 9")
    stolen = recording("stolen.wav", "car_horn", 1, "freesound 2")
    mixes = recorded("urbansound+esc50", normal, [event, stolen])
    mixes.check()
    assert {one.anomaly.path.name for one in mixes.mixes("car_horn")} == {"event.wav"}
    with pytest.raises(DataSetError, match="cannot be both normal and anomalous"):
        recorded("urbansound+esc50", normal, [stolen]).check()
    with pytest.raises(DataSetError, match="“car_horn” is both normal and anomalous"):
        recorded("esc50", normal, normal).check()
    with pytest.raises(SettingError, match="Fold 3 cannot both train and test"):
        recorded("esc50", normal, [event], train_folds=[2, 3], test_folds=[3, 4])
    with pytest.raises(DataSetError, match="“rain” is not in the data"):
        recorded("esc50", normal, [event], normals=["rain"]).check()


def test_ten_folds_train_on_six() -> None:
    normal = [recording(f"{i}.wav", "siren", i) for i in range(1, 11)]
    mixes = recorded("urbansound+esc50", normal, [recording("e.wav", "dog", 5)])
    assert [len(mixes.training("siren")), len(mixes.tests("siren"))] == [6, 4]
    assert mixes.event_folds == (5,)


def test_the_manifest_finds_every_mix_again_and_stems_add_up(tmp_path: Path) -> None:
    mixes = mixes_of(tmp_path)
    out = tmp_path / "out"
    write_manifest(mixes, (6.0, -6.0), RATE, out, silent, stems=True)
    content = json.loads((out / "manifest.json").read_text())
    assert len(content["mixes"]) == 2 * 8
    for entry in content["mixes"]:
        sounds = [
            soundfile.read(out / entry[f"{kind}_wav"])[0] for kind in ("mix", "event", "background")
        ]
        np.testing.assert_allclose(sounds[0], sounds[1] + sounds[2], atol=1e-4)
        first = round(entry["onset_s"] * RATE)
        last = round((entry["onset_s"] + entry["duration_s"]) * RATE)
        power = [np.mean(np.square(sound[first:last])) for sound in sounds]
        assert 10 * np.log10(power[1] / power[2]) == pytest.approx(entry["snr_db"], abs=0.05)
        assert np.abs(sounds[1][:first]).max(initial=0) == 0
        made = again(entry_source(entry), RATE, entry["snr_db"])
        assert isinstance(made, Mix) and made.clip.name == entry["clip"]
        assert (made.start_s, made.gain) == (entry["onset_s"], entry["gain"])
    written = (out / "manifest.json").stat().st_mtime_ns
    write_manifest(mixes, (6.0, -6.0), RATE, out, silent, stems=True)
    assert (out / "manifest.json").stat().st_mtime_ns == written, "it was made a second time"


def entry_source(entry: dict) -> dict:
    names = ("kind", "normal_file", "event_file", "seed", "snr_over")
    return {name: entry[name] for name in names}


def test_an_snr_over_the_whole_clip_counts_the_events_silence() -> None:
    generator = np.random.default_rng(1)
    normal = Clip.from_samples(generator.normal(0, 0.05, 5 * RATE), RATE, "normal")
    event = Clip.from_samples(generator.normal(0, 0.2, RATE), RATE, "event")
    made = mix(normal, event, -3.0, seed=0, snr_over="clip")
    whole = np.mean(np.square(made.event)) / np.mean(np.square(made.background))
    assert 10 * np.log10(whole) == pytest.approx(-3.0, abs=1e-3)
    with pytest.raises(SettingError, match="not over “room”"):
        mix(normal, event, 0.0, seed=0, snr_over="room")  # type: ignore[arg-type]


def test_silence_cannot_be_mixed_and_is_named() -> None:
    normal = Clip.from_samples(np.full(2 * RATE, 0.1), RATE, "normal")
    silence = Clip.from_samples(np.zeros(2 * RATE), RATE, "silence.wav")
    for pair in ((normal, silence), (silence, normal)):
        with pytest.raises(DataSetError, match=r"“silence\.wav” is silent"):
            mix(*pair, 0.0, seed=0)
    with pytest.raises(DataSetError, match="“a” is silent where its anomaly should be"):
        mix_stem(normal, np.zeros(2 * RATE, np.float32), ((0.5, 1.0),), 0.0, "a")


def test_a_machines_fault_is_as_loud_as_asked_and_less_than_nothing_is_never_missing() -> None:
    knock = MadeMix("pump", 3, 2.0, "knocking").make(RATE, 0.0)
    took = make("pump", seed=3, fault="knocking", duration_seconds=2.0, sample_rate=RATE)
    under = np.zeros(knock.event.size, bool)
    for start_s, end_s in took.fault_times:
        under[round(start_s * RATE) : round(end_s * RATE)] = True
    power = [np.mean(np.square(part[under])) for part in (knock.event, knock.background)]
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(0.0, abs=0.01)
    as_made = MadeMix("pump", 3, 2.0, "knocking").make(RATE, None)
    np.testing.assert_allclose(as_made.clip.samples, took.clip.samples, atol=1e-6)
    missed = MadeMix("slide rail", 3, 2.0, "missed stroke")
    assert missed.make(RATE, 20.0).gain <= 1.0
    assert missed.make(RATE, -20.0).gain < 0.2


def test_machines_are_made_again_from_what_is_written_down() -> None:
    mixes = MachineMixes(("fan",), n_training=2, n_tests=2, n_of_each_fault=1, seconds=2.0)
    clips = [*mixes.training("fan"), *mixes.tests("fan"), *mixes.mixes("fan")]
    assert len({json.dumps(one.described()) for one in clips}) == 4 + 3
    one = mixes.mixes("fan")[0]
    np.testing.assert_array_equal(
        again(json.loads(json.dumps(one.described())), RATE, 0.0).clip.samples,
        one.make(RATE, 0.0).clip.samples,
    )
    normal = again(mixes.tests("fan")[0].described(), RATE, None)
    np.testing.assert_array_equal(normal.samples, mixes.tests("fan")[0].read(RATE).samples)
    with pytest.raises(DataSetError, match="cannot be made again"):
        again({"kind": "dream"}, RATE, 0.0)
    with pytest.raises(DataSetError, match="no machine “toaster”"):
        from_machines(["toaster"]).check()
    with pytest.raises(SettingError, match="At least 2 test clips"):
        from_machines(["fan"], most_tests=1)


def test_snrs_are_numbers_each_once() -> None:
    for wrong in ((), (6.0, 6.0), (400.0,)):
        with pytest.raises(SettingError):
            EnvMixOptions(snr_db=wrong)


@pytest.mark.usefixtures("aisfx_weights")
def test_folders_are_measured_with_faithfulness_and_every_clip_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    normal, events = two_folders(tmp_path)
    out = tmp_path / "out"
    given = f"bench envmix --normal-dir {normal} --anomaly-dir {events} --heads padim --snr 6"
    options = ["--presets", "recommended", "--balanced", "--faithfulness", "1"]
    assert main([*given.split(), *options, "--out", str(out)]) == 0
    content = json.loads((out / "results.json").read_text())
    rows = {(row["level"], row["metric"]): row for row in content["rows"]}
    assert rows["sample", "ROC"]["n"] == 8 and rows["sample", "ROC"]["low"] is not None
    assert rows["sample", "F1 floor"]["value"] == pytest.approx(2 / 3)
    for metric in ("pROC", "F1", "F1 at 5% false alarms"):
        assert 0.0 <= rows["sample", metric]["value"] <= 1.0
    for metric in ("ROC", "F1", "PRO", "PRO, moviad's variant", "PRO pooled"):
        assert ("spectrogram", metric) in rows
    assert {"ROC", "F1", "F1 pooled"} <= {m for level, m in rows if level == "temporal"}
    faithful = {metric: row for (level, metric), row in rows.items() if level == "faithfulness"}
    assert faithful["FF v2"]["n"] == 1
    assert {"AI", "AD", "AG", "deletion less random", "SI-SDR, dB"} <= set(faithful)
    assert content["configuration"]["seed"] == 0 and "torch" in content["versions"]
    clips = json.loads((out / "clips.json").read_text())["clips"]
    assert [clip["anomalous"] for clip in clips] == [False] * 4 + [True] * 4
    anomalous = np.array([clip["score"] for clip in clips[4:]])
    usual = np.array([clip["score"] for clip in clips[:4]])
    assert rows["sample", "ROC"]["value"] == np.mean(anomalous[:, None] > usual[None])
    assert "spectrogram ROC" in clips[4]["values"]
    table = capsys.readouterr().out
    assert "| padim | recommended | sample | ROC |" in table and "| 86.3 |" in table


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("", "needs one source"),
        ("--machines fan --esc50 x --normal a --anomaly b", "needs one source"),
        ("--normal-dir x", "Both --normal-dir and --anomaly-dir"),
        ("--urbansound x --normal a --anomaly b", "--esc50 is needed for events"),
        ("--esc50 x", "--normal and --anomaly name the classes"),
        ("--machines fan --snr loud", "not “loud”"),
        ("--machines fan --jobs 0", "number of processes"),
    ],
)
def test_options_that_fit_nothing_are_one_line(
    options: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = f"bench envmix {options} --heads padim --out {tmp_path / 'out'}"
    assert main(given.split()) == 2
    error = capsys.readouterr().err.strip()
    assert complaint in error and "\n" not in error
