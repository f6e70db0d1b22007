"""HEARMAP_HOME: the one folder under which everything a user makes lives."""

import os
import sys
from pathlib import Path

import platformdirs

from core.errors import StoreError


def home() -> Path:
    """Locate the folder of all that a user makes.

    Returns:
        The folder that HEARMAP_HOME names, else the platform's data folder for HearMap; absolute.
        It need not be there.

    Raises:
        StoreError: HEARMAP_HOME names what is no folder, or somebody who has none; or it is not
            set, and the system knows no folder of this user.
    """
    named = os.environ.get("HEARMAP_HOME", "").strip()
    try:
        folder = os.path.expanduser(named or platformdirs.user_data_dir("hearmap"))
    except RuntimeError:  # newer releases of platformdirs raise it, earlier ones leave the tilde
        folder = "~"
    if folder.startswith("~"):
        what = f"HEARMAP_HOME is “{named}”, and" if named else "HEARMAP_HOME is not set, and"
        raise StoreError(
            f"{what} this system knows no such home folder; set HEARMAP_HOME to the folder where "
            "HearMap shall keep its models and records."
        )
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise StoreError(
            f"HearMap is to keep its models and records in {folder}, which is no folder; set "
            "HEARMAP_HOME to another."
        )
    return Path(folder).absolute()


def models_dir() -> Path:
    """Locate the fitted models.

    Returns:
        A folder with a folder a model.
    """
    return home() / "models"


def clips_dir() -> Path:
    """Locate the recordings that were uploaded or made.

    Returns:
        A folder with a file a recording, named by its hash.
    """
    return home() / "clips"


def maps_dir() -> Path:
    """Locate the anomaly maps of scored clips.

    Returns:
        A folder with a folder a model, which holds a file a clip.
    """
    return home() / "maps"


def benchmarks_dir() -> Path:
    """Locate the benchmarks that were run in the app.

    Returns:
        A folder with a folder a benchmark.
    """
    return home() / "benchmarks"


def data_root() -> Path | None:
    """Locate the user's own folder of recordings.

    Returns:
        The folder that HEARMAP_DATA_ROOT names; None where it names none that exists.
    """
    named = os.environ.get("HEARMAP_DATA_ROOT", "").strip()
    root = os.path.realpath(os.path.expanduser(named)) if named else ""
    return Path(root) if os.path.isdir(root) else None


def feature_cache_dir() -> Path:
    """Locate the frozen features of clips.

    Returns:
        A folder that may be deleted at any time.
    """
    return home() / "cache" / "features"


def scratch_dir() -> Path:
    """Locate what a long recording needs while it is scored.

    Returns:
        A folder whose files have no names and vanish by themselves.
    """
    return home() / "cache" / "scratch"


def checkpoints_dir() -> Path:
    """Locate the states of trainings that were interrupted, from which they go on.

    Returns:
        A folder that may be deleted at any time.
    """
    return home() / "checkpoints"


def weights_dir() -> Path:
    """Locate the weights that this user fetched or added.

    Returns:
        A folder under HEARMAP_HOME.
    """
    return home() / "weights"


def environment_weights_dir() -> Path:
    """Locate the weights that came with the environment (`make setup`), shared by all homes.

    Returns:
        A folder of the Python environment.
    """
    return Path(sys.prefix) / "share" / "hearmap" / "weights"


def database_url() -> str:
    """Name the records' database.

    Returns:
        HEARMAP_DATABASE_URL, else the URL of an SQLite file under HEARMAP_HOME.
    """
    named = os.environ.get("HEARMAP_DATABASE_URL", "").strip()
    return named or f"sqlite:///{(home() / 'records.sqlite').as_posix()}"
