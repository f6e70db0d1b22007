"""MIMII and DCASE Task 2 as they are published: split and labelled right, or refused."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import DataSetError
from core.evaluation.datasets.dcase2020 import DEVELOPMENT_IDS, EVALUATION_IDS, dcase2020
from core.evaluation.datasets.dcase2023 import dcase2023
from core.evaluation.datasets.mimii import mimii
from tests.support.trees import dcase2020_tree, dcase2023_tree, mimii_tree, write


def refusal(load: Callable[..., object], *given: object, **options: object) -> str:
    with pytest.raises(DataSetError) as refused:
        load(*given, **options)
    sentence = str(refused.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


def counts(clips: list) -> Counter:
    return Counter((c.machine, c.machine_id, c.snr_db, c.is_test, c.is_anomalous) for c in clips)


@pytest.fixture
def machines(tmp_path: Path) -> Path:
    levels = {
        "-6_dB_fan": {"fan": {"id_00": (7, 3), "id_02": (5, 2)}},
        "6_dB_fan": {"fan": {"id_00": (7, 3), "id_02": (5, 2)}},
        "6_dB_pump": {"pump": {"id_00": (4, 1)}},
    }
    return mimii_tree(tmp_path / "mimii", levels, seconds=0.1)


def test_mimii_tests_as_many_normal_clips_as_there_are_abnormal_ones(machines: Path) -> None:
    clips = mimii(machines)
    # Highest SNR first; of 7 normal clips the first 3 by name are tests, the other 4 train.
    expected = Counter()
    for machine, name, snr_db, n_normal, n_abnormal in (
        *(("fan", "id_00", 6.0, 7, 3), ("fan", "id_02", 6.0, 5, 2), ("pump", "id_00", 6.0, 4, 1)),
        *(("fan", "id_00", -6.0, 7, 3), ("fan", "id_02", -6.0, 5, 2)),
    ):
        expected[machine, name, snr_db, False, False] = n_normal - n_abnormal
        expected[machine, name, snr_db, True, False] = n_abnormal
        expected[machine, name, snr_db, True, True] = n_abnormal
    assert counts(clips) == expected
    assert clips[0].snr_db == 6.0
    one = [c for c in mimii(machines, snr_db=[-6], machines=["fan"], ids=["id_00"])]
    tested = [c.path.name for c in one if c.is_test and not c.is_anomalous]
    trained = [c.path.name for c in one if not c.is_test]
    assert tested == [f"{i:08d}.wav" for i in range(3)]
    assert trained == [f"{i:08d}.wav" for i in range(3, 7)]
    assert not set(tested) & set(trained)
    assert {c.path.parent.parent.parent.parent.name for c in one} == {"-6_dB_fan"}


@pytest.mark.parametrize(
    ("name", "snr_db"), [("6dB", 6), ("0_dB", 0), ("-0dB", 0), ("min6dB", -6), ("-6_dB_fan", -6)]
)
def test_mimii_knows_the_names_in_use_for_its_folders(tmp_path, name, snr_db) -> None:
    root = mimii_tree(tmp_path, {name: {"fan": {"id_00": (3, 1)}}}, seconds=0.1)
    for given in (root, root / name):
        assert {str(clip.snr_db) for clip in mimii(given)} == {f"{snr_db:.1f}"}


def test_a_wrong_mimii_is_refused_with_what_is_missing(machines: Path, tmp_path) -> None:
    assert "no folder such as 6_dB_fan/fan/id_00" in refusal(mimii, tmp_path)
    assert "3384388" in refusal(mimii, tmp_path)
    for read, record in ((mimii, "3384388"), (dcase2020, "3678171"), (dcase2023, "7882613")):
        absent = refusal(read, tmp_path / "nowhere")
        assert "it is not there" in absent and record in absent
    assert "holds machines but no SNR" in refusal(mimii, (machines / "6_dB_fan").rename(
        tmp_path / "renamed"
    ))  # fmt: skip
    assert "no SNR, in dB, “3” in the data; there are -6, 6." in refusal(
        mimii, machines, snr_db=[3]
    )
    assert "there are fan, pump." in refusal(mimii, machines, machines=["motor"])
    assert "no id “id_09” in the data; there are id_00, id_02" in refusal(
        mimii, machines, ids=["id_09"]
    )
    assert "together" in refusal(mimii, machines, machines=["pump"], snr_db=[-6])
    folder = machines / "6_dB_pump" / "pump" / "id_00"
    mimii_tree(machines, {"6dB": {"pump": {"id_00": (3, 1)}}}, seconds=0.1)
    assert "pump id_00 at 6 dB is there twice" in refusal(mimii, machines)
    mimii_tree(machines, {"6_dB_pump": {"pump": {"id_00": (1, 4)}}}, seconds=0.1)
    (machines / "6dB").rename(machines / "spare")
    assert "4 normal and 4 abnormal clips" in refusal(mimii, machines)
    for path in (folder / "abnormal").iterdir():
        path.rename(path.with_suffix(".bak"))
    (folder / "abnormal" / "._00000000.wav").touch()  # what a Mac leaves behind
    assert "abnormal holds no WAV files" in refusal(mimii, machines)
    (folder / "normal").rename(folder / "usual")
    assert "normal is missing" in refusal(mimii, machines)


def test_dcase2020_reads_labels_from_names(tmp_path: Path) -> None:
    root = dcase2020_tree(
        tmp_path, {"fan": {"id_00": (4, 3, 2)}, "ToyCar": {"id_01": (2, 1, 1)}}, seconds=0.1
    )
    clips = dcase2020(root)
    assert counts(clips) == {
        ("ToyCar", "id_01", None, False, False): 2,
        ("ToyCar", "id_01", None, True, False): 1,
        ("ToyCar", "id_01", None, True, True): 1,
        ("fan", "id_00", None, False, False): 4,
        ("fan", "id_00", None, True, False): 3,
        ("fan", "id_00", None, True, True): 2,
    }
    assert {clip.metadata_class for clip in clips} == {"fan/id_00", "ToyCar/id_01"}
    assert {clip.machine for clip in dcase2020(root, machines=["fan"])} == {"fan"}
    assert {clip.machine for clip in dcase2020(root, ids=["id_01"])} == {"ToyCar"}


def test_dcase2020_has_41_ids() -> None:
    both = [*DEVELOPMENT_IDS.items(), *EVALUATION_IDS.items()]
    assert len({(machine, name) for machine, ids in both for name in ids}) == 41


def test_dcase2020_evaluation_clips_need_their_labels(tmp_path: Path) -> None:
    root = dcase2020_tree(tmp_path / "data", {"fan": {"id_01": (4, 0, 0)}}, seconds=0.1)
    tone = [0.1] * 1600
    for i in range(3):
        write(root / "fan" / "test" / f"id_01_{i:08d}.wav", tone, 16_000)
    assert not any(clip.is_test for clip in dcase2020(root))
    labels = tmp_path / "eval_data_list.csv"
    rows = [f"id_01_{i:08d}.wav,normal_id_01_{9 - i:08d}.wav,{i % 2}" for i in range(3)]
    labels.write_text("\n".join(["pump", "id_01_00000000.wav,x,1", "fan", *rows]))
    tests = [clip for clip in dcase2020(root, ground_truth=labels) if clip.is_test]
    assert [clip.is_anomalous for clip in tests] == [False, True, False]
    labels.write_text("fan\nid_01_00000000.wav,x,maybe\n")
    assert "0 or 1, not “id_01_00000000.wav,x,maybe”" in refusal(
        dcase2020, root, ground_truth=labels
    )
    assert "it is not there" in refusal(dcase2020, root, ground_truth=tmp_path / "gone.csv")


def test_a_wrong_dcase2020_is_refused(tmp_path: Path) -> None:
    assert "no folder such as fan/train" in refusal(dcase2020, tmp_path)
    root = dcase2020_tree(tmp_path, {"fan": {"id_00": (2, 1, 1)}}, seconds=0.1)
    assert "no machine “pump” in the data; there are fan" in refusal(
        dcase2020, root, machines=["pump"]
    )
    odd = (root / "fan/train/normal_id_00_00000000.wav").rename(root / "fan/train/fan0.wav")
    assert "fan0.wav is not named as in DCASE 2020" in refusal(dcase2020, root)
    odd.rename(root / "fan/train/anomaly_id_00_00000007.wav")
    assert "anomalous and lies among the training clips" in refusal(dcase2020, root)
    for path in (root / "fan/train").iterdir():
        path.unlink()
    assert "train holds no WAV files" in refusal(dcase2020, root)


@pytest.fixture
def sections(tmp_path: Path) -> Path:
    machines = {"bearing": {"source": (4, 2, 2), "target": (1, 2, 1)}}
    return dcase2023_tree(tmp_path / "dcase2023", machines, seconds=0.1)


def test_dcase2023_reads_domains_from_names_and_attributes_from_the_csv(sections: Path) -> None:
    clips = dcase2023(sections)
    found = Counter((c.domain, c.is_test, c.is_anomalous) for c in clips)
    assert found == {
        ("source", False, False): 4,
        ("source", True, False): 2,
        ("source", True, True): 2,
        ("target", False, False): 1,
        ("target", True, False): 2,
        ("target", True, True): 1,
    }
    assert {clip.machine_id for clip in clips} == {"section_00"}
    train = [clip for clip in clips if not clip.is_test]
    assert Counter(c.metadata_class for c in train) == {"bearing/vel=6": 3, "bearing/vel=9": 2}
    # A clip that the CSV does not list has its attributes in its name only.
    table = sections / "bearing" / "attributes_00.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n")
    unlisted = dcase2023(sections, machines=["bearing"])
    assert unlisted[0].attributes == (("attributes", "vel_6"),)


def test_a_machine_without_attributes_is_one_class(tmp_path: Path) -> None:
    root = dcase2023_tree(tmp_path, {"slider": {"source": (2, 1, 1)}}, seconds=0.1)
    for path in sorted((root / "slider").rglob("*.wav")):
        path.rename(path.with_name(path.name[: path.name.index("_vel")] + ".wav"))
    (root / "slider" / "attributes_00.csv").write_text("file_name\n")
    assert {clip.metadata_class for clip in dcase2023(root)} == {"slider/section_00"}


def test_dcase2023_evaluation_clips_need_their_labels(sections: Path, tmp_path: Path) -> None:
    test, labels = sections / "bearing" / "test", tmp_path / "ground_truth_attributes"
    labels.mkdir()
    full = sorted(path.name for path in test.iterdir())
    for i, name in enumerate(full):
        (test / name).rename(test / f"section_00_{i:04d}.wav")
    table = sections / "bearing" / "attributes_00.csv"
    kept = [line for line in table.read_text().splitlines() if "/test/" not in line]
    table.write_text("\n".join(kept))
    assert not any(clip.is_test for clip in dcase2023(sections))
    truth = labels / "ground_truth_bearing_section_00_test.csv"
    lines = [f"section_00_{i:04d}.wav,{Path(name).stem}" for i, name in enumerate(full)]
    truth.write_text("\n".join(lines))
    tests = [clip for clip in dcase2023(sections, ground_truth=labels) if clip.is_test]
    found = Counter((clip.domain, clip.is_anomalous) for clip in tests)
    assert found == {
        ("source", False): 2, ("source", True): 2, ("target", False): 2, ("target", True): 1
    }  # fmt: skip
    truth.write_text("section_00_0000.wav,0\n")
    assert "not of ground_truth_attributes" in refusal(dcase2023, sections, ground_truth=labels)
    assert "no folder of labels" in refusal(dcase2023, sections, ground_truth=truth)


def test_a_wrong_dcase2023_is_refused(sections: Path, tmp_path: Path) -> None:
    assert "no folder such as fan/train" in refusal(dcase2023, tmp_path / "dcase2023" / "bearing")
    folder = sections / "bearing"
    table = folder / "attributes_00.csv"
    text = table.read_text()
    first = sorted((folder / "train").iterdir())[0]
    first.rename(tmp_path / first.name)
    assert f"lists bearing/train/{first.name}, which is not in" in refusal(dcase2023, sections)
    (tmp_path / first.name).rename(first)
    table.write_text(text.replace("bearing/train/", "bearing/spare/"))
    assert "which is not in" in refusal(dcase2023, sections)
    table.write_text(text.replace("file_name", "file"))
    assert "no column “file_name”" in refusal(dcase2023, sections)
    table.write_text(text.replace("d1v", "speed"))
    assert "no column “d1v”" in refusal(dcase2023, sections)
    table.write_bytes(b"")
    assert "cannot be read as a CSV" in refusal(dcase2023, sections)
    table.unlink()
    assert "has no attributes_00.csv" in refusal(dcase2023, sections)
    table.write_text(text)
    for wrong, what in (
        ("section_01_source_train_normal_0000_vel_6.wav", "an earlier year's"),
        ("section_00_source_train_anomaly_0000_vel_6.wav", "is a train clip and anomaly"),
        ("section_00_source_test_normal_0000_vel_6.wav", "is a test clip and normal"),
        ("normal_id_00_00000000.wav", "is not named as in DCASE 2023"),
    ):
        planted = write(folder / "train" / wrong, [0.1] * 1600, 16_000)
        assert what in refusal(dcase2023, sections)
        planted.unlink()
