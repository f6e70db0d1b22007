"""What the documentation says works: the tutorial's steps run, and the paths it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/RESULTS.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
# The file that docs/adding_a_head.md has its reader write.
TO_BE_WRITTEN = {"core/detectors/heads/bands.py"}


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_named_on_a_page_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    folders = ("app", "benchmarks", "core", "docs", "examples", "tests", ".ci")
    named = [name for name in re.findall(r"`([^\s`]+/[^\s`]*)`", text) if name.startswith(folders)]
    linked = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]*)\)", text)]
    patterns = [re.sub("<.*?>", "*", name) for name in named if name not in TO_BE_WRITTEN]
    missing = [pattern for pattern in patterns if not list(ROOT.glob(pattern))]
    missing += [path for path in linked if "://" not in path and not (page.parent / path).exists()]
    assert not missing
