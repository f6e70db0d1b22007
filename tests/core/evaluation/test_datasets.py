"""Data sets as they are published: read whole, or refused with what is missing."""

from pathlib import Path

import pandas as pd
import pytest

from core.audio import read_clip
from core.errors import DataSetError
from core.evaluation.datasets.recording import Recording
from core.evaluation.datasets.urbansound import urbansound
from tests.support.trees import urbansound_tree


@pytest.fixture
def urban(tmp_path: Path) -> Path:
    return urbansound_tree(tmp_path / "UrbanSound8K", {"siren": 900.0, "drilling": 200.0})


def rewrite(root: Path, **columns: object) -> None:
    """The tree's CSV with these columns in its first row replaced (None: without the column)."""
    table = root / "metadata" / "UrbanSound8K.csv"
    rows = pd.read_csv(table, dtype=str)
    for name, value in columns.items():
        if value is None:
            rows = rows.drop(columns=name)
        else:
            rows.loc[0, name] = str(value)
    rows.to_csv(table, index=False)


def refusal(root: Path) -> str:
    with pytest.raises(DataSetError) as refused:
        urbansound(root)
    return str(refused.value)


def test_urbansound_lists_every_slice_with_its_freesound_number(urban: Path) -> None:
    recordings = urbansound(urban)
    assert len(recordings) == 20
    assert recordings[0] == Recording(urban / "audio/fold1/1-0-0-0.wav", "siren", 1, "1")
    assert recordings[-1].path == urban / "audio/fold10/1010-1-0-0.wav"
    assert [r.fold for r in recordings if r.category == "drilling"] == list(range(1, 11))
    # Mixed rates and channels become one channel at one rate.
    assert {read_clip(r.path, sample_rate=16_000).samples.size for r in recordings} == {19_200}


def test_slices_too_short_for_a_clip_are_left_out(urban: Path) -> None:
    rewrite(urban, end=3.55)
    assert len(urbansound(urban)) == 19


def test_a_wrong_urbansound_is_refused_with_what_is_missing(urban: Path) -> None:
    assert "no metadata/UrbanSound8K.csv" in refusal(urban.parent)
    assert "1203745" in refusal(urban.parent)
    rewrite(urban, slice_file_name="gone.wav")
    assert "lists gone.wav, which is not in" in refusal(urban)
    rewrite(urban, slice_file_name="../fold2/2-0-0-0.wav")
    assert "is a path" in refusal(urban)
    rewrite(urban, slice_file_name="1-0-0-0.wav", fold="two")
    assert "“two” as a fold in line 2" in refusal(urban)
    rewrite(urban, fold=1, end="later")
    assert "“3.5” to “later”" in refusal(urban)
    rewrite(urban, end=4, fsID="")
    assert "no “fsID” in line 2" in refusal(urban)
    rewrite(urban, fsID=None)
    assert "no column “fsID”; it needs slice_file_name" in refusal(urban)
    table = urban / "metadata" / "UrbanSound8K.csv"
    table.write_text(table.read_text().splitlines()[0].replace("start", "fsID,start"))
    assert "lists no recordings" in refusal(urban)
    table.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as a CSV" in refusal(urban)
