"""No cell that a user wrote is a formula, numbers stay numbers, and reading undoes writing."""

import csv
import io

import numpy as np
import pytest

from core.errors import SettingError
from core.exchange.csv_cells import inert, original, read_table, write_table

FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\xa0=1", "\u200b=1"),
    *("\ufeff=1", "＝1+1", "＋1", "－1", "＠x", " ＝1", "﹦1", "\tx", "\rx", "-3.2", "−1"),
)
HARMLESS = ("a=1", "day1/0001.wav", "'quoted'", "", " ", "3.2", "'", "''", "'a", "é", "a\n=1")
# A spreadsheet's view: the first sign that it does not pass over.
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_inert(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not_is_left_alone(text: str) -> None:
    assert inert(text) == text


def test_reading_undoes_writing_whatever_the_text() -> None:
    rng = np.random.default_rng(0)
    signs = [*"'=+-@ \t\r\nab1.,;\"", "＝", "\u200b", "\xa0", "\ufeff"]
    texts = ["".join(rng.choice(signs, size=rng.integers(0, 6))) for _ in range(3000)]
    for text in [*FORMULAS, *HARMLESS, *texts]:
        assert original(inert(text)) == text
        assert inert(text).lstrip(" \t\r\n\xa0\u200b\ufeff")[:1] not in tuple(SIGNS)
    rows = read_table(write_table(["a", "b"], [[text, "x"] for text in texts]), "t").rows
    written = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [cells["a"] for _, cells in rows] == written


def test_numbers_stay_numbers_with_a_point_and_every_digit() -> None:
    values = [-3.2, 36012.988, np.float64(0.1), np.float32(2.5), 7, True, None, float("nan")]
    (row,) = csv.reader(io.StringIO(write_table("abcdefgh", [values]).decode().split("\n", 1)[1]))
    assert row == ["-3.2", "36012.988", "0.1", "2.5", "7", "True", "", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_of_spreadsheets_are_read(encoding: str, delimiter: str, end: str) -> None:
    lines = [
        ["Name", " Score ", "note"],
        ["Vögel.wav", "3,5", "a"],
        ["", "", ""],
        ["b", "-1.5", ""],
    ]
    quoted = [[f'"{cell}"' if "," in cell else cell for cell in line] for line in lines]
    text = "".join(delimiter.join(line) + end for line in quoted)
    table = read_table(text.encode(encoding), "t.csv")
    assert table.columns == ("name", "score", "note")
    assert table.rows == (
        (2, {"name": "Vögel.wav", "score": "3,5", "note": "a"}),
        (4, {"name": "b", "score": "-1.5", "note": ""}),
    )


def test_excels_note_on_what_parts_the_columns_is_heeded() -> None:
    table = read_table(b"sep=;\na;b,c\n1;2\n", "t.csv")
    assert table.columns == ("a", "b,c")
    assert table.rows == ((3, {"a": "1", "b,c": "2"}),)


def test_what_is_no_text_is_refused() -> None:
    for content in (b"a\x00b\x00", b"\xff\xfe\x00"):
        with pytest.raises(SettingError, match=r"t\.csv"):
            read_table(content, "t.csv")
