"""HEARMAP_HOME: the one folder under which everything a user makes lives."""

import os
import sys
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder HEARMAP_HOME names, else the platform's data folder for HearMap."""
    named = os.environ.get("HEARMAP_HOME", "").strip()
    folder = Path(named).expanduser() if named else Path(platformdirs.user_data_dir("hearmap"))
    return folder.absolute()


def models_dir() -> Path:
    """Fitted models, a folder each."""
    return home() / "models"


def clips_dir() -> Path:
    """Uploaded and made recordings, a file each, named by their hash."""
    return home() / "clips"


def maps_dir() -> Path:
    """Anomaly maps of scored clips: a folder a model, a file a clip."""
    return home() / "maps"


def benchmarks_dir() -> Path:
    """Benchmarks that were run in the app, a folder each."""
    return home() / "benchmarks"


def data_root() -> Path | None:
    """The folder of recordings that HEARMAP_DATA_ROOT names, where it exists."""
    named = os.environ.get("HEARMAP_DATA_ROOT", "").strip()
    root = Path(named).expanduser().resolve() if named else None
    return root if root is not None and root.is_dir() else None


def feature_cache_dir() -> Path:
    """Frozen features of clips, which may be deleted at any time."""
    return home() / "cache" / "features"


def checkpoints_dir() -> Path:
    """States of trainings that were interrupted, to go on from; they may be deleted at any time."""
    return home() / "checkpoints"


def weights_dir() -> Path:
    """Weights that this user fetched or added."""
    return home() / "weights"


def environment_weights_dir() -> Path:
    """Weights that came with the environment (`make setup`), shared by all homes."""
    return Path(sys.prefix) / "share" / "hearmap" / "weights"


def database_url() -> str:
    """The records' database: HEARMAP_DATABASE_URL, else SQLite under HEARMAP_HOME."""
    named = os.environ.get("HEARMAP_DATABASE_URL", "").strip()
    return named or f"sqlite:///{(home() / 'records.sqlite').as_posix()}"
