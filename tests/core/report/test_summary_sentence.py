"""The sentence says what the views found, the strongest region's first, and nothing else."""

import itertools
from dataclasses import replace

import pytest

from core.detectors.region_words import region_words
from core.report.summary_sentence import summary_sentence
from core.report.view_words import NOTHING, finding_words
from core.types import EVENT, LEVEL, STATIONARY, Region
from tests.support.maps import planted_map, seen_by_views

ANOMALOUS = "Anomalous compared with the normal recordings you supplied"
NORMAL = "Normal compared with the normal recordings you supplied."
CLICK, HUM = "an event at 2.3–2.8 s, 1–2 kHz", "sounds different throughout, mostly at 300–900 Hz"
LOUD = "9 dB louder than any normal recording"


def test_a_model_without_views_says_where_the_strongest_region_is() -> None:
    assert summary_sentence(planted_map()) == f"{ANOMALOUS}, strongest at 2.3–2.8 s, 1–2 kHz."
    assert summary_sentence(planted_map(quiet=True)) == NORMAL


def test_one_view_is_named_alone() -> None:
    assert summary_sentence(seen_by_views()) == f"{ANOMALOUS}: {CLICK}."
    hum = seen_by_views(event=0.0, stationary=9.0, leads=STATIONARY)
    assert summary_sentence(hum) == f"{ANOMALOUS}: {HUM}."


def test_the_view_of_the_strongest_region_comes_first_whatever_the_scores() -> None:
    both = seen_by_views(event=8.0, stationary=9.0, leads=EVENT)
    assert summary_sentence(both) == f"{ANOMALOUS}: {CLICK}, and it {HUM}."
    both = seen_by_views(event=9.0, stationary=8.0, leads=STATIONARY)
    assert summary_sentence(both) == f"{ANOMALOUS}: {HUM}, and {CLICK}."


def test_the_view_that_leads_is_named_though_it_does_not_reach_the_threshold_alone() -> None:
    # Event and stationary view support each other: 4.5 and 4.5 make more than 5.
    found = replace(seen_by_views(), views=seen_by_views(event=4.5, stationary=4.5).views)
    assert summary_sentence(found) == f"{ANOMALOUS}: {CLICK}."
    assert [finding_words(found, view) for view in found.views] == [CLICK, NOTHING, NOTHING]


def test_a_level_that_does_not_count_is_a_remark() -> None:
    remark = f"It is also {LOUD}, which does not count here."
    assert summary_sentence(seen_by_views(level=9.0)) == f"{ANOMALOUS}: {CLICK}. {remark}"
    normal = summary_sentence(seen_by_views(event=0.0, level=9.0))
    assert normal == f"{NORMAL} It is {LOUD}, which does not count here."


def test_a_level_that_counts_is_a_finding() -> None:
    counted = seen_by_views(level=9.0, level_counts=True)
    assert summary_sentence(counted) == f"{ANOMALOUS}: {CLICK}, and it is {LOUD}."
    alone = seen_by_views(event=0.0, level=9.0, level_counts=True, leads=LEVEL)
    assert summary_sentence(alone) == f"{ANOMALOUS}: {LOUD}."


def test_a_small_p_value_is_enough_where_the_score_alone_would_not_do() -> None:
    found = seen_by_views(stationary=4.0)
    views = [replace(view, p_value=0.04) for view in found.views]
    assert HUM not in summary_sentence(found)
    assert HUM in summary_sentence(replace(found, views=(views[0], views[1], found.views[2])))
    # At 1 % it is no longer small.
    rare = replace(found, views=(views[0], views[1], found.views[2]), false_alarm_rate=0.01)
    assert HUM not in summary_sentence(rare)


@pytest.mark.parametrize("level_counts", [False, True])
def test_the_verdict_and_what_is_said_to_have_led_to_it_never_contradict(
    level_counts: bool,
) -> None:
    for scores in itertools.product([0.0, 4.9, 9.0], repeat=3):
        by_view = dict(zip([EVENT, STATIONARY, LEVEL], scores, strict=True))
        leads = max(list(by_view)[: 2 + level_counts], key=by_view.__getitem__)
        found = seen_by_views(**by_view, leads=leads, level_counts=level_counts)
        said, _, remark = summary_sentence(found).partition(". ")
        named = dict(zip(by_view, [CLICK in said, HUM in said, LOUD in said], strict=True))
        assert any(named.values()) == found.anomalous == said.startswith(ANOMALOUS)
        assert named[leads] == found.anomalous
        assert named[LEVEL] <= level_counts
        assert bool(remark) == (not level_counts and by_view[LEVEL] > 5)


def test_a_region_says_what_its_view_found() -> None:
    short = Region(2.12, 2.2, 300, 900, 2.2, 400, 9.0, 0.04)
    assert region_words(replace(short, view=EVENT), 5.0) == "an event at 2.12–2.20 s, 300–900 Hz"
    part = Region(30.0, 60.0, 300, 900, 31.0, 400, 9.0, 0.04, STATIONARY)
    assert region_words(part, 90.0) == "sounds different at 0:30–1:00, mostly at 300–900 Hz"
    whole = replace(part, low_hz=20.0, high_hz=20_000.0)
    assert region_words(whole, 30.5) == "sounds different throughout, at all frequencies"
    assert region_words(replace(whole, view=EVENT), 30.5).startswith("an event from beginning to")
    assert region_words(replace(whole, view=LEVEL), 30.5).startswith("has another level throughout")
