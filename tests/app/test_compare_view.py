"""Compare keeps the models beside the first from one recording or model to the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.storage import database
from tests.app.test_app import app
from tests.support.seen_models import PLANTED, make_models


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    database.close()


def test_what_is_taken_away_stays_away_until_it_is_added_again(aisfx_weights: object) -> None:
    model_ids, clip_id = make_models(list(PLANTED))
    at = app("compare", model=model_ids[0], clip=clip_id)
    assert not at.exception
    assert set(at.multiselect[0].value) == set(model_ids[1:])
    at.multiselect[0].unselect(model_ids[2]).run()
    at.selectbox[0].select(model_ids[1]).run()
    assert not at.exception
    assert set(at.multiselect[0].value) == {model_ids[0], model_ids[3]}
    at.multiselect[0].select(model_ids[2]).run()
    at.selectbox[0].select(model_ids[0]).run()
    assert set(at.multiselect[0].value) == {model_ids[1], model_ids[2], model_ids[3]}
