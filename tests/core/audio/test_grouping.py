"""Clips of one recording get one group, by any of the rules, and no others do."""

import pytest

from core.audio.grouping import group_by
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
