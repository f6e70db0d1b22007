"""What a fit says of its training clips: a bark among fans is named, clean fans are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.detectors import Detector
from core.detectors.calibration.outlying_clips import OutlyingClip
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.training_check import _threshold_words
from core.evaluation.datasets.esc50 import esc50
from core.evaluation.datasets.machines import make
from core.evaluation.datasets.mixing import Mix, mix
from core.features.cache import FeatureCache
from core.types import Clip, TrainingClip

pytestmark = pytest.mark.usefixtures("aisfx_weights")
N_CLIPS = 24


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> FeatureCache:
    return FeatureCache(tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def fans() -> list[Clip]:
    return [make("fan", seed=100 + seed).clip for seed in range(N_CLIPS)]


def fitted(
    clips: list[Clip] | list[TrainingClip], cache: FeatureCache, preset: str = "recommended"
) -> Detector:
    detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, preset))
    return detector.fit(clips, cache=cache)


@pytest.fixture(scope="module")
def spoilt_mix(fans: list[Clip], esc10: Path) -> Mix:
    bark = next(one for one in esc50(esc10) if one.category == "dog" and one.fold == 1)
    return mix(fans[7], bark.read(fans[7].sample_rate), 6.0, seed=0)


@pytest.fixture(scope="module")
def spoilt_clips(fans: list[Clip], spoilt_mix: Mix) -> list[Clip]:
    """The fans, a bark mixed into one of them."""
    mixed = spoilt_mix.clip
    named = Clip.from_samples(mixed.samples, mixed.sample_rate, "bark.wav")
    return [*fans[:7], named, *fans[8:]]


@pytest.fixture(scope="module")
def spoilt(spoilt_clips: list[Clip], cache: FeatureCache) -> Detector:
    return fitted(spoilt_clips, cache)


def test_a_bark_among_fans_is_named_with_its_moment_and_what_it_does_to_the_threshold(
    spoilt: Detector, spoilt_mix: Mix, fans: list[Clip], cache: FeatureCache
) -> None:
    check = spoilt.training_check()
    (unlike,) = check.unlike
    assert (unlike.index, unlike.name) == (7, "bark.wav")
    assert unlike.words.startswith("“bark.wav” is unlike the other normal recordings")
    assert unlike.moment_s is not None
    assert spoilt_mix.start_s <= unlike.moment_s <= spoilt_mix.end_s
    assert f"most of all at {unlike.moment_s:.1f} s: its score in the event view" in unlike.words
    # Of 24 clips the highest score is the threshold at 5 %, of 23 too.
    scores = spoilt.view_scores.scores["clip"]
    highest, without = scores.max(), np.delete(scores, 7).max()
    if highest > without:
        said = f"The threshold would be about {without:.3g} without it, and is {highest:.3g}."
    else:
        said = f"The threshold would be the same without it, {highest:.3g}."
    assert check.threshold_words.startswith(said)
    assert not check.groups_words
    assert not fitted([*fans[:7], *fans[8:]], cache).training_check().unlike


def test_the_threshold_without_outlying_clips_is_that_of_the_others() -> None:
    scores = np.array([1.0, 9.0, 2.0, 8.0, *np.linspace(0.0, 0.9, 20)])
    first, second = (OutlyingClip(i, "", scores[i], 9.0, 5.0) for i in (1, 3))
    assert _threshold_words([first], scores, 0.05) == (
        "The threshold would be about 8 without it, and is 9. Listen to it, and leave it out "
        "unless it is normal."
    )
    assert _threshold_words([first, second], scores, 0.05) == (
        "The threshold would be about 2 without them, and is 9. Listen to them, and leave them "
        "out unless they are normal."
    )


def test_a_saved_model_still_names_it_and_one_from_before_says_nothing(
    spoilt: Detector, tmp_path: Path
) -> None:
    spoilt.save(tmp_path / "model")
    loaded = Detector.load(tmp_path / "model")
    assert [one.index for one in loaded.training_check().unlike] == [7]
    object.__setattr__(loaded.view_scores, "clips", np.empty(0, np.int64))
    check = loaded.training_check()
    assert not (check.unlike or check.threshold_words or check.groups_words)


def test_a_head_with_one_view_names_it_by_its_score_and_knows_no_moment(
    spoilt_clips: list[Clip], cache: FeatureCache
) -> None:
    check = fitted(spoilt_clips, cache, "published").training_check()
    assert (check.unlike[0].index, check.unlike[0].moment_s) == (7, None)
    assert "unlike the other normal recordings: its score is " in check.unlike[0].words
    assert not check.groups_words


def test_clean_fans_name_none_and_are_one_group(fans: list[Clip], cache: FeatureCache) -> None:
    check = fitted(fans, cache).training_check()
    assert not (check.unlike or check.threshold_words or check.groups_words)


def test_fans_and_pumps_are_two_groups_unless_somebody_has_said_so(
    fans: list[Clip], cache: FeatureCache
) -> None:
    pumps = [make("pump", seed=100 + seed).clip for seed in range(8)]
    said = fitted([*fans[:8], *pumps], cache).training_check().groups_words
    assert said.startswith("The 16 normal recordings look like two groups: 8 such as “")
    # Three of each are named, each group's together.
    groups = said.split("; and ")
    for names in ({clip.name for clip in fans[:8]}, {clip.name for clip in pumps}):
        assert sorted(sum(f"“{name}”" in group for name in names) for group in groups) == [0, 3]
    told = [
        TrainingClip(clip, class_name=name)
        for name, clips in (("fan", fans[:8]), ("pump", pumps))
        for clip in clips
    ]
    assert not fitted(told, cache).training_check().groups_words


def test_a_long_recording_counts_once_among_the_groups(
    fans: list[Clip], cache: FeatureCache
) -> None:
    """Its segments are many vectors; they alone would be a group."""
    rate = fans[0].sample_rate
    long = np.tile(make("pump", seed=1).clip.samples, 40)[: 100 * rate]
    clips = [*fans[:8], Clip.from_samples(long, rate, "long")]
    assert not fitted(clips, cache).training_check().groups_words
