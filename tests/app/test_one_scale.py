"""Map, bars, numbers and verdicts have one scale in every view, at every false-alarm rate."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from app.components.shared.frame import evidence_steps
from app.components.triage import rows_of
from app.text import formats
from app.views.score import row_of
from core.storage import database
from core.storage.models import load_calibration
from core.storage.scores import list_scores, load_map
from core.storage.thresholds import set_false_alarm_rate
from tests.support.seeded_home import MODEL_ID, seed


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    database.close()


def test_every_view_says_the_same_of_a_recording_at_every_rate() -> None:
    seed()
    calibrated = load_calibration(MODEL_ID)
    n_anomalous = set()
    for rate in (0.001, 0.01, 0.05, 0.2, 0.5):
        set_false_alarm_rate(MODEL_ID, rate)
        scored = [one for one in list_scores(MODEL_ID) if one.score is not None]
        in_triage = json.loads(rows_of(scored, calibrated))
        for place, one in enumerate(scored):
            found, in_score = load_map(MODEL_ID, one.clip_id), row_of(one, calibrated, rate)
            assert in_score.evidence == pytest.approx(float(found.evidence.max()), abs=1e-6)
            steps = evidence_steps(found.evidence)
            assert abs(in_triage["evidence"][place] - int(steps.max())) <= 1
            shown = [
                one.anomalous,
                found.anomalous,
                in_score.anomalous,
                bool(in_triage["anomalous"][place]),
                bool(found.regions),
                in_score.evidence > 0.5,
                float(formats.evidence(in_score.evidence)) > 0.5,
                bool(steps.max() > 127.5),
                in_triage["evidence"][place] > 127.5,
            ]
            assert len(set(shown)) == 1, (rate, one.clip_name, shown)
            # Colour above the threshold is where the outline is.
            np.testing.assert_array_equal(steps > 127.5, found.raw > np.float64(found.threshold))
        n_anomalous.add(sum(one.anomalous for one in scored))
        # Of those that are anomalous the rarer is the higher, and never rarer than counted.
        rarity = [row_of(one, calibrated, rate).one_in for one in scored]
        assert rarity == sorted(rarity, reverse=True)
    assert len(n_anomalous) > 2
