"""What is packed for the player is what it was given, within the steps of its bytes."""

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from app.components.player import sounds as player_sounds
from app.components.player.findings import FindingList, ListedFinding
from app.components.player.painted import MOST_BOXES, painted_of
from app.components.player.parts import (
    MOST_OVERVIEW_COLUMNS,
    OVERLAP_SECONDS,
    Part,
    asked_seconds,
    bounds_of,
    index_at,
)
from app.components.player.payload import Payload, pack
from app.components.player.pictures import MOST_COLUMNS, Picture
from app.components.player.player import PlayerEvent, event_of
from app.components.player.sounds import Residual, Sound
from core.types import Box, Region

REGION = Region(0.2, 0.4, 1000.0, 2000.0, 0.3, 1500.0, 7.0, 0.01)


def make_picture(n_time: int = 50, n_freq: int = 12, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    raw = rng.gamma(2.0, size=(n_freq, n_time)).astype(np.float32)
    return Picture(
        level_db=rng.uniform(-90, -10, (n_freq, n_time)).astype(np.float32),
        evidence=rng.uniform(0, 1, (n_freq, n_time)).astype(np.float32),
        score_over_time=raw.max(axis=0),
        threshold=4.0,
        freq_hz=np.geomspace(50, 8000, n_freq),
        time_s=np.arange(n_time) * 0.02 + 0.01,
    )


def make_sound(name: str = "clip", n: int = 16_000, peak: float = 0.5) -> Sound:
    samples = np.random.default_rng(1).uniform(-peak, peak, n).astype(np.float32)
    return Sound(name, f"The {name}", samples, 16_000)


def unpack(packed: Payload) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays, read by safetensors itself."""
    length = int.from_bytes(packed.data[:8], "little")
    texts = json.loads(packed.data[8 : 8 + length])["__metadata__"]
    return json.loads(texts["header"]), load(packed.data)


def test_sounds_come_back_within_one_step_of_their_own_peak() -> None:
    sounds = [make_sound("clip"), make_sound("kept", peak=0.003)]
    header, arrays = unpack(pack(sounds, make_picture(), [REGION]))
    for sound, packed in zip(sounds, header["sounds"], strict=True):
        back = arrays[f"sound.{sound.name}"] * packed["scale"]
        assert packed["caption"] == sound.caption
        error = np.abs(back - sound.samples).max()
        # Half a step of 16 bits at this sound's peak: a quiet part keeps its quality.
        assert error <= 0.51 * np.abs(sound.samples).max() / 32767


def test_the_picture_comes_back_within_half_a_step() -> None:
    picture = make_picture()
    header, arrays = unpack(pack([make_sound()], picture, []))
    packed = header["picture"]
    low, high = packed["level_min_db"], packed["level_max_db"]
    level = low + arrays["level"] * (high - low) / 255
    assert np.abs(level - picture.level_db).max() <= 0.501 * (high - low) / 255
    assert np.abs(arrays["map0.evidence"] / 255 - picture.evidence).max() <= 0.501 / 255
    assert np.array_equal(arrays["map0.score"], picture.score_over_time)
    assert packed["freq_hz"] == pytest.approx(list(picture.freq_hz))
    centres = packed["first_s"] + packed["step_s"] * np.arange(arrays["level"].shape[1])
    assert centres == pytest.approx(picture.time_s)


def test_no_step_is_on_the_wrong_side_of_the_threshold() -> None:
    picture = make_picture(400)
    below, above = (np.nextafter(np.float32(0.5), np.float32(way)) for way in (0, 1))
    picture.evidence[0, :3] = [below, 0.5, above]
    _, arrays = unpack(pack([make_sound()], picture, []))
    steps = arrays["map0.evidence"]
    assert np.array_equal(steps > 127.5, picture.evidence > 0.5)
    assert np.abs(steps / 255 - picture.evidence).max() <= 0.501 / 255


def test_a_click_in_a_long_clip_stays_visible_at_its_time() -> None:
    n_time = 10 * MOST_COLUMNS + 7
    picture = make_picture(n_time, 4)
    quiet = np.zeros((4, n_time), np.float32)
    at = 31_337
    click = quiet.copy()
    click[2, at] = 1.0
    picture = Picture(
        **{
            **picture.__dict__,
            "evidence": click,
            "score_over_time": 9 * click[2],
        }
    )
    header, arrays = unpack(pack([make_sound()], picture, []))
    packed, heat = header["picture"], arrays["map0.evidence"]
    assert heat.shape[1] <= MOST_COLUMNS
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert heat[row, column] == 255
    assert row == 2
    seconds = packed["first_s"] + packed["step_s"] * column
    assert abs(seconds - picture.time_s[at]) <= packed["step_s"] / 2 + 1e-9
    assert arrays["map0.score"][column] == 9.0


def test_long_sounds_are_thinned_and_the_player_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_sounds, "MOST_SOUND_BYTES", 40_000)
    tone = np.sin(2 * np.pi * 500 * np.arange(32_000) / 16_000).astype(np.float32)
    sound = Sound("clip", "The clip", tone, 16_000)
    header, arrays = unpack(pack([sound], make_picture(), []))
    packed = header["sounds"][0]
    assert packed["sample_rate"] == 8_000
    assert header["duration_s"] == 2.0
    assert any("4 kHz" in note for note in header["notes"])
    back = arrays["sound.clip"] * packed["scale"]
    expected = np.sin(2 * np.pi * 500 * np.arange(back.size) / 8_000)
    assert np.abs(back - expected)[200:-200].max() < 0.01


def test_a_residual_is_named_but_not_sent_and_goes_with_what_it_is_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    residual = Residual("removed", "The residual", "clip", "kept")
    sounds = [make_sound("clip"), make_sound("kept"), residual, make_sound("filled")]
    without = pack([sound for sound in sounds if sound is not residual], make_picture(), [])
    packed = pack(sounds, make_picture(), [])
    header, _ = unpack(packed)
    assert [sound["name"] for sound in header["sounds"]] == ["clip", "kept", "removed", "filled"]
    said = {"name": "removed", "caption": "The residual", "whole": "clip", "part": "kept"}
    assert header["sounds"][2] == said
    assert len(packed.data) < len(without.data) + 400
    assert packed.sounds_digest != without.sounds_digest
    monkeypatch.setattr(player_sounds, "MOST_SOUND_BYTES", 20_000)
    header, _ = unpack(pack(sounds[:3], make_picture(), []))
    assert [sound["name"] for sound in header["sounds"]] == ["clip"]
    with pytest.raises(ValueError, match="the recording first"):
        pack([residual], make_picture(), [])


def test_what_cannot_be_sent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_sounds, "MOST_SOUND_BYTES", 20_000)
    sounds = [make_sound("clip"), make_sound("rest")]
    header, _ = unpack(pack(sounds, make_picture(), []))
    assert [sound["name"] for sound in header["sounds"]] == ["clip"]
    assert any("The rest" in note for note in header["notes"])


def test_equal_content_has_equal_digests_and_any_change_another() -> None:
    first = pack([make_sound()], make_picture(), [REGION])
    assert pack([make_sound()], make_picture(), [REGION]) == first
    other_region = pack([make_sound()], make_picture(), [])
    assert other_region.digest != first.digest
    assert other_region.sounds_digest == first.sounds_digest
    assert pack([make_sound(peak=0.4)], make_picture(), [REGION]).sounds_digest != (
        first.sounds_digest
    )
    assert pack([make_sound()], make_picture(seed=3), [REGION]).digest != first.digest


def test_what_is_not_a_number_and_silence_are_packed() -> None:
    picture = make_picture()
    picture.level_db[3, 4] = -np.inf
    picture.evidence[1, 1] = np.nan
    silent = Sound("clip", "Silence", np.zeros(8_000, np.float32), 16_000)
    header, _ = unpack(pack([silent], picture, []))
    assert math.isfinite(header["picture"]["level_min_db"])
    assert header["sounds"][0]["scale"] == 1.0


def test_arrays_that_do_not_fit_are_refused() -> None:
    picture = make_picture()
    wrong = Picture(**{**picture.__dict__, "score_over_time": picture.score_over_time[:-1]})
    with pytest.raises(ValueError, match="shape"):
        pack([make_sound()], wrong, [])
    with pytest.raises(ValueError, match="sound"):
        pack([], picture, [])


def test_names_cannot_break_the_framing() -> None:
    label = "<script>“ \\u0000\n</script> 🎧"
    sound = Sound("clip", label, np.zeros(8_000, np.float32), 16_000)
    header, _ = unpack(pack([sound], make_picture(), []))
    assert header["sounds"][0]["caption"] == label


BOX = {"start_s": 0.1, "end_s": 0.5, "low_hz": 0.0, "high_hz": 900.0}


def test_events_are_regions_or_boxes_of_this_clip() -> None:
    packed = pack([make_sound()], make_picture(), [REGION])
    own = {"regions": packed.regions_digest, "clip": packed.clip, "region_index": None}
    assert event_of({**own, **BOX}, packed) == PlayerEvent(0.1, 0.5, 0.0, 900.0)
    assert event_of({**own, **BOX, "region_index": 0}, packed) == PlayerEvent(
        0.1, 0.5, 0.0, 900.0, 0
    )


@pytest.mark.parametrize(
    "change",
    [
        {"clip": "another clip"},
        {"region_index": 0, "regions": "another threshold"},
        {"region_index": 1},
        {"region_index": -1},
        {"region_index": True},
        {"region_index": "0"},
        {"start_s": float("nan")},
        {"start_s": "0"},
        {"end_s": None},
        {"end_s": 0.05},
        {"low_hz": -1.0},
        {"high_hz": float("inf")},
    ],
)
def test_stale_or_malformed_events_are_none(change: dict[str, object]) -> None:
    packed = pack([make_sound()], make_picture(), [REGION])
    own = {"regions": packed.regions_digest, "clip": packed.clip, "region_index": None, **BOX}
    assert event_of({**own, **change}, packed) is None
    assert event_of(None, packed) is None
    assert event_of("text", packed) is None


def test_a_painted_mask_is_the_cells_that_were_painted() -> None:
    """Boxes whose edges lie between cells give back exactly the cells, on the picture's axes."""
    rng = np.random.default_rng(5)
    picture = make_picture(60)
    cells = rng.random((12, 60)) < 0.3
    rows = np.r_[0.0, (picture.freq_hz[1:] + picture.freq_hz[:-1]) / 2, 9000.0]
    columns = np.arange(61) * 0.02
    boxes = [
        [columns[t], columns[t + 1], rows[f], rows[f + 1]]
        for f, t in zip(*np.nonzero(cells), strict=True)
    ]
    sent = {"clip": "this", "boxes": [[float(side) for side in box] for box in boxes]}
    painted = painted_of(sent, "this")
    assert painted is not None
    assert np.array_equal(painted.cells(picture.freq_hz, picture.time_s), cells)
    # A part of the clip sees its own stretch of the mask.
    assert np.array_equal(painted.cells(picture.freq_hz, picture.time_s[20:]), cells[:, 20:])
    assert hash(painted) == hash(painted_of({**sent, "boxes": sent["boxes"][::-1]}, "this"))


@pytest.mark.parametrize(
    "boxes",
    [
        None,
        [],
        "boxes",
        [[0.0, 1.0, 0.0]],
        [[0.0, 1.0, 0.0, "900"]],
        [[1.0, 0.5, 0.0, 900.0]],
        [[0.0, 1.0, -5.0, 900.0]],
        [[0.0, float("inf"), 0.0, 900.0]],
        [[0.0, 1.0, 0.0, 900.0], None],
        [[0.0, 1.0, 0.0, 900.0]] * (MOST_BOXES + 1),
    ],
)
def test_a_malformed_mask_is_none(boxes: object) -> None:
    assert painted_of({"clip": "this", "boxes": boxes}, "this") is None
    assert painted_of({"clip": "other", "boxes": [[0.0, 1.0, 0.0, 900.0]]}, "this") is None


@pytest.mark.parametrize("total_s", [0.5, 90.0, 90.1, 104.9, 105.0, 105.1, 3600.0])
def test_parts_cover_a_clip_and_each_holds_what_it_is_nearest_to(total_s: float) -> None:
    bounds = bounds_of(total_s)
    assert (bounds[0][0], bounds[-1][1]) == (0.0, total_s)
    for (_, stop), (start, _) in itertools.pairwise(bounds):
        assert stop - start >= OVERLAP_SECONDS - 1e-9
    for seconds in np.linspace(0, total_s, 997):
        start, stop = bounds[index_at(bounds, float(seconds))]
        assert start <= seconds <= stop


def test_only_a_part_of_this_clip_can_be_asked_for() -> None:
    assert asked_seconds({"clip": "this", "seconds": 2}, "this", 3.0) == 2.0
    for message in (
        None, {"clip": "other", "seconds": 2}, {"clip": "this", "seconds": 4},
        {"clip": "this", "seconds": -1}, {"clip": "this", "seconds": True},
        {"clip": "this", "seconds": float("nan")}, {"clip": "this"}, {"seconds": 2},
    ):  # fmt: skip
        assert asked_seconds(message, "this", 3.0) is None


def test_a_part_keeps_the_clip_and_its_regions_through_other_parts() -> None:
    bounds = bounds_of(100.0)
    score = np.arange(5000, dtype=np.float32)
    parts = [Part("long", index, bounds, score) for index in (0, 1)]
    first, second = (pack([make_sound(peak=0.1 * p.index + 0.2)], make_picture(), [REGION], p)
                     for p in parts)  # fmt: skip
    assert first.clip == second.clip == "long"
    assert first.regions_digest == second.regions_digest
    assert first.sounds_digest != second.sounds_digest
    header, arrays = unpack(second)
    assert header["start_s"] == 40.0
    overview = arrays["overview"]
    assert overview.size <= MOST_OVERVIEW_COLUMNS
    assert overview.max() == 4999.0


def test_findings_are_packed_in_the_order_in_which_they_are_played() -> None:
    boxes = (Box(2.0, 3.0, 300, 900), Box(0.5, 1.0, 300, 900), Box(2.5, 3.5, 2000, 4000))
    listed = FindingList((ListedFinding("Two bursts.", "It reaches −20 dBFS.", boxes),), "A note.")
    header, _ = unpack(pack([make_sound()], make_picture(), [], findings=listed))
    (one,) = header["findings"]["list"]
    assert header["findings"]["note"] == "A note." and one["sentence"] == "Two bursts."
    assert one["boxes"] == [
        {"start_s": 0.5, "end_s": 1.0, "low_hz": 300, "high_hz": 900},
        # What sounds at once is played at once.
        {"start_s": 2.0, "end_s": 3.5, "low_hz": 300, "high_hz": 4000},
    ]
    without, _ = unpack(pack([make_sound()], make_picture(), []))
    assert without["findings"] == {"note": "", "list": []}
