"""What every test shares: a fresh HEARMAP_HOME, and the optional real recordings and weights."""

import os
from pathlib import Path

import pytest

from core.backbones.weights import store
from core.errors import HearMapError
from core.runtime.paths import environment_weights_dir

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--elsewhere`: every browser journey with PostgreSQL and Dask instead of the defaults."""
    parser.addoption(
        "--elsewhere",
        action="store_true",
        help="run the browser tests' app with its records in PostgreSQL and its jobs on Dask",
    )


@pytest.fixture(autouse=True)
def hearmap_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, so that no test sees or touches a user's data."""
    home = tmp_path / "hearmap-home"
    monkeypatch.setenv("HEARMAP_HOME", str(home))
    monkeypatch.delenv("HEARMAP_DATABASE_URL", raising=False)
    monkeypatch.delenv("HEARMAP_DASK", raising=False)
    return home


@pytest.fixture(scope="session")
def esc10() -> Path:
    """The folder of real recordings in ESC-50's layout: audio/ and meta/esc50.csv."""
    folder = Path(os.environ.get("HEARMAP_ESC10") or ROOT.parent / "shared" / "data" / "esc10")
    if not (folder / "meta" / "esc50.csv").is_file():
        pytest.skip("the ESC-10 recordings are not here; HEARMAP_ESC10 names their folder")
    return folder


@pytest.fixture(scope="session")
def aisfx_weights() -> Path:
    """The real aiSFX weights in the environment, fetched at most once; every home sees them."""
    return _in_environment("aisfx")


@pytest.fixture(scope="session")
def yamnet_weights() -> Path:
    """The real YAMNet weights in the environment, likewise."""
    return _in_environment("yamnet")


def _in_environment(name: str) -> Path:
    kept = environment_weights_dir() / f"{name}.safetensors"
    if kept.is_file():
        return kept
    try:
        return store.fetch(name, into_environment=True)
    except HearMapError as error:
        pytest.skip(str(error))
