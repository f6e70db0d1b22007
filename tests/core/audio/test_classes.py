"""Classes of clips by folder, by a part of the name, by a table; what cannot be told is said."""

from pathlib import Path

import pytest

from core.audio.classes import by_table, class_by, read_table
from core.errors import SettingError

NAMES = ["fan/normal_id_00_1.wav", "fan/normal_id_02_1.wav", "pump/normal_id_00_9.wav"]


def test_folder_and_part_of_the_name() -> None:
    assert class_by(NAMES, "folder") == ["fan", "fan", "pump"]
    assert class_by(NAMES, "name-field:3") == ["00", "02", "00"]


def test_a_table_names_files_by_path_or_by_its_end(tmp_path: Path) -> None:
    table = tmp_path / "classes.csv"
    table.write_text("﻿file,label\nfan/normal_id_00_1.wav, slow \nnormal_id_02_1.wav,fast\n\n")
    assert class_by(NAMES[:2], f"csv:{table}") == ["slow", "fast"]
    classes = read_table('"a, b.wav",x\nfolder\\c.wav,y\n', "t")
    assert by_table(["a, b.wav", "deep/folder/c.wav"], classes) == ["x", "y"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("colour", r"the rules are folder, name-field:N, csv:FILE"),
        ("name-field:0", "counted from 1"),
        ("name-field:9", r"“fan/normal_id_00_1.wav” has no part 9"),
        ("csv:gone.csv", r"“gone.csv” cannot be read: it is not there"),
        ("csv:", "the rules are"),
    ],
)
def test_a_rule_that_finds_nothing_says_so(rule: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        class_by(NAMES, rule)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lists no files"),
        ("a.wav\n", "no file and class in line 1"),
        ("a.wav,x\na.wav,y\n", "“a.wav” two classes"),
        ("a.wav,x\n", r"no class for “fan/normal_id_00_1.wav” and 2 more"),
    ],
)
def test_a_table_with_gaps_says_where(text: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        by_table(NAMES, read_table(text, "classes.csv"))
