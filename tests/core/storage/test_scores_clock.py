"""A score that is made anew is known as new, whatever the clock says."""

import datetime

import pytest

from core.errors import AudioError
from core.storage import scores
from core.storage.scores import list_scores, save_score, scores_stamp
from tests.support import seeded_home
from tests.support.seeded_home import MODEL_ID

UTC = datetime.timezone.utc


@pytest.mark.parametrize("moment", [datetime.datetime(1970, 1, 1, tzinfo=UTC), None])
def test_scoring_again_is_news_where_the_clock_stands_still_or_went_back(
    monkeypatch: pytest.MonkeyPatch, moment: datetime.datetime | None
) -> None:
    seeded_home.seed(3, seconds=0.5)
    before = list_scores(MODEL_ID)
    frozen = moment or max(one.created_at for one in before)
    monkeypatch.setattr(scores, "now", lambda: frozen)
    stamps, moments = [scores_stamp(MODEL_ID)], [one.created_at for one in before]
    for _ in range(2):
        for one in before:
            save_score(MODEL_ID, one.clip_id, AudioError("It is empty."))
            stamps.append(scores_stamp(MODEL_ID))
            (saved,) = (s for s in list_scores(MODEL_ID) if s.clip_id == one.clip_id)
            moments.append(saved.created_at)
    assert len(set(stamps)) == len(stamps) and len(set(moments)) == len(moments)
