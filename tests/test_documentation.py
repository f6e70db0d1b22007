"""What the documentation says works: the tutorial's steps run as they stand."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_tutorials_steps_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aisfx_weights: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    for step in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(step, names)
    found, again = names["found"], names["again"]
    assert found.anomalous and found.regions  # type: ignore[attr-defined]
    assert again.score(names["new"]).score == found.score  # type: ignore[attr-defined]
    for name in ("map.png", "anomalous.wav", "residual.wav"):
        assert (tmp_path / name).stat().st_size > 1000
