"""`hearmap convert` between the formats: nothing is overwritten, and nothing is guessed."""

from pathlib import Path

import pytest

from core.cli import main
from core.exchange.formats import FORMATS
from tests.core.exchange.test_exchange import random_annotations


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_through_another_format_and_back_boxes_and_labels_are_the_same(
    source: str, target: str, tmp_path: Path
) -> None:
    made = random_annotations(5, 20, ("day1/0001.wav",))
    first = tmp_path / f"a{FORMATS[source].suffix}"
    first.write_bytes(FORMATS[source].write(made))
    second = tmp_path / f"b{FORMATS[target].suffix}"
    assert main(["convert", str(first), str(second)]) == 0
    back = tmp_path / f"c{FORMATS[source].suffix}"
    assert main(["convert", str(second), str(back)]) == 0
    before, after = (FORMATS[source].read(one.read_bytes(), "x") for one in (first, back))
    boxes = [[(a.start_s, a.end_s, a.low_hz, a.high_hz) for a in one] for one in (before, after)]
    assert boxes[0] == boxes[1]
    labels = [[a.label.split() for a in one] for one in (before, after)]
    assert labels[0] == labels[1]


def test_nothing_is_overwritten_and_the_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "b.csv"
    source.write_text("1\t2\tdog\n")
    out.write_text("mine")
    assert main(["convert", str(source), str(out)]) == 2
    assert main(["convert", str(source), str(source)]) == 2
    assert out.read_text() == "mine"
    assert source.read_text() == "1\t2\tdog\n"
    assert main(["convert", str(tmp_path / "none.txt"), str(tmp_path / "c.csv")]) == 2
    assert main(["convert", str(source), str(tmp_path / "c.doc")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert "already" in said[0]


def test_one_of_many_recordings_is_chosen_for_a_format_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "b.txt"
    names = ("day1/0001.wav", "day2/0001.wav")
    source.write_text("clip,start,end\n" + "".join(f"{name},1,2\n" for name in names))
    assert main(["convert", str(source), str(out)]) == 2
    assert main(["convert", str(source), str(out), "--recording", "0001.wav"]) == 2
    assert "folders" in capsys.readouterr().err
    assert main(["convert", str(source), str(out), "--recording", "day2/0001.wav"]) == 0
    assert out.read_text() == "1.000000\t2.000000\t\n"


def test_a_format_that_names_recordings_is_given_the_name(tmp_path: Path) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "b.dat"
    source.write_text("1\t2\tdog\n")
    given = ["convert", str(source), str(out), "--to", "raven", "--recording", "day1/0001.wav"]
    assert main(given) == 0
    assert "day1/0001.wav" in out.read_text()
