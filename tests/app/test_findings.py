"""What Listen says of findings: their sentences, what explanations add, the spectrum that opens."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from app.text import spectrum as text
from app.widgets import findings, spectrum_figures
from core.detectors.views.normal_spectrum import NormalSpectra
from core.explain.finding import Finding
from core.explain.spectrum_against_normal import spectrum_against_normal
from core.storage.explanations import SavedExplanation
from core.types import Box
from tests.support.found_regions import (
    TIME_S,
    band_noise,
    measured,
    noise,
    normal_spectra,
)


@pytest.fixture(scope="module")
def normals() -> NormalSpectra:
    return normal_spectra([noise(seed) for seed in range(6)])


def filled(figure: go.Figure) -> list[np.ndarray]:
    """The levels of what is drawn as beyond the range."""
    return [np.array(one.y) for one in figure.data if one.name == text.BEYOND]


def test_what_lies_beyond_the_range_is_filled_and_nothing_else(normals: NormalSpectra) -> None:
    found = spectrum_against_normal(measured(noise(9) + band_noise(1, 1000, 3000, 0.05)), normals)
    levels = filled(spectrum_figures.spectrum(found))
    assert levels
    np.testing.assert_allclose(levels[0], np.maximum(found.level_db, found.high_db))
    own = next(one for one in spectrum_figures.spectrum(found).data if one.name == text.RECORDING)
    np.testing.assert_allclose(own.y, found.level_db)
    assert "Hz" in own.hovertemplate and "dBFS" in own.hovertemplate


def test_the_level_over_time_is_the_band_s(normals: NormalSpectra) -> None:
    box = Box(1.0, 2.0, 1000, 3000)
    found = spectrum_against_normal(measured(noise(9)), normals, box)
    own = next(one for one in spectrum_figures.over_time(found).data if one.name == text.RECORDING)
    assert len(own.x) == len(found.time_s) and own.x[-1] <= TIME_S[-1] + 0.05
    low, high = spectrum_figures.over_time(found).layout.yaxis.range
    assert high - low >= spectrum_figures.LEAST_DB
    assert (
        text.compared(box, "It lies within.") == "Compared is 1.0–2.0 s, 1–3 kHz. It lies within."
    )


def test_explanations_add_a_hint_and_what_little_decides_the_verdict() -> None:
    box = Box(1.0, 1.3, 2000, 6000)
    burst = Finding("burst", (box,), (1.1,), 2000, 6000, False, 9.0, -30.0, -44.0)
    named = SavedExplanation({"names": ["Squeal", "Mechanisms"]}, 44_100)
    flipped = SavedExplanation({"flips": True, "share": 0.0015}, 44_100)
    explained: Any = SimpleNamespace(faithfulness=named, made_normal=flipped)
    listed = findings.listed([burst], explained)
    assert listed.note == (
        "Sounds like: squeal, mechanisms (a hint by YAMNet). "
        "Without these 0.15 % of the picture it would pass."
    )
    (one,) = listed.findings
    assert one.boxes == (box,) and "14 dB above this recording’s background." in one.sentence
    # Explanations of earlier versions have no names; what nothing makes normal has no such part.
    none: Any = SimpleNamespace(
        faithfulness=SavedExplanation({}, 44_100),
        made_normal=SavedExplanation({"flips": False, "share": 0.5}, 44_100),
    )
    assert findings.listed([burst], none).note == ""
    assert findings.listed([], explained).note == ""
