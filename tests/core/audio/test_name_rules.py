"""Groups and classes by rules on names and by a table; what cannot be told is said."""

from pathlib import Path

import pytest

from core.audio.class_table import classes_from_table, read_class_table
from core.audio.name_rules import class_by, group_by
from core.errors import SettingError

ESC = ["1-17150-A-12.wav", "1-17150-B-12.wav", "1-17367-A-10.wav", "2-17150-A-12.wav"]


def n_groups(names: list[str], rule: str) -> int:
    return len(set(group_by(names, rule)))


def test_each_file_is_its_own_group_even_two_of_one_name() -> None:
    assert n_groups(["a.wav", "a.wav", "b.wav"], "file") == 3


def test_folders_with_either_slash_and_none() -> None:
    names = ["x/a.wav", "x\\b.wav", "x/y/a.wav", "a.wav", "b.wav"]
    groups = group_by(names, "folder")
    assert groups[0] == groups[1]
    assert groups[3] == groups[4]
    assert len(set(groups)) == 3


def test_the_second_field_of_an_esc_50_name_is_its_recording() -> None:
    assert group_by(ESC, "field:2") == ["17150", "17150", "17367", "17150"]
    assert group_by(ESC, "field:1") == ["1", "1", "1", "2"]


def test_a_prefix_ends_at_the_first_separator_or_before_the_number() -> None:
    names = ["fan_01.wav", "fan-02.wav", "pump 1.wav", "pump 22.wav", "valve3.flac", "valve4.flac"]
    assert group_by(names, "prefix") == ["fan", "fan", "pump", "pump", "valve", "valve"]


@pytest.mark.parametrize("rule", ["prefix", "field:1", "field:3"])
def test_names_that_a_rule_finds_nothing_in_stay_apart(rule: str) -> None:
    names = ["01.wav", "02.wav", "--.wav"]
    groups = group_by(names, rule)
    assert len(set(groups)) == 3
    assert all(groups)


def test_only_the_file_counts_for_a_field_not_its_folder_or_extension() -> None:
    assert group_by(["a-b/c-d.e.wav"], "field:2") == ["d.e"]


def test_an_unknown_rule_is_named_with_those_there_are() -> None:
    for rule in ("field:0", "field:", "day", "field:x"):
        with pytest.raises(SettingError, match="file, folder, prefix, field:N"):
            group_by(ESC, rule)


def test_no_names_have_no_groups() -> None:
    assert group_by([], "prefix") == []


def test_either_spelling_of_a_field_is_understood() -> None:
    assert group_by(ESC, "name-field:2") == group_by(ESC, "field:2")
    assert class_by(ESC, "field:2") == class_by(ESC, "name-field:2")


NAMES = ["fan/normal_id_00_1.wav", "fan/normal_id_02_1.wav", "pump/normal_id_00_9.wav"]


def test_folder_and_part_of_the_name() -> None:
    assert class_by(NAMES, "folder") == ["fan", "fan", "pump"]
    assert class_by(NAMES, "name-field:3") == ["00", "02", "00"]


def test_a_table_names_files_by_path_or_by_its_end(tmp_path: Path) -> None:
    table = tmp_path / "classes.csv"
    table.write_text("﻿file,label\nfan/normal_id_00_1.wav, slow \nnormal_id_02_1.wav,fast\n\n")
    assert class_by(NAMES[:2], f"csv:{table}") == ["slow", "fast"]
    classes = read_class_table(b'"a, b.wav",x\nfolder\\c.wav,y\n', "t")
    assert classes_from_table(["a, b.wav", "deep/folder/c.wav"], classes) == ["x", "y"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_of_a_spreadsheet_is_read(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(
        delimiter.join(row) for row in [("File", "Class"), ("a.wav", "Lüfter"), ("'=b", "x")]
    )
    classes = read_class_table(text.encode(encoding), "t")
    assert classes == {"a.wav": "Lüfter", "=b": "x"}


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
        classes_from_table(NAMES, read_class_table(text.encode(), "classes.csv"))
