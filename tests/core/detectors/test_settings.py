"""Settings answer to the names they had in 0.1.0, and what those names identify is found again."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from core.detectors.heads.anopatch import AnoPatchSettings
from core.detectors.heads.padim import PaDiMSettings
from core.detectors.heads.parts.anopatch_training import FineTuning
from core.detectors.presets import preset_settings
from core.detectors.settings import make_settings, with_current_names, with_former_names
from core.errors import SettingError
from core.evaluation.benchmarks.units import Unit
from core.evaluation.candidate import Candidate


def test_former_names_and_values_are_accepted() -> None:
    former = {"reference": "clip", "loudness_exponent": "0.2", "n_channels": 10}
    made = make_settings(PaDiMSettings, "padim", former)
    assert made == PaDiMSettings(views="event", energy_exponent=0.2, n_channels=10)
    assert with_former_names(with_current_names(former)) == former
    with pytest.raises(SettingError, match="views is one of training, event, both, not “own”"):
        make_settings(PaDiMSettings, "padim", {"reference": "own"})


@pytest.mark.parametrize("name", ["views", "reference"])
def test_what_is_laid_over_a_preset_wins_under_either_name(name: str) -> None:
    over_new = preset_settings("padim", "recommended") | {name: "training"}
    over_former = {"reference": "both", "n_channels": 3} | {name: "training"}
    for values in (over_new, over_former):
        assert make_settings(PaDiMSettings, "padim", values).views == "training"


def test_work_that_an_earlier_version_began_has_the_same_identity() -> None:
    """The digests are those that 0.1.0 computed of the same settings, its recommended ones."""
    recommended_then = {
        "views": "event",
        "clip_score": "top",
        "energy_exponent": 0.08,
        "layers": ("finest",),
        "position": "frequency",
        "n_channels": 0,
        "ridge": 1e-6,
        "relative_ridge": 3.0,
    }
    candidate = Candidate("padim", "recommended", "aisfx", recommended_then)
    unit = Unit.of("novelty", candidate, "dog", {"seed": 0})
    assert unit.path(Path("x")).name == "0b452dbe5221f6907c72.json"
    now = preset_settings("padim", "recommended") | {"views": "event"}
    other = Unit.of("novelty", Candidate("padim", "recommended", "aisfx", now), "dog", {"seed": 0})
    assert other.path(Path("x")) != unit.path(Path("x")), "figures of two forms are never mixed"
    training = SimpleNamespace(
        settings=AnoPatchSettings(views="both"),
        _start=(5, "weights"),
        features=SimpleNamespace(clips=[SimpleNamespace(sha256="a", class_name="fan")]),
    )
    identity = FineTuning.identity.fget(training)
    assert identity == "90c91cea4d4b9a49118b10c1f8de5fcb426a593726b0f536afe81caa12e5a246"
