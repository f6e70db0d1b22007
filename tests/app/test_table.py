"""Tables: times are written as the player writes them, and sort as the times do."""

import numpy as np

from app.widgets.table import time_columns


def test_times_of_short_recordings_stay_numbers() -> None:
    rows = [{"start_s": 1.5}, {"start_s": 59.0}]
    assert set(time_columns(rows, {"start_s": "Start"})) == {"start_s"}
    assert rows == [{"start_s": 1.5}, {"start_s": 59.0}]


def test_times_of_long_recordings_are_a_clock_s_and_sort_as_they_do() -> None:
    for longest in (61.0, 900.0, 4000.0, 90_000.0, 400_000.0):
        times = [*np.random.default_rng(0).uniform(0, longest, 50).tolist(), longest]
        rows = [{"start_s": one} for one in times]
        time_columns(rows, {"start_s": "Start"})
        texts = [str(row["start_s"]) for row in rows]
        assert len({len(text) for text in texts}) == 1
        assert sorted(texts) == [texts[place] for place in np.argsort(times)]
    rows = [{"start_s": 302.24}]
    time_columns(rows, {"start_s": "Start"})
    assert rows == [{"start_s": "5:02.240"}]
